"""The life of a session and its refresh tokens: what is to happen to one that is shown; no storage.

A session is one sign-in on one device. Its refresh tokens are a family: each use gives the next one
and voids the one before, so a token that is shown twice was stolen, or its thief was here first
(RFC 9700 §4.14.2). A token is a family secret, the same in all tokens of a session, and a secret of
its own; both are stored as hashes. So one row a session tells an old token of the family from one
that never was, and no list of used tokens has to be kept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from enum import Enum
from typing import Final, NamedTuple

SECRET_BYTES: Final = 32
"""Of each of the two secrets: 256 bits cannot be guessed, so a plain hash protects them."""
SESSIONS_PER_USER: Final = 100
"""Living sessions of one user; one more ends the one that was used least recently."""
ADDRESS_CHARACTERS: Final = 64
_PREFIX: Final = "r_"
_TOKEN_CHARACTERS: Final = 88


class Secrets(NamedTuple):
    """The two halves of a refresh token."""

    family: bytes
    own: bytes


class Stored(NamedTuple):
    """What is known of a session when a token of its family is shown."""

    current: bytes
    expires_ms: int
    ended: bool


class Verdict(Enum):
    """What is to happen to a refresh token that was shown."""

    ROTATE = "rotated"
    """It is the current one: give the next."""
    REUSED = "reused"
    """It was used before: end the session, and say so to everyone."""
    EXPIRED = "expired"
    ENDED = "ended"
    UNKNOWN = "unknown"


def write(secrets: Secrets) -> str:
    """The refresh token made of two secrets, for the client."""
    return _PREFIX + base64.urlsafe_b64encode(secrets.family + secrets.own).rstrip(b"=").decode()


def read(token: str) -> Secrets | None:
    """The two secrets of a refresh token, or None if it is none."""
    if len(token) != _TOKEN_CHARACTERS or not token.startswith(_PREFIX) or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token[len(_PREFIX) :] + "==", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    secrets = Secrets(raw[:SECRET_BYTES], raw[SECRET_BYTES:])
    # base64 has several spellings of the same bytes; one of them is the token.
    return secrets if write(secrets) == token else None


def digest(secret: bytes) -> bytes:
    """What is stored of a secret: SHA-256."""
    return hashlib.sha256(secret).digest()


def judge(stored: Stored | None, secrets: Secrets, now_ms: int) -> Verdict:
    """Decide about a token whose family `stored` was found by; the order of the rules counts.

    Hashes are compared as they are: who does not know the secret cannot choose its hash.
    """
    if stored is None:
        return Verdict.UNKNOWN
    if stored.ended:
        return Verdict.ENDED
    if stored.expires_ms <= now_ms:
        return Verdict.EXPIRED
    if stored.current != digest(secrets.own):
        return Verdict.REUSED
    return Verdict.ROTATE


def device(user_agent: str, characters: int) -> str:
    """The name of a client as a person may read it in a list: printable, cut to `characters`."""
    return "".join(c for c in user_agent[:characters] if c.isprintable()).strip()
