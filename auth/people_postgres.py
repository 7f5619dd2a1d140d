"""Accounts as an admin sees and changes them, each change with its line in the audit log."""

from __future__ import annotations

from typing import Final, NamedTuple

from auth import accounts_postgres, audit_postgres, resets_postgres, sessions_postgres
from auth.accounts_postgres import Account
from auth.prefix import Range
from proto.shapes import User
from services.pool_postgres import Pool, Row

_COLUMNS: Final = """
    id, username, display_name, role, kind, email, created_ms, disabled_ms, password_hash <> '',
    avatar"""
_BY_ID = f"SELECT {_COLUMNS} FROM accounts WHERE id = $1"  # noqa: S608 - a constant of ours
_BY_USERNAME = f"SELECT {_COLUMNS} FROM accounts WHERE username = $1"  # noqa: S608 - as above
_BY_EMAIL = f"""
    SELECT {_COLUMNS} FROM accounts
    WHERE email = $1 AND kind = 'person' AND disabled_ms IS NULL
    ORDER BY created_ms LIMIT $2"""  # noqa: S608 - as above
_PAGE = f"""
    SELECT {_COLUMNS} FROM accounts WHERE username > $1 AND username >= $2 AND username < $3
    ORDER BY username LIMIT $4"""  # noqa: S608 - as above
_IS_ADMIN = """
    SELECT EXISTS (
        SELECT FROM accounts a JOIN sessions s ON s.user_id = a.id
        WHERE a.id = $1 AND a.role = 'admin' AND a.disabled_ms IS NULL
        AND s.id = $2 AND s.ended_ms IS NULL)
    OR EXISTS (
        SELECT FROM accounts a JOIN api_tokens t ON t.user_id = a.id
        WHERE a.id = $1 AND a.disabled_ms IS NULL
        AND t.id = $2 AND t.revoked_ms IS NULL AND 'admin' = ANY(t.scopes))"""
_SET_ROLE = "UPDATE accounts SET role = $2, updated_ms = $3 WHERE id = $1 AND role <> $2"
_ENABLE = """
    UPDATE accounts SET disabled_ms = NULL, disabled_by = NULL, updated_ms = $2
    WHERE id = $1 AND disabled_ms IS NOT NULL"""
_TAKE_AVATAR = """
    UPDATE accounts SET avatar = NULL, updated_ms = $3 WHERE id = $1 AND avatar = $2
    RETURNING id, username, display_name, avatar"""
_SET_PASSWORD = "UPDATE accounts SET password_hash = $2, updated_ms = $3 WHERE id = $1"  # noqa: S105 - SQL
_CHANGED: Final = "UPDATE 1"


class Profile(NamedTuple):
    """An account with what only admins and its owner may know."""

    user: User
    role: str
    kind: str
    email: str | None
    created_ms: int
    disabled_ms: int | None
    has_password: bool


class People:
    """Reads and changes accounts. All calls raise `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def is_admin(self, user_id: str, sid: str) -> bool:
        """Whether this very session or API token may act as an admin now."""
        return bool(await self._pool.fetchval(_IS_ADMIN, user_id, sid))

    async def by_id(self, user_id: str) -> Profile | None:
        """One account."""
        return _found(await self._pool.fetchrow(_BY_ID, user_id))

    async def by_username(self, username: str) -> Profile | None:
        """The account of a folded username."""
        return _found(await self._pool.fetchrow(_BY_USERNAME, username))

    async def by_email(self, email: str, limit: int) -> list[Profile]:
        """People in use that a mail to this address is for, the oldest account first."""
        return [_profile(row) for row in await self._pool.fetch(_BY_EMAIL, email, limit)]

    async def page(self, after: str, texts: Range, limit: int) -> list[Profile]:
        """By username, those after one and in a range."""
        rows = await self._pool.fetch(_PAGE, after, texts.first, texts.end, limit)
        return [_profile(row) for row in rows]

    async def create(
        self, account: Account, folded: str, role: str, actor: str | None, now_ms: int
    ) -> bool:
        """Add a person without signing them in; False if the name, or one like it, is taken."""
        async with self._pool.transaction() as connection:
            if not await accounts_postgres.insert(connection, account, folded, now_ms):
                return False
            await connection.execute(_SET_ROLE, account.user.id, role, now_ms)
            await audit_postgres.note(
                connection,
                now_ms,
                actor,
                "account.created",
                account.user.id,
                f"{account.user.username} as {role}",
            )
            return True

    async def set_role(self, user_id: str, role: str, actor: str | None, now_ms: int) -> bool:
        """Make somebody an admin, or no longer; False if they were that. Idempotent."""
        async with self._pool.transaction() as connection:
            if await connection.execute(_SET_ROLE, user_id, role, now_ms) != _CHANGED:
                return False
            await audit_postgres.note(connection, now_ms, actor, "account.role", user_id, role)
            return True

    async def disable(self, user_id: str, actor: str | None, now_ms: int) -> bool:
        """Put an account out of use, every session and token of it with it. Idempotent."""
        async with self._pool.transaction() as connection:
            if not await sessions_postgres.disable(connection, user_id, actor, now_ms):
                return False
            await audit_postgres.note(connection, now_ms, actor, "account.disabled", user_id)
            return True

    async def enable(self, user_id: str, actor: str | None, now_ms: int) -> bool:
        """Take an account into use again; what was signed out stays so. Idempotent."""
        async with self._pool.transaction() as connection:
            if await connection.execute(_ENABLE, user_id, now_ms) != _CHANGED:
                return False
            await audit_postgres.note(connection, now_ms, actor, "account.enabled", user_id)
            return True

    async def take_avatar(self, user_id: str, avatar: str, actor: str, now_ms: int) -> User | None:
        """Take away a picture; answers whoever had it, or None. Idempotent."""
        async with self._pool.transaction() as connection:
            row = await connection.fetchrow(_TAKE_AVATAR, user_id, avatar, now_ms)
            if row is None:
                return None
            await audit_postgres.note(connection, now_ms, actor, "avatar.taken", user_id, avatar)
            return accounts_postgres.user(row)

    async def end_sessions(self, user_id: str, actor: str | None, now_ms: int) -> int:
        """Sign somebody out everywhere; answers of how many sessions. Idempotent."""
        async with self._pool.transaction() as connection:
            ended = await sessions_postgres.end_all(connection, user_id, now_ms)
            words = f"{ended} ended"
            await audit_postgres.note(connection, now_ms, actor, "sessions.ended", user_id, words)
            return ended

    async def set_email(self, user_id: str, email: str | None, now_ms: int) -> None:
        """Keep where mail for this account goes. Idempotent."""
        async with self._pool.acquire() as connection:
            await accounts_postgres.set_email(connection, user_id, email, now_ms)

    async def give_reset(
        self, user_id: str, secret_hash: bytes, actor: str | None, now_ms: int, expires_ms: int
    ) -> None:
        """Keep a one-time link for a new password."""
        async with self._pool.transaction() as connection:
            await resets_postgres.insert(connection, user_id, secret_hash, now_ms, expires_ms)
            await audit_postgres.note(connection, now_ms, actor, "password.link", user_id)

    async def use_reset(self, secret_hash: bytes, password_hash: str, now_ms: int) -> bool:
        """Take a new password by a link, and sign out everywhere; False if it is not good."""
        async with self._pool.transaction() as connection:
            user_id = await resets_postgres.take(connection, secret_hash, now_ms)
            if user_id is None:
                return False
            await connection.execute(_SET_PASSWORD, user_id, password_hash, now_ms)
            await sessions_postgres.end_all(connection, user_id, now_ms)
            await audit_postgres.note(connection, now_ms, None, "password.reset", user_id)
            return True


def _found(row: Row | None) -> Profile | None:
    return None if row is None else _profile(row)


def _profile(row: Row) -> Profile:
    return Profile(User(row[0], row[1], row[2], row[9]), *(row[n] for n in range(3, 9)))
