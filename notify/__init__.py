"""The notify service: who must hear of what was said though they are not looking."""
