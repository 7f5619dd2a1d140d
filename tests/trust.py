"""The authorities that clients of tests believe, which read them once: each time takes 50 ms."""

import functools
import ssl


@functools.cache
def trust() -> ssl.SSLContext:
    """Give the system's."""
    return ssl.create_default_context()
