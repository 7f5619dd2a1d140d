"""The outbox: what was decided and has to get into the log. Who publishes it is `relay`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from services.pool_postgres import Connection, Pool

AT_ONCE: Final = 100
"""Rows of one room relayed in one transaction."""


class Decision(NamedTuple):
    """A row that is not known to be in the log; `seq` if the writer has seen it come out."""

    number: int
    id: UUID
    body: bytes
    created_ms: int
    seq: int | None


async def put(
    connection: Connection, room: str, bodies: Sequence[bytes], now_ms: int
) -> list[UUID]:
    """Add events of a room, in their order; answers their rows' ids. Within the decision's
    transaction, which holds the room's lock, so that the order of rows is that of decisions.
    """
    rows = [uuid4() for _ in bodies]
    await connection.execute(
        "INSERT INTO outbox (room, id, body, created_ms)"
        " SELECT $1, id, body, $4 FROM unnest($2::uuid[], $3::bytea[])"
        " WITH ORDINALITY AS t (id, body, place) ORDER BY place",
        room,
        rows,
        list(bodies),
        now_ms,
    )
    return rows


async def lock(connection: Connection, room: str) -> bool:
    """Try to become the one who relays for a room until the transaction ends."""
    query = "SELECT pg_try_advisory_xact_lock(hashtextextended('parley.history.outbox/' || $1, 0))"
    return bool(await connection.fetchval(query, room))


async def unsent(connection: Connection, room: str) -> list[Decision]:
    """The first rows of a room that are not sent, in order."""
    rows = await connection.fetch(
        "SELECT o.number, o.id, o.body, o.created_ms, r.seq FROM outbox o"
        " LEFT JOIN relayed r ON r.id = o.id WHERE o.room = $1 AND o.seq IS NULL"
        " ORDER BY o.number LIMIT $2",
        room,
        AT_ONCE,
    )
    return [Decision(*row) for row in rows]  # type: ignore[misc]  # a row is a sequence


async def came_out(connection: Connection, row: UUID) -> int | None:
    """Where the writer has seen a row in the log, or None."""
    seq = await connection.fetchval("SELECT seq FROM relayed WHERE id = $1", row)
    return None if seq is None else int(seq)


async def sent(connection: Connection, room: str, places: dict[int, int]) -> None:
    """Note the places of rows, by their numbers."""
    await connection.execute(
        "UPDATE outbox o SET seq = p.seq FROM unnest($2::bigint[], $3::bigint[])"
        " AS p (number, seq) WHERE o.room = $1 AND o.number = p.number",
        room,
        list(places),
        list(places.values()),
    )


async def waiting(pool: Pool, before_ms: int, limit: int) -> list[str]:
    """Rooms with unsent rows from before a time, those that wait longest first."""
    rows = await pool.fetch(
        "SELECT room FROM outbox WHERE seq IS NULL AND created_ms < $1"
        " GROUP BY room ORDER BY min(number) LIMIT $2",
        before_ms,
        limit,
    )
    return [row[0] for row in rows]


async def pending(pool: Pool) -> int:
    """How many rows are not sent."""
    return int(await pool.fetchval("SELECT count(*) FROM outbox WHERE seq IS NULL"))


async def prune(pool: Pool, before_ms: int) -> None:
    """Forget rows that are sent and have come out of the log, both halves in one statement."""
    await pool.execute(
        "WITH done AS (DELETE FROM outbox o USING relayed r WHERE r.id = o.id"
        " AND o.seq IS NOT NULL AND o.created_ms < $1 RETURNING o.id)"
        " DELETE FROM relayed r USING done WHERE r.id = done.id",
        before_ms,
    )
