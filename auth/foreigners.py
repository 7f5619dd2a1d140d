"""Makes an account for whoever comes by a token of a trusted issuer, at their first coming."""

from __future__ import annotations

from typing import Final

import msgspec

from auth import profile, username
from auth.accounts_postgres import Account
from auth.foreigners_postgres import Foreigners as Stored
from proto.shapes import User
from services import clock
from services.guard import Claims, Unauthorized
from services.issuers import TrustedIssuer
from services.tokens_jwt import foreign_guard, issuer_of

TRIES: Final = 20
"""Usernames that are tried: the one that the token says, then with a number behind."""
_LONGEST: Final = 28


class Foreigners:
    """Checks a token itself: no service makes an account by its word alone."""

    def __init__(self, stored: Stored, trusted: tuple[TrustedIssuer, ...]) -> None:
        self._stored = stored
        self.guards = {one.issuer: foreign_guard(one) for one in trusted}

    async def start(self) -> None:
        """Fetch the keys of every issuer; one that is away does not fail the start."""
        for guard in self.guards.values():
            await guard.start()

    async def stop(self) -> None:
        """End the fetching. Idempotent."""
        for guard in self.guards.values():
            await guard.stop()

    name = "foreigners"

    async def admit(self, token: str) -> Claims:
        """Who a token speaks for, with the names of their account here, made if there is none.

        Raises:
            Unauthorized: it is not good, or the account is disabled.
            KeysUnavailable: it is not known whether it is good.
            Unavailable: Postgres is away.
        """
        guard = self.guards.get(issuer_of(token))
        if guard is None:
            raise Unauthorized("the token is not valid: its issuer is not trusted here")
        claims = await guard.check(token)
        shown = profile.parse(claims.name) if claims.name else None
        name = shown if isinstance(shown, str) else None
        found = await self._stored.by_id(claims.sub, name, username.fold(name or ""))
        if found is None:
            found = await self._made(claims, name)
        if found.disabled:
            raise Unauthorized("this account is disabled")
        user = found.user
        return msgspec.structs.replace(claims, username=user.username, name=user.display_name)

    async def _made(self, claims: Claims, name: str | None) -> Account:
        wanted = username.parse(claims.username)
        stem = wanted if isinstance(wanted, str) else f"user-{claims.sub[2:10]}"
        for number in range(1, TRIES + 1):
            tried = stem if number == 1 else f"{stem[:_LONGEST]}-{number}"
            shown = name or tried
            account = Account(User(claims.sub, tried, shown), "")
            folded, now_ms = username.fold(shown), clock.now_ms()
            if await self._stored.insert(account, folded, claims.issuer, now_ms):
                return account
            # Their own first coming by another replica, or a name that is somebody else's.
            found = await self._stored.by_id(claims.sub, None, "")
            if found is not None:
                return found
        raise Unauthorized("no username could be found for this account")
