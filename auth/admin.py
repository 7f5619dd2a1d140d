"""What admins do, over HTTP or by the command line; who is one is asked by whoever calls."""

from __future__ import annotations

import secrets
from typing import Final

from msgspec import UnsetType

from auth import (
    audit_postgres,
    invitations_postgres,
    password,
    prefix,
    profile,
    secret,
    session,
    username,
)
from auth.accounts_postgres import Account
from auth.announcer import Announcer
from auth.audit_postgres import Audit
from auth.invitations_postgres import Invitations
from auth.password_argon2 import Passwords
from auth.people_postgres import People, Profile
from auth.sessions_postgres import Sessions
from auth.signin import valid
from proto import identity, ids, limits
from proto.codes import ErrorCode
from proto.shapes import User
from services import clock
from services.pool_postgres import Pool
from services.problem import Problem

RESET_MS: Final = 86_400_000
"""A link that an admin gives by hand is good for a day."""
INVITATION_DAYS: Final = (1, 90)
INVITATION_USES: Final = (1, 1_000)
NOTE_CHARACTERS: Final = 200
_DAY_MS: Final = 86_400_000
_NOBODY: Final = "there is no such account"
_ONESELF: Final = "an admin neither disables nor demotes themselves: another one does"


class Admin:
    """`actor` is the id of the admin, None for the command line; it goes into the audit log.

    Every call raises `Unavailable` while Postgres is away.
    """

    def __init__(
        self,
        pool: Pool,
        passwords: Passwords,
        announcer: Announcer | None,
        commonest: frozenset[str],
        public_url: str,
    ) -> None:
        """Without an announcer, who runs beside this tells what was revoked."""
        self._pool = pool
        self._people = People(pool)
        self._sessions = Sessions(pool)
        self._invitations = Invitations(pool)
        self._audit = Audit(pool)
        self._passwords = passwords
        self._announcer = announcer
        self._commonest = commonest
        self._public_url = public_url

    async def is_admin(self, user_id: str, sid: str) -> bool:
        """Whether this very session or API token may act as an admin now."""
        return await self._people.is_admin(user_id, sid)

    async def find(self, name_or_id: str) -> Profile:
        """The account of a username, or else of an id.

        Raises:
            Problem: `not_found`.
        """
        name = username.parse(name_or_id)
        found = await self._people.by_username(name) if isinstance(name, str) else None
        return found or await self._by_id(name_or_id)

    async def page(self, after: str, query: str, limit: int) -> list[identity.Account]:
        """Accounts by username, after one, whose username begins with `query`."""
        texts = prefix.texts_from(query) if query else prefix.Range("", "\U0010ffff")
        return [account(found) for found in await self._people.page(after, texts, limit)]

    async def create(self, actor: str | None, form: identity.NewAccount) -> identity.MadeAccount:
        """Make an account; without a password, with a link by which its owner chooses one.

        Raises:
            Problem: `invalid`; `conflict` if the username, or one that looks like it, is taken.
        """
        name = valid(username.parse(form.username))
        shown = valid(profile.parse(form.display_name or name))
        encoded = ""
        if form.password is not None:
            key = valid(password.choose(form.password, name, self._commonest))
            encoded = await self._passwords.hash(key)
        user, now_ms = User(f"u_{secrets.token_urlsafe(16)}", name, shown), clock.now_ms()
        folded, made = username.fold(shown), Account(user, encoded)
        if not await self._people.create(made, folded, form.role, actor, now_ms):
            raise Problem(ErrorCode.CONFLICT, "the username is taken", field="username")
        link = await self.reset(actor, user.id) if form.password is None else None
        return identity.MadeAccount(account(await self._by_id(user.id)), link)

    async def change(
        self, actor: str | None, user_id: str, patch: identity.AccountPatch
    ) -> identity.Account:
        """Change somebody's role, or put their account out of use or into it again.

        Raises:
            Problem: `not_found`; `conflict` if an admin would shut themselves out; `invalid` for
                the role of a bot, whose token has a scope for that.
        """
        found = await self._by_id(user_id)
        if actor == user_id and (patch.role == "member" or patch.disabled is True):
            raise Problem(ErrorCode.CONFLICT, _ONESELF)
        if not isinstance(patch.role, UnsetType):
            if found.kind == "bot":
                raise Problem(ErrorCode.INVALID, "a bot has scopes, no role", field="role")
            await self._people.set_role(user_id, patch.role, actor, clock.now_ms())
        if patch.disabled is True:
            await self._people.disable(user_id, actor, clock.now_ms())
            self._revoked()
        elif patch.disabled is False:
            await self._people.enable(user_id, actor, clock.now_ms())
        return account(await self._by_id(user_id))

    async def reset(self, actor: str | None, user_id: str) -> identity.Link:
        """Give a link, good once and for a day, by which a person chooses a new password.

        Raises:
            Problem: `not_found`; `invalid` for a bot, which has none.
        """
        if (await self._by_id(user_id)).kind == "bot":
            raise Problem(ErrorCode.INVALID, "a bot has API tokens, no password")
        raw, now_ms = secrets.token_bytes(secret.BYTES), clock.now_ms()
        expires_ms = now_ms + RESET_MS
        await self._people.give_reset(user_id, session.digest(raw), actor, now_ms, expires_ms)
        return reset_link(self._public_url, raw, expires_ms)

    async def sessions(self, user_id: str) -> identity.Sessions:
        """Where somebody is signed in.

        Raises:
            Problem: `not_found`.
        """
        await self._by_id(user_id)
        found = await self._sessions.living(user_id, clock.now_ms())
        return identity.Sessions([identity.Session(*each, current=False) for each in found])

    async def end_sessions(self, actor: str | None, user_id: str) -> int:
        """Sign somebody out everywhere; answers of how many sessions.

        Raises:
            Problem: `not_found`.
        """
        await self._by_id(user_id)
        ended = await self._people.end_sessions(user_id, actor, clock.now_ms())
        self._revoked()
        return ended

    async def invite(
        self, actor: str | None, form: identity.NewInvitation
    ) -> identity.MadeInvitation:
        """Make an invitation; its link is shown this once.

        Raises:
            Problem: `invalid`.
        """
        _within("uses", form.uses, INVITATION_USES)
        _within("expires_days", form.expires_days, INVITATION_DAYS)
        note = form.note.strip()
        if len(note) > NOTE_CHARACTERS or not ids.is_clean(note):
            message = f"a note has at most {NOTE_CHARACTERS} characters, none of control"
            raise Problem(ErrorCode.INVALID, message, field="note")
        raw, now_ms = secrets.token_bytes(secret.BYTES), clock.now_ms()
        one = invitations_postgres.Invitation(
            f"i_{secrets.token_urlsafe(16)}",
            note,
            None,
            actor,
            now_ms,
            now_ms + form.expires_days * _DAY_MS,
            form.uses,
        )
        async with self._pool.transaction() as connection:
            await invitations_postgres.insert(connection, one, session.digest(raw))
            await audit_postgres.note(connection, now_ms, actor, "invitation.made", one.id, note)
        link = invitation_link(self._public_url, raw, one.expires_ms)
        return identity.MadeInvitation(identity.Invitation(*one), link)

    async def invitations(self) -> identity.Invitations:
        """Those that are good."""
        found = await self._invitations.living(clock.now_ms(), limits.PAGE_ITEMS)
        return identity.Invitations([identity.Invitation(*one) for one in found])

    async def withdraw(self, actor: str | None, invitation: str) -> None:
        """Make an invitation void. Idempotent."""
        now_ms = clock.now_ms()
        async with self._pool.transaction() as connection:
            if await invitations_postgres.withdraw(connection, invitation):
                await audit_postgres.note(
                    connection, now_ms, actor, "invitation.withdrawn", invitation
                )

    async def audit(self, before: int, limit: int) -> identity.Deeds:
        """Lines of the audit log before a number, the newest first."""
        found = await self._audit.before(before, limit + 1)
        deeds = [identity.Deed(*deed) for deed in found[:limit]]
        return identity.Deeds(deeds, more=len(found) > limit)

    async def _by_id(self, user_id: str) -> Profile:
        found = await self._people.by_id(user_id) if ids.is_id(user_id) else None
        if found is None:
            raise Problem(ErrorCode.NOT_FOUND, _NOBODY)
        return found

    def _revoked(self) -> None:
        if self._announcer is not None:
            self._announcer.wake()


def account(found: Profile) -> identity.Account:
    """The account as admins and its owner are shown it."""
    return identity.Account(*found)  # type: ignore[arg-type]  # the table checks role and kind


def reset_link(public_url: str, raw: bytes, expires_ms: int) -> identity.Link:
    """The link by which a password is chosen; no server is sent what is behind the #."""
    return identity.Link(f"{public_url}/reset#{secret.write(secret.RESET, raw)}", expires_ms)


def invitation_link(public_url: str, raw: bytes, expires_ms: int) -> identity.Link:
    """The link by which an account is made."""
    shown = secret.write(secret.INVITATION, raw)
    return identity.Link(f"{public_url}/invite#{shown}", expires_ms)


def _within(field: str, value: int, bounds: tuple[int, int]) -> None:
    if not bounds[0] <= value <= bounds[1]:
        message = f"{field} is {bounds[0]} to {bounds[1]}"
        raise Problem(ErrorCode.INVALID, message, field=field)
