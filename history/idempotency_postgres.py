"""What was answered to calls with an Idempotency-Key, for a day."""

from __future__ import annotations

from typing import NamedTuple

from services.pool_postgres import Connection, Pool


class Answer(NamedTuple):
    """The first answer to a key; `request` is the digest of what was asked."""

    request: bytes
    room: str
    status: int


async def claim(connection: Connection, user: str, key: str, request: bytes, now_ms: int) -> bool:
    """Be the first with a key; False if another was, waiting for one that is at it just now."""
    claimed = await connection.fetchval(
        "INSERT INTO idempotency VALUES ($1, $2, $3, '', 0, $4)"
        ' ON CONFLICT ("user", key) DO NOTHING RETURNING true',
        user,
        key,
        request,
        now_ms,
    )
    return bool(claimed)


async def note(connection: Connection, user: str, key: str, room: str, status: int) -> None:
    """Keep the answer to a key that was claimed in this transaction."""
    await connection.execute(
        'UPDATE idempotency SET room = $3, status = $4 WHERE "user" = $1 AND key = $2',
        user,
        key,
        room,
        status,
    )


async def answer(connection: Connection, user: str, key: str) -> Answer:
    """The answer to a key that another transaction has claimed and committed."""
    rows = await connection.fetch(
        'SELECT request, room, status FROM idempotency WHERE "user" = $1 AND key = $2', user, key
    )
    return Answer(*rows[0])  # type: ignore[misc]  # a row is a sequence


async def prune(pool: Pool, before_ms: int) -> None:
    """Forget answers from before a time."""
    await pool.execute("DELETE FROM idempotency WHERE created_ms < $1", before_ms)
