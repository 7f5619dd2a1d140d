"""What a client may get wrong, each with its documented answer: tables, and a scene to try them."""
