"""Coming in when a password does not help: who may register, invitations and links by mail."""

from __future__ import annotations

import asyncio
import secrets
from typing import Final

from auth import audit_postgres, email, invitations_postgres, password, secret, session, username
from auth.accounts_postgres import Accounts
from auth.admin import account, invitation_link, reset_link
from auth.announcer import Announcer
from auth.invitations_postgres import Invitation
from auth.mailer import WAITING, Mail, Mailer
from auth.metrics import AuthMetrics
from auth.password_argon2 import Passwords
from auth.people_postgres import People, Profile
from auth.resets_postgres import Resets
from auth.settings import AuthSettings
from auth.signin import living, valid
from auth.throttle import Throttle
from proto import identity
from proto.codes import ErrorCode
from proto.wire import Fault
from services import clock, logs_structlog
from services.guard import Claims
from services.pool_postgres import Pool
from services.problem import Problem, Unavailable

RESET_MS: Final = 3_600_000
"""A link that was mailed is good for an hour."""
INVITATION_MS: Final = 86_400_000
_log = logs_structlog.get_logger()
_ACCOUNTS: Final = 5
"""Accounts of one mail address that a link is sent for."""
_INVITED = """\
You asked for an account at {url}.

Make it here, within a day:

    {link}

If you did not ask, do nothing: nobody has an account by this mail.
"""
_RESET = """\
Somebody, probably you, asked for a new password for {username} at {url}.

Choose it here, within an hour; it works once and signs out all devices:

    {link}

If you did not ask, do nothing: your password stays as it is.
"""


class Door:
    """Every call raises `Unavailable` while Postgres is away, but those that tell nothing."""

    def __init__(
        self,
        pool: Pool,
        accounts: Accounts,
        passwords: Passwords,
        mailer: Mailer,
        throttle: Throttle,
        announcer: Announcer,
        metrics: AuthMetrics,
        commonest: frozenset[str],
        settings: AuthSettings,
    ) -> None:
        self._pool = pool
        self._accounts = accounts
        self._people = People(pool)
        self._resets = Resets(pool)
        self._passwords = passwords
        self._mailer = mailer
        self._throttle = throttle
        self._announcer = announcer
        self._metrics = metrics
        self._commonest = commonest
        self._settings = settings
        self._public_url = settings.base.public_url
        self._asked: asyncio.Queue[str] = asyncio.Queue(WAITING)

    def plan(self) -> identity.Door:
        """How one comes in here."""
        domains = self._settings.registration_domains
        return identity.Door(
            registration=self._settings.registration,
            domains=list(domains) if self._settings.registration == "domain" else [],
            reset="mail" if self._mailer.works else "admin",
            contact=self._settings.contact or None,
        )

    async def request_invitation(self, form: identity.InvitationRequest, where: str) -> None:
        """Mail an invitation to an address of a domain that is let in.

        Raises:
            Problem: `forbidden` if people are not let in so, or not of that domain; `invalid`.
        """
        await self._throttle.reset(form.email, where)
        if self._settings.registration != "domain":
            raise Problem(ErrorCode.FORBIDDEN, "nobody is let in here by their mail address")
        address = valid(email.parse(form.email))
        if email.domain(address) not in self._settings.registration_domains:
            raise Problem(ErrorCode.FORBIDDEN, "addresses of this domain are not let in")
        raw, now_ms = secrets.token_bytes(secret.BYTES), clock.now_ms()
        one = Invitation(
            f"i_{secrets.token_urlsafe(16)}", "", address, None, now_ms, now_ms + INVITATION_MS, 1
        )
        async with self._pool.transaction() as connection:
            await invitations_postgres.insert(connection, one, session.digest(raw))
            await audit_postgres.note(connection, now_ms, None, "invitation.mailed", one.id)
        link = invitation_link(self._public_url, raw, one.expires_ms)
        text = _INVITED.format(url=self._public_url, link=link.url)
        self._mailer.send(Mail(address, "Your invitation to Parley", text))

    async def request_reset(self, form: identity.ResetRequest, where: str) -> None:
        """Mail a link for a new password, if there is such an account and it has an address.

        It is looked for after the answer: neither what that says nor how long it takes tells
        whether there is one.

        Raises:
            Problem: `forbidden` if there is no mail here; it names whom to ask.
        """
        if not self._mailer.works:
            whom = self._settings.contact or "whoever runs this place"
            message = f"ask {whom} for a link by which you choose a new password"
            raise Problem(ErrorCode.FORBIDDEN, message)
        await self._throttle.reset(form.username, where)
        try:
            self._asked.put_nowait(form.username)
        except asyncio.QueueFull:
            self._metrics.mails.labels("shed").inc()

    async def run(self) -> None:
        """Send the links that were asked for, for ever; who got none asks again."""
        while True:
            named = await self._asked.get()
            try:
                await self._mail_reset(named)
            except Unavailable as error:
                _log.warning("no link was sent", error=str(error))

    async def confirm_reset(self, form: identity.ResetConfirm, where: str) -> None:
        """Take a new password by a link, which is used up, and sign out everywhere.

        Raises:
            Problem: `not_found` if the link is not good; `invalid`; `unavailable`.
        """
        await self._throttle.link(where)
        raw = secret.read(secret.RESET, form.token)
        hashed = session.digest(raw) if raw is not None else b""
        name = await self._resets.username(hashed, clock.now_ms()) if hashed else None
        if name is None:
            raise self._used_up()
        key = valid(password.choose(form.password, name, self._commonest))
        encoded = await self._passwords.hash(key)
        if not await self._people.use_reset(hashed, encoded, clock.now_ms()):
            raise self._used_up()
        self._metrics.passwords.labels("link").inc()
        self._announcer.wake()

    async def own(self, claims: Claims) -> identity.Account:
        """One's own account.

        Raises:
            Problem: `unauthorized` once the session has ended.
        """
        living(await self._accounts.signed_in(claims.sub, claims.sid, claims.issuer))
        return account(living(await self._people.by_id(claims.sub)))

    async def set_email(self, claims: Claims, form: identity.EmailChange) -> None:
        """Keep where a link for a new password may be sent; the password says that it is meant.

        Raises:
            Problem: `invalid` with `field` `email` or `password`; `unauthorized`; `unavailable`.
        """
        found = living(await self._accounts.of_session(claims.sub, claims.sid))
        address = None if form.email is None else valid(email.parse(form.email))
        await self._throttle.account(found.user.username)
        key, encoded = password.parse(form.password), found.password_hash
        if isinstance(key, Fault) or not await self._passwords.matches(encoded, key):
            await self._throttle.failed(found.user.username)
            raise Problem(ErrorCode.INVALID, "this is not your password", field="password")
        await self._people.set_email(claims.sub, address, clock.now_ms())

    async def _mail_reset(self, named: str) -> None:
        for profile in await self._found(named):
            raw, now_ms = secrets.token_bytes(secret.BYTES), clock.now_ms()
            hashed, expires_ms = session.digest(raw), now_ms + RESET_MS
            await self._people.give_reset(profile.user.id, hashed, None, now_ms, expires_ms)
            link = reset_link(self._public_url, raw, expires_ms)
            name, url = profile.user.username, self._public_url
            text = _RESET.format(username=name, url=url, link=link.url)
            self._mailer.send(Mail(profile.email or "", "A new password for Parley", text))

    async def _found(self, named: str) -> list[Profile]:
        """Accounts of a username or a mail address that a link can be mailed to."""
        address = email.parse(named)
        if isinstance(address, str):
            return await self._people.by_email(address, _ACCOUNTS)
        name = username.parse(named)
        found = await self._people.by_username(name) if isinstance(name, str) else None
        usable = found is not None and found.email is not None and found.disabled_ms is None
        return [found] if found is not None and usable else []

    def _used_up(self) -> Problem:
        message = "this link is not good: it was used, or ran out, or there is a newer one"
        return Problem(ErrorCode.NOT_FOUND, message, field="token")
