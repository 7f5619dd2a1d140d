"""The table of accounts: who there is, found by id, by username and by prefix. Hashes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from auth import username
from auth.prefix import Range
from proto.shapes import User
from services.pool_postgres import Connection, Pool, Row

_BY_USERNAME = """
    SELECT id, username, display_name, avatar, password_hash, disabled_ms IS NOT NULL AS disabled
    FROM accounts WHERE username = $1"""
_OF_SESSION = """
    SELECT a.id, a.username, a.display_name, a.avatar, a.password_hash, false AS disabled
    FROM accounts a JOIN sessions s ON s.user_id = a.id
    WHERE a.id = $1 AND s.id = $2 AND s.ended_ms IS NULL AND a.disabled_ms IS NULL"""
_REHASH = "UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2"
_BY_IDS = """
    SELECT id, username, display_name, avatar FROM accounts
    WHERE id = ANY($1::text[]) ORDER BY username"""
_IS_IN = """
    a.id = $1 AND a.disabled_ms IS NULL AND (
        $3
        OR EXISTS (SELECT FROM sessions s
                WHERE s.id = $2 AND s.user_id = a.id AND s.ended_ms IS NULL)
        OR EXISTS (SELECT FROM api_tokens t
                   WHERE t.id = $2 AND t.user_id = a.id AND t.revoked_ms IS NULL))"""
_SIGNED_IN = f"""
    SELECT a.id, a.username, a.display_name, a.avatar
    FROM accounts a WHERE {_IS_IN}"""  # noqa: S608 - a constant of ours
# The row is locked before it is read: of two at once the later sees what the earlier left.
_PICTURE = f"""
    UPDATE accounts a SET avatar = $4, updated_ms = $5
    FROM (SELECT id, avatar FROM accounts WHERE id = $1 FOR UPDATE) AS was
    WHERE was.id = a.id AND {_IS_IN}
    RETURNING a.id, a.username, a.display_name, a.avatar, was.avatar AS former"""  # noqa: S608
_RENAME = """
    UPDATE accounts a SET display_name = $3, folded_name = $4, updated_ms = $5
    FROM sessions s
    WHERE a.id = $1 AND s.user_id = a.id AND s.id = $2 AND s.ended_ms IS NULL
    RETURNING a.id, a.username, a.display_name, a.avatar"""
# Each half reads at most $3 rows of its index in order, however common the prefix is.
_SEARCH = """
    SELECT id, username, display_name, avatar FROM (
        (SELECT id, username, display_name, avatar, 0 AS place, username AS sorted
         FROM accounts WHERE username >= $1 AND username < $2 AND disabled_ms IS NULL
         ORDER BY username LIMIT $3)
        UNION ALL
        (SELECT id, username, display_name, avatar, 1, folded_name
         FROM accounts WHERE folded_name >= $1 AND folded_name < $2 AND disabled_ms IS NULL
         AND NOT (username >= $1 AND username < $2)
         ORDER BY folded_name, username LIMIT $3)
    ) AS found
    ORDER BY place, sorted, username LIMIT $3"""
_INSERT = """
    INSERT INTO accounts (id, username, display_name, folded_name, password_hash, skeleton, kind,
                          created_ms, updated_ms)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
    ON CONFLICT DO NOTHING
    RETURNING id"""
_IS_TAKEN = "SELECT 1 FROM accounts WHERE username = $1 OR skeleton = $2"
_SET_EMAIL = "UPDATE accounts SET email = $2, updated_ms = $3 WHERE id = $1"


class Account(NamedTuple):
    """A user and what their password is held against."""

    user: User
    password_hash: str
    disabled: bool = False
    """Out of use: nobody signs in to it."""

    def __repr__(self) -> str:
        return f"Account({self.user.id!r})"


class Accounts:
    """Finds and changes accounts. All calls raise `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def is_taken(self, name: str) -> bool:
        """Whether a folded username, or one that looks like it, is somebody's."""
        found = await self._pool.fetchval(_IS_TAKEN, name, username.skeleton(name))
        return found is not None

    async def by_username(self, name: str) -> Account | None:
        """The account of a folded username."""
        row = await self._pool.fetchrow(_BY_USERNAME, name)
        return None if row is None else _account(row)

    async def of_session(self, user_id: str, sid: str) -> Account | None:
        """The account of a session that has not ended."""
        row = await self._pool.fetchrow(_OF_SESSION, user_id, sid)
        return None if row is None else _account(row)

    async def rehash(self, account: Account, password_hash: str) -> None:
        """Keep another hash of the same password, unless that was changed meanwhile."""
        await self._pool.execute(_REHASH, account.user.id, account.password_hash, password_hash)

    async def by_ids(self, ids: Sequence[str]) -> list[User]:
        """Those of `ids` that exist, by username."""
        return [user(row) for row in await self._pool.fetch(_BY_IDS, list(ids))]

    async def signed_in(self, user_id: str, sid: str, issuer: str) -> User | None:
        """The user, unless that session of theirs has ended, or that API token was revoked.

        Whom a trusted `issuer` signed in has no session here: the account has to be in use.
        """
        row = await self._pool.fetchrow(_SIGNED_IN, user_id, sid, bool(issuer))
        return None if row is None else user(row)

    async def rename(
        self, user_id: str, sid: str, display_name: str, folded: str, now_ms: int
    ) -> User | None:
        """Change the display name; None if the session has ended. Idempotent."""
        row = await self._pool.fetchrow(_RENAME, user_id, sid, display_name, folded, now_ms)
        return None if row is None else user(row)

    async def picture(
        self, user_id: str, sid: str, issuer: str, avatar: str | None, now_ms: int
    ) -> tuple[User, str | None] | None:
        """Give the user of `signed_in` a picture, or none; answers the former one with them.

        None if they are not signed in. Idempotent.
        """
        arguments = (user_id, sid, bool(issuer), avatar, now_ms)
        row = await self._pool.fetchrow(_PICTURE, *arguments)
        return None if row is None else (user(row), row["former"])

    async def search(self, texts: Range, limit: int) -> list[User]:
        """Whose folded username or display name lies in `texts`.

        First those found by username, in its order: a username that is the whole text comes before
        all that go on after it. Then those found by display name, in its.
        """
        rows = await self._pool.fetch(_SEARCH, texts.first, texts.end, limit)
        return [user(row) for row in rows]


async def insert(
    connection: Connection, account: Account, folded: str, now_ms: int, kind: str = "person"
) -> bool:
    """Add an account; False if the username, or one that looks like it, is taken.

    Also by one who was faster just now.
    """
    who, looks = account.user, username.skeleton(account.user.username)
    names = (who.id, who.username, who.display_name, folded)
    arguments = (*names, account.password_hash, looks, kind, now_ms)
    return await connection.fetchval(_INSERT, *arguments) is not None


async def set_email(connection: Connection, user_id: str, email: str | None, now_ms: int) -> None:
    """Keep where mail for an account goes. Idempotent."""
    await connection.execute(_SET_EMAIL, user_id, email, now_ms)


def _account(row: Row) -> Account:
    return Account(user(row), row["password_hash"], row["disabled"])


def user(row: Row) -> User:
    """The user of a row that has the four columns."""
    return User(row["id"], row["username"], row["display_name"], row["avatar"])
