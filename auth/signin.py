"""Registering, signing in, refreshing and signing out: the order of the steps; no HTTP, no SQL."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Final, NamedTuple, TypeVar

from auth import password, profile, session, username
from auth.accounts_postgres import Account, Accounts
from auth.announcer import Announcer
from auth.metrics import AuthMetrics
from auth.password_argon2 import Passwords
from auth.ring import Ring
from auth.session import Secrets, Showing, Verdict
from auth.sessions_postgres import Opening, Sessions
from auth.settings import Registration
from proto import limits
from proto.codes import ErrorCode
from proto.shapes import Login, Register, SignedIn, User
from proto.wire import Fault
from services import clock
from services.guard import Claims
from services.problem import Problem, Unavailable

T = TypeVar("T")

_DAY_MS: Final = 86_400_000
_WRONG: Final = "username or password is wrong"
_DISABLED: Final = "this account is disabled; whoever runs this place can enable it again"
_REFUSED: Final = {
    "invite": "registration here is by invitation only;"
    " an operator opens it with PARLEY_REGISTRATION=open",
    "closed": "registration here is closed; an operator opens it with PARLEY_REGISTRATION=open",
}


class Device(NamedTuple):
    """Where a request came from, as a person will read it in a list of their sessions."""

    client: str
    address: str

    @classmethod
    def of(cls, user_agent: str, address: str) -> Device:
        """Cut to what is kept, without what cannot be printed."""
        client = session.device(user_agent, limits.CLIENT_NAME_CHARACTERS)
        return cls(client, session.device(address, session.ADDRESS_CHARACTERS))


class SignIn:
    """What auth does. Every call raises `Unavailable` while Postgres is away."""

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        passwords: Passwords,
        ring: Ring,
        announcer: Announcer,
        metrics: AuthMetrics,
        *,
        registration: Registration,
        refresh_days: int,
        commonest: Collection[str],
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._ring = ring
        self._announcer = announcer
        self._metrics = metrics
        self._registration = registration
        self._idle_ms = refresh_days * _DAY_MS
        self._commonest = commonest

    async def register(self, form: Register, device: Device) -> SignedIn:
        """Make an account and sign it in.

        Raises:
            Problem: `forbidden` unless registration is open; `invalid`; `conflict` if the username
                is taken; `unavailable` if too many passwords wait to be hashed.
        """
        if self._registration != "open":
            self._count_registration("refused")
            raise Problem(ErrorCode.FORBIDDEN, _REFUSED[self._registration])
        try:
            name = valid(username.parse(form.username))
            key = valid(password.choose(form.password, name, self._commonest))
            shown = valid(profile.parse(name if form.display_name is None else form.display_name))
        except Problem:
            self._count_registration("invalid")
            raise
        # Asked before the hash, which is dear; the insert below has the last word.
        if await self._accounts.by_username(name) is not None:
            raise self._taken()
        user = User(f"u_{secrets.token_urlsafe(16)}", name, shown)
        account = Account(user, await self._passwords.hash(key))
        opening, token = self._opening(device)
        if not await self._sessions.register(account, username.fold(shown), opening):
            raise self._taken()
        self._count_registration("ok")
        return self._signed_in(user, opening.sid, token)

    async def login(self, form: Login, device: Device) -> SignedIn:
        """Sign in. An unknown name costs the same time and gets the same words as a wrong password.

        Raises:
            Problem: `unauthorized`; `forbidden` if the password is right, but the account is
                disabled; `unavailable` if too many passwords wait to be checked.
        """
        name, key = username.parse(form.username), password.parse(form.password)
        if isinstance(key, Fault):
            # No account has such a password, so this tells nothing about any.
            raise self._wrong()
        account = None if isinstance(name, Fault) else await self._accounts.by_username(name)
        try:
            encoded = None if account is None else account.password_hash
            good = await self._passwords.matches(encoded, key)
        except Unavailable:
            self._metrics.logins.labels("busy").inc()
            raise
        if account is None or not good:
            raise self._wrong()
        if account.disabled:
            self._metrics.logins.labels("disabled").inc()
            raise Problem(ErrorCode.FORBIDDEN, _DISABLED)
        opening, token = self._opening(device)
        if not await self._sessions.open(account, opening):
            raise self._wrong()
        if self._passwords.is_stale(account.password_hash):
            await self._accounts.rehash(account, await self._passwords.hash(key))
        self._announcer.wake()
        self._metrics.logins.labels("ok").inc()
        return self._signed_in(account.user, opening.sid, token)

    async def refresh(self, token: str, device: Device, *, as_cookie: bool) -> SignedIn:
        """Give the next refresh token and a fresh access token for a refresh token.

        A token that was used before ends its session, and its access tokens with it, unless it is
        within the grace that a browser's cookie has: see `session`.

        Raises:
            Problem: `unauthorized`; why is not told, because a thief may be asking.
        """
        shown = session.read(token)
        if shown is None:
            raise self._stale(Verdict.UNKNOWN)
        following = Secrets(shown.family, secrets.token_bytes(session.SECRET_BYTES))
        showing = Showing(shown, as_cookie)
        found = await self._sessions.refresh(
            showing, following.own, device.address, clock.now_ms(), self._idle_ms
        )
        if found.verdict is Verdict.REUSED:
            self._announcer.wake()
        if found.user is None or found.verdict not in session.GIVES:
            raise self._stale(found.verdict)
        self._metrics.refreshes.labels(found.verdict.value).inc()
        return self._signed_in(found.user, found.sid, session.write(following))

    async def logout(self, claims: Claims) -> None:
        """End the session of an access token; ended already, nothing happens."""
        if await self._sessions.end(claims.sub, claims.sid, clock.now_ms()):
            self._metrics.logouts.inc()
            self._announcer.wake()

    async def is_anothers(self, token: str, claims: Claims) -> bool:
        """Whether a refresh token is good for another session than that of an access token."""
        shown = session.read(token)
        if shown is None:
            return False
        return await self._sessions.is_another(session.digest(shown.family), claims.sid)

    async def me(self, claims: Claims) -> User:
        """The user of an access token.

        Raises:
            Problem: `unauthorized` once the session has ended.
        """
        return living(await self._accounts.signed_in(claims.sub, claims.sid))

    async def rename(self, claims: Claims, display_name: str) -> User:
        """Change one's own display name.

        Raises:
            Problem: `invalid`; `unauthorized` once the session has ended.
        """
        shown = valid(profile.parse(display_name))
        folded = username.fold(shown)
        changed = await self._accounts.rename(claims.sub, claims.sid, shown, folded, clock.now_ms())
        return living(changed)

    def _opening(self, device: Device) -> tuple[Opening, str]:
        own = Secrets(
            secrets.token_bytes(session.SECRET_BYTES), secrets.token_bytes(session.SECRET_BYTES)
        )
        now_ms = clock.now_ms()
        opening = Opening(
            sid=f"s_{secrets.token_urlsafe(16)}",
            family_hash=session.digest(own.family),
            current_hash=session.digest(own.own),
            client=device.client,
            address=device.address,
            now_ms=now_ms,
            expires_ms=now_ms + self._idle_ms,
        )
        return opening, session.write(own)

    def _signed_in(self, user: User, sid: str, refresh_token: str) -> SignedIn:
        access = self._ring.sign(user, sid)
        return SignedIn(user, access, refresh_token, limits.ACCESS_TOKEN_SECONDS)

    def _count_registration(self, outcome: str) -> None:
        self._metrics.registrations.labels(outcome).inc()

    def _taken(self) -> Problem:
        self._count_registration("taken")
        return Problem(ErrorCode.CONFLICT, "the username is taken", field="username")

    def _wrong(self) -> Problem:
        self._metrics.logins.labels("refused").inc()
        return Problem(ErrorCode.UNAUTHORIZED, _WRONG)

    def _stale(self, verdict: Verdict) -> Problem:
        self._metrics.refreshes.labels(verdict.value).inc()
        return Problem(ErrorCode.UNAUTHORIZED, "the refresh token is not good; sign in again")


def valid(value: T | Fault) -> T:
    """The value, or the refusal that its fault is."""
    if isinstance(value, Fault):
        raise Problem(value.code, value.message, field=value.field)
    return value


def living(found: T | None) -> T:
    """What was found of a session that goes on, or the refusal if it does not."""
    if found is None:
        raise Problem(ErrorCode.UNAUTHORIZED, "the session has ended; sign in again")
    return found
