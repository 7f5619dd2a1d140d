"""Outgoing webhooks and what they did not deliver; delivering is notify's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from proto import limits
from proto.deliveries import WebhookOf
from proto.webhooks import DeadLetter
from services.pool_postgres import Connection, Pool

_DAY_MS: Final = limits.WEBHOOK_SECONDS * 1000
_FAILED: Final = """
    UPDATE webhooks SET failing_since_ms = coalesce(failing_since_ms, $2), reason = $3,
        disabled_ms = CASE
            WHEN $4 OR $2 - coalesce(failing_since_ms, $2) >= $5 THEN coalesce(disabled_ms, $2)
            ELSE disabled_ms END
    WHERE id = $1 AND disabled_ms IS NULL
"""
_BURY: Final = """
    INSERT INTO dead_letters SELECT id, $2, $3, $4 FROM webhooks WHERE id = $1
    ON CONFLICT (webhook, seq) DO UPDATE SET reason = $3, failed_ms = $4
"""
_SURPLUS: Final = """
    DELETE FROM dead_letters WHERE webhook = $1 AND seq <=
        (SELECT seq FROM dead_letters WHERE webhook = $1 ORDER BY seq DESC OFFSET $2 LIMIT 1)
"""


class Mouth(NamedTuple):
    """An outgoing one: where it speaks, and what it signs with."""

    url: str
    secret: str
    disabled: bool
    failing: bool


async def of_rooms(pool: Pool, rooms: Sequence[str]) -> list[WebhookOf]:
    """Those of these rooms that are on."""
    rows = await pool.fetch(
        "SELECT id, room, since_ms FROM webhooks WHERE room = ANY($1::text[])"
        " AND kind = 'outgoing' AND disabled_ms IS NULL",
        rooms,
    )
    return [WebhookOf(*row) for row in rows]  # type: ignore[misc]  # a row is a sequence


async def mouth(pool: Pool, room: str, id_: str) -> Mouth | None:
    """One that is there, of a room that is."""
    row = await pool.fetchrow(
        "SELECT w.url, w.secret, w.disabled_ms IS NOT NULL, w.failing_since_ms IS NOT NULL"
        " FROM webhooks w JOIN rooms r ON r.id = w.room AND r.deleted_ms IS NULL"
        " WHERE w.room = $1 AND w.id = $2 AND w.kind = 'outgoing'",
        room,
        id_,
    )
    return None if row is None else Mouth(*row)  # type: ignore[misc]  # a row is a sequence


async def well(pool: Pool, id_: str) -> None:
    """It works, or works again."""
    await pool.execute(
        "UPDATE webhooks SET failing_since_ms = NULL, reason = NULL"
        " WHERE id = $1 AND disabled_ms IS NULL",
        id_,
    )


async def failed(pool: Pool, id_: str, reason: str, now_ms: int, *, off: bool) -> None:
    """It does not work; at once, or after a day of it, it is disabled."""
    await pool.execute(_FAILED, id_, now_ms, reason, off, _DAY_MS)


async def bury(pool: Pool, id_: str, seq: int, reason: str, now_ms: int) -> None:
    """Keep a dead letter; of very many the newest. Idempotent."""
    await pool.execute(_BURY, id_, seq, reason, now_ms)
    await pool.execute(_SURPLUS, id_, limits.DEAD_LETTERS)


async def switch(connection: Connection, id_: str, now_ms: int, *, on: bool) -> None:
    """Have it tell what happens from now on, or no more."""
    if on:
        query = (
            "UPDATE webhooks SET disabled_ms = NULL, failing_since_ms = NULL, reason = NULL,"
            " since_ms = $2 WHERE id = $1 AND disabled_ms IS NOT NULL"
        )
    else:
        query = "UPDATE webhooks SET disabled_ms = coalesce(disabled_ms, $2) WHERE id = $1"
    await connection.execute(query, id_, now_ms)


async def dead_letters(pool: Pool, id_: str) -> list[DeadLetter]:
    """The dead letters of one, the newest first."""
    rows = await pool.fetch(
        "SELECT seq, reason, failed_ms FROM dead_letters WHERE webhook = $1 ORDER BY seq DESC", id_
    )
    return [DeadLetter(*row) for row in rows]  # type: ignore[misc]  # a row is a sequence


async def exhume(pool: Pool, id_: str, seqs: Sequence[int]) -> None:
    """These are dead letters no more. Idempotent."""
    query = "DELETE FROM dead_letters WHERE webhook = $1 AND seq = ANY($2::bigint[])"
    await pool.execute(query, id_, seqs)
