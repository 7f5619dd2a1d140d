"""What a checked access token says, and who can check one; how it is checked is not here."""

from __future__ import annotations

from typing import Protocol

import msgspec

from services.problem import Unavailable


class Claims(msgspec.Struct, frozen=True):
    """Who is asking: a user, in a session, until `exp` (seconds since the Unix epoch).

    `issued_ms` is when the token was made. `scopes` are what a bot's token is good for; a person's
    has None and is good for everything.
    """

    sub: str
    sid: str
    exp: int
    username: str = ""
    name: str = ""
    issued_ms: int = 0
    scopes: frozenset[str] | None = None
    issuer: str = ""
    """The trusted issuer that signed the person in; empty for our own auth."""

    def may(self, scope: str) -> bool:
        """Say whether the token is good for `scope`."""
        return self.scopes is None or scope in self.scopes


class Unauthorized(Exception):  # noqa: N818 - named after the answer it becomes
    """The token is not acceptable. The text says why and never quotes the token."""


class KeysUnavailable(Unavailable):
    """No token can be checked now: the keys were never fetched, or not since a new one appeared."""


class Checker(Protocol):
    """Checks access tokens."""

    async def check(self, token: str) -> Claims:
        """Answer what the token says.

        Raises:
            Unauthorized: it is malformed, forged, expired or not meant for Parley.
            KeysUnavailable: it is not known whether it is good.
        """
        ...
