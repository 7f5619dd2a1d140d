"""Secrets that stand in a link or a bot's settings: how they are written and read; stores none."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from proto import identity

BYTES: Final = 32
"""256 bits cannot be guessed, so a plain hash (`session.digest`) protects what is stored."""
INVITATION: Final = "i_"
RESET: Final = "p_"
API_TOKEN: Final = identity.API_TOKEN


def write(kind: str, secret: bytes) -> str:
    """A secret as it is shown, once."""
    return kind + base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def read(kind: str, shown: str) -> bytes | None:
    """The secret of that kind, or None if it is none."""
    if len(shown) > len(kind) + 2 * BYTES or not shown.startswith(kind) or not shown.isascii():
        return None
    try:
        raw = base64.b64decode(shown[len(kind) :] + "=", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    # base64 has several spellings of the same bytes; one of them is the secret.
    return raw if len(raw) == BYTES and write(kind, raw) == shown else None
