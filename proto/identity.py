"""The shapes of accounts and what belongs to them over HTTP: sessions, passwords; no frames."""

from __future__ import annotations

from msgspec import Struct

from proto.ids import Id
from proto.shapes import Milliseconds


class Session(Struct, frozen=True):
    """One sign-in on one device. `current` is the one whose token was used to ask.

    `client` is what the device called itself when it signed in, `address` where it was last;
    `last_used_ms` is when it last had a fresh access token, which it needs every 15 minutes.
    """

    id: Id
    client: str
    address: str
    created_ms: Milliseconds
    last_used_ms: Milliseconds
    current: bool


class Sessions(Struct, frozen=True):
    """Every living session of a person, the one used last first; at most 100."""

    sessions: list[Session]


class PasswordChange(Struct):
    """`POST /v1/auth/password`."""

    current: str
    new: str


class Deactivate(Struct):
    """`POST /v1/auth/deactivate`; the password says that it is meant."""

    password: str
