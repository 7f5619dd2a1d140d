"""What keeps the documentation true: `python -m tests.docs` writes what is made from the source."""
