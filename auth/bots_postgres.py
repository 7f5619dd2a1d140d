"""Bots and their API tokens: made, listed, traded, revoked, each with its line in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from auth import accounts_postgres, audit_postgres
from auth.accounts_postgres import Account
from proto.shapes import User
from services.pool_postgres import Connection, Pool, Row

USED_MS = 60_000
"""When a token was used is noted that often: a bot that trades too often costs no write each."""
_INSERT = """
    INSERT INTO api_tokens (id, user_id, secret_hash, name, scopes, created_by, created_ms)
    VALUES ($1, $2, $3, $4, $5, $6, $7)"""
_COUNT = "SELECT count(*) FROM api_tokens WHERE user_id = $1 AND revoked_ms IS NULL"
_LOCK = """
    SELECT id, username, display_name, avatar FROM accounts
    WHERE id = $1 AND kind = 'bot' AND disabled_ms IS NULL FOR UPDATE"""
_TRADE = """
    SELECT t.id AS tid, t.scopes, t.last_used_ms, a.id, a.username, a.display_name, a.avatar
    FROM api_tokens t JOIN accounts a ON a.id = t.user_id
    WHERE t.secret_hash = $1 AND t.revoked_ms IS NULL AND a.disabled_ms IS NULL"""
_USED = "UPDATE api_tokens SET last_used_ms = $2 WHERE id = $1"
_TOKENS = """
    SELECT user_id, id, name, scopes, created_ms, last_used_ms FROM api_tokens
    WHERE user_id = ANY($1::text[]) AND revoked_ms IS NULL ORDER BY created_ms, id"""
_BOTS = """
    SELECT id, username, display_name, avatar, disabled_ms FROM accounts
    WHERE kind = 'bot' AND username > $1 ORDER BY username LIMIT $2"""
_REVOKE = """
    WITH revoked AS (
        UPDATE api_tokens SET revoked_ms = $3 WHERE id = $1 AND user_id = $2 AND revoked_ms IS NULL
        RETURNING id, user_id)
    INSERT INTO revocations (user_id, sid, at_ms) SELECT user_id, id, $3 FROM revoked
    RETURNING id"""


class Token(NamedTuple):
    """What is known of a token that is good."""

    id: str
    name: str
    scopes: list[str]
    created_ms: int
    last_used_ms: int | None


class Bot(NamedTuple):
    """A bot and its tokens."""

    user: User
    disabled_ms: int | None
    tokens: list[Token]


class Traded(NamedTuple):
    """Whom a token speaks for, its id and its scopes."""

    user: User
    id: str
    scopes: list[str]


class Refusal(Enum):
    """Why a token was not made."""

    NO_BOT = auto()
    TOO_MANY = auto()


class Bots:
    """Makes, trades and revokes. All calls raise `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(
        self,
        account: Account,
        folded: str,
        token: Token,
        secret_hash: bytes,
        actor: str | None,
    ) -> bool:
        """Add a bot and its first token; False if the username, or one like it, is taken."""
        user, now_ms = account.user, token.created_ms
        async with self._pool.transaction() as connection:
            if not await accounts_postgres.insert(connection, account, folded, now_ms, "bot"):
                return False
            await audit_postgres.note(
                connection, now_ms, actor, "bot.created", user.id, user.username
            )
            await _add(connection, user.id, token, secret_hash, actor)
            return True

    async def add_token(
        self, bot: str, token: Token, secret_hash: bytes, actor: str | None, most: int
    ) -> User | Refusal:
        """Give a bot one more token, `most` at the same time; answers whose it is."""
        async with self._pool.transaction() as connection:
            row = await connection.fetchrow(_LOCK, bot)
            if row is None:
                return Refusal.NO_BOT
            if await connection.fetchval(_COUNT, bot) >= most:
                return Refusal.TOO_MANY
            await _add(connection, bot, token, secret_hash, actor)
            return accounts_postgres.user(row)

    async def trade(self, secret_hash: bytes, now_ms: int) -> Traded | None:
        """Whom a token speaks for, and note that it was used; None if it is not good."""
        row = await self._pool.fetchrow(_TRADE, secret_hash)
        if row is None:
            return None
        if row["last_used_ms"] is None or now_ms - row["last_used_ms"] >= USED_MS:
            await self._pool.execute(_USED, row["tid"], now_ms)
        return Traded(accounts_postgres.user(row), row["tid"], list(row["scopes"]))

    async def page(self, after: str, limit: int) -> list[Bot]:
        """Bots by username, after one."""
        rows = await self._pool.fetch(_BOTS, after, limit)
        return await self._with_tokens(rows)

    async def revoke(self, bot: str, token: str, actor: str | None, now_ms: int) -> bool:
        """Void a token, and every access token it was traded for; False if it was. Idempotent."""
        async with self._pool.transaction() as connection:
            if await connection.fetchval(_REVOKE, token, bot, now_ms) is None:
                return False
            await audit_postgres.note(
                connection, now_ms, actor, "bot.token.revoked", bot, f"token {token}"
            )
            return True

    async def _with_tokens(self, rows: Sequence[Row]) -> list[Bot]:
        tokens: dict[str, list[Token]] = {row["id"]: [] for row in rows}
        for row in await self._pool.fetch(_TOKENS, list(tokens)):
            times = (row["created_ms"], row["last_used_ms"])
            found = Token(row["id"], row["name"], list(row["scopes"]), *times)
            tokens[row["user_id"]].append(found)
        return [
            Bot(accounts_postgres.user(row), row["disabled_ms"], tokens[row["id"]]) for row in rows
        ]


async def _add(
    connection: Connection, bot: str, token: Token, secret_hash: bytes, actor: str | None
) -> None:
    await connection.execute(
        _INSERT, token.id, bot, secret_hash, token.name, token.scopes, actor, token.created_ms
    )
    words = f"token {token.id} for {' '.join(token.scopes)}"
    await audit_postgres.note(connection, token.created_ms, actor, "bot.token.made", bot, words)
