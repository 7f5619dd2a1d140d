"""URLs that are good for a while, for whoever has them: made and checked; nobody is asked here."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

LIFE_MS: Final = 600_000
"""A URL is good that long at least."""
STEP_MS: Final = 300_000
"""Ends fall together on multiples of it: asked again within it, a file has the same URL, so that a
browser finds what it has."""
_BYTES: Final = 16
"""Of the HMAC: 128 bits that nobody guesses."""


def expiry(now_ms: int) -> int:
    """When a URL that is made now ends."""
    return -(-(now_ms + LIFE_MS) // STEP_MS) * STEP_MS


def path(secret: bytes, media: str, variant: str, expires_ms: int) -> str:
    """Path and query of a file's variant, good until then."""
    signed = _signed(secret, media, variant, expires_ms)
    return f"/v1/media/{media}/{variant}?expires={expires_ms}&signature={signed}"


def is_good(
    secret: bytes, media: str, variant: str, expires_ms: int, signature: str, now_ms: int
) -> bool:
    """Say whether a URL is one of ours and not over."""
    right = _signed(secret, media, variant, expires_ms)
    return hmac.compare_digest(right.encode(), signature.encode()) and now_ms < expires_ms


def _signed(secret: bytes, media: str, variant: str, expires_ms: int) -> str:
    # Neither an id nor a variant holds a line break: no two texts are the same.
    text = f"{media}\n{variant}\n{expires_ms}".encode()
    return hmac.new(secret, text, hashlib.sha256).digest()[:_BYTES].hex()
