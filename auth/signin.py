"""Registering, signing in, refreshing and signing out: the order of the steps; no HTTP, no SQL."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Collection
from typing import Final, NamedTuple, TypeVar

from auth import password, profile, secret, session, username
from auth.accounts_postgres import Account, Accounts
from auth.announcer import Announcer
from auth.invitations_postgres import Invitations
from auth.metrics import AuthMetrics
from auth.password_argon2 import Passwords
from auth.ring import Ring
from auth.session import Secrets, Showing, Verdict
from auth.sessions_postgres import Opening, Registered, Sessions
from auth.throttle import Throttle
from proto import limits
from proto.codes import ErrorCode
from proto.identity import Registration
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
    "domain": "registration here is by invitation, which is mailed to addresses of some domains",
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
        invitations: Invitations,
        passwords: Passwords,
        ring: Ring,
        announcer: Announcer,
        throttle: Throttle,
        metrics: AuthMetrics,
        *,
        registration: Registration,
        refresh_days: int,
        commonest: Collection[str],
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._invitations = invitations
        self._passwords = passwords
        self._ring = ring
        self._announcer = announcer
        self._throttle = throttle
        self._metrics = metrics
        self._registration = registration
        self._idle_ms = refresh_days * _DAY_MS
        self._commonest = commonest

    async def register(self, form: Register, device: Device) -> SignedIn:
        """Make an account and sign it in.

        Raises:
            Problem: `forbidden` if one needs an invitation and has none, or it is not good;
                `invalid`; `conflict` if the username, or one that looks like it, is taken;
                `unavailable` if too many passwords wait to be hashed; `rate_limited`.
        """
        await self._throttle.register(device.address)
        invitation = await self._invitation(form.invitation)
        try:
            name = valid(username.parse(form.username))
            key = valid(password.choose(form.password, name, self._commonest))
            shown = valid(profile.parse(name if form.display_name is None else form.display_name))
        except Problem:
            self._count_registration("invalid")
            raise
        # Asked before the hash, which is dear; the insert below has the last word.
        if await self._accounts.is_taken(name):
            raise self._taken()
        user = User(f"u_{secrets.token_urlsafe(16)}", name, shown)
        account = Account(user, await self._passwords.hash(key))
        opening, token = self._opening(device)
        folded = username.fold(shown)
        came = await self._sessions.register(account, folded, opening, invitation)
        if came is Registered.TAKEN:
            raise self._taken()
        if came is Registered.NOT_INVITED:
            raise self._not_invited()
        self._count_registration("ok")
        return self._signed_in(user, opening.sid, token)

    async def login(self, form: Login, device: Device) -> SignedIn:
        """Sign in. An unknown name costs the same time and gets the same words as a wrong password.

        Raises:
            Problem: `unauthorized`; `forbidden` if the password is right, but the account is
                disabled; `unavailable` if too many passwords wait to be checked; `rate_limited`.
        """
        await self._throttle.login(form.username, device.address)
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
            await self._throttle.failed(form.username)
            raise self._wrong()
        if account.disabled:
            self._metrics.logins.labels("disabled").inc()
            raise Problem(ErrorCode.FORBIDDEN, _DISABLED)
        opening, token = self._opening(device)
        if not await self._sessions.open(account, opening):
            raise self._wrong()
        if self._passwords.is_stale(account.password_hash):
            # In a rush at the next sign-in: they are in already.
            with contextlib.suppress(Unavailable):
                await self._accounts.rehash(account, await self._passwords.hash(key))
        self._announcer.wake()
        self._metrics.logins.labels("ok").inc()
        return self._signed_in(account.user, opening.sid, token)

    async def refresh(self, token: str, device: Device, *, as_cookie: bool) -> SignedIn:
        """Give the next refresh token and a fresh access token for a refresh token.

        A token that was used before ends its session, and its access tokens with it, unless it is
        within the grace that a browser's cookie has: see `session`.

        Raises:
            Problem: `unauthorized`; why is not told, because a thief may be asking; `rate_limited`.
        """
        shown = session.read(token)
        if shown is None:
            raise self._stale(Verdict.UNKNOWN)
        await self._throttle.refresh(shown.family, device.address)
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
        return living(await self._accounts.signed_in(claims.sub, claims.sid, claims.issuer))

    async def rename(self, claims: Claims, display_name: str) -> User:
        """Change one's own display name.

        Raises:
            Problem: `invalid`; `unauthorized` once the session has ended; `rate_limited`.
        """
        shown = valid(profile.parse(display_name))
        await self._throttle.rename(claims.sub)
        folded, now_ms = username.fold(shown), clock.now_ms()
        changed = await self._accounts.rename(claims.sub, claims.sid, shown, folded, now_ms)
        user = living(changed)
        self._announcer.renamed(user, now_ms)
        return user

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

    async def _invitation(self, shown: str | None) -> bytes | None:
        """The hash of the invitation to use up; None where none is needed."""
        if self._registration == "open":
            return None
        if shown is None or self._registration == "closed":
            self._count_registration("refused")
            raise Problem(ErrorCode.FORBIDDEN, _REFUSED[self._registration])
        raw = secret.read(secret.INVITATION, shown)
        hashed = b"" if raw is None else session.digest(raw)
        # Asked before the hash of the password, which is dear; who takes it has the last word.
        if not hashed or not await self._invitations.is_good(hashed, clock.now_ms()):
            raise self._not_invited()
        return hashed

    def _not_invited(self) -> Problem:
        self._count_registration("refused")
        message = "this invitation is not good: it was used up, or ran out, or was withdrawn"
        return Problem(ErrorCode.FORBIDDEN, message, field="invitation")

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
