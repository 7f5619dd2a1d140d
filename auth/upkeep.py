"""What people do to their own account: devices, password, leaving; it signs nobody in."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from auth import password
from auth.accounts_postgres import Account, Accounts
from auth.announcer import Announcer
from auth.metrics import AuthMetrics
from auth.password_argon2 import Passwords
from auth.sessions_postgres import Sessions
from auth.signin import living, valid
from auth.throttle import Throttle
from proto import identity
from proto.codes import ErrorCode
from proto.wire import Fault
from services import clock
from services.guard import Claims
from services.problem import Problem

_WRONG: Final = "this is not your password"


class Upkeep:
    """Each call wants a session that has not ended, else it raises `unauthorized`.

    Every call raises `Unavailable` while Postgres is away.
    """

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        passwords: Passwords,
        announcer: Announcer,
        throttle: Throttle,
        metrics: AuthMetrics,
        commonest: Collection[str],
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._announcer = announcer
        self._throttle = throttle
        self._metrics = metrics
        self._commonest = commonest

    async def devices(self, claims: Claims) -> identity.Sessions:
        """Where one is signed in, the session used last first."""
        await self._account(claims)
        found = await self._sessions.living(claims.sub, clock.now_ms())
        return identity.Sessions(
            [identity.Session(*each, current=each.sid == claims.sid) for each in found]
        )

    async def sign_out(self, claims: Claims, sid: str) -> None:
        """End one of one's own sessions; one that is not there is ended already."""
        await self._account(claims)
        if await self._sessions.end(claims.sub, sid, clock.now_ms()):
            self._ended(1)

    async def sign_out_all(self, claims: Claims, *, this_too: bool) -> None:
        """End all of one's sessions, this one only if `this_too`."""
        await self._account(claims)
        but = "" if this_too else claims.sid
        self._ended(await self._sessions.end_others(claims.sub, but, clock.now_ms()))

    async def change_password(self, claims: Claims, form: identity.PasswordChange) -> None:
        """Take another password and sign out everywhere else.

        Raises:
            Problem: `rate_limited`; `invalid` with `field` `current` or `new`; `conflict` if it was
                changed by somebody else meanwhile; `unavailable` if too many wait to be checked.
        """
        account = await self._account(claims)
        chosen = password.choose(form.new, account.user.username, self._commonest)
        if isinstance(chosen, Fault):
            chosen = msgspec.structs.replace(chosen, field="new")
        key = valid(chosen)
        await self._prove(account, form.current, "current")
        new = await self._passwords.hash(key)
        now_ms = clock.now_ms()
        if not await self._sessions.change_password(account, new, claims.sid, now_ms):
            raise Problem(ErrorCode.CONFLICT, "the password was changed meanwhile")
        self._metrics.passwords.labels("own").inc()
        self._announcer.wake()

    async def deactivate(self, claims: Claims, form: identity.Deactivate) -> None:
        """Put one's own account out of use; what was said stays, and an admin can undo it.

        Raises:
            Problem: `invalid` with `field` `password`; `rate_limited`; `unavailable`.
        """
        account = await self._account(claims)
        await self._prove(account, form.password, "password")
        if await self._sessions.disable(claims.sub, claims.sub, clock.now_ms()):
            self._announcer.wake()

    async def _account(self, claims: Claims) -> Account:
        return living(await self._accounts.of_session(claims.sub, claims.sid))

    async def _prove(self, account: Account, raw: str, field: str) -> None:
        """Check a password of somebody who is signed in: 401 would say that their token is bad."""
        await self._throttle.account(account.user.username)
        key = password.parse(raw)
        encoded = account.password_hash
        if isinstance(key, Fault) or not await self._passwords.matches(encoded, key):
            await self._throttle.failed(account.user.username)
            raise Problem(ErrorCode.INVALID, _WRONG, field=field)

    def _ended(self, count: int) -> None:
        if count:
            self._metrics.logouts.inc(count)
            self._announcer.wake()
