"""The index of words in Postgres, as it is kept and asked; what a word is, `words` says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from history.rooms_postgres import POSITION
from proto import limits
from services.pool_postgres import Connection, Pool

# Another process that indexes: one is enough, and two could store an older text over a newer one.
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('parley.history.indexer', 0))"
TAKE: Final = """
    WITH due AS MATERIALIZED (SELECT seq FROM unindexed ORDER BY seq LIMIT $1)
    DELETE FROM unindexed u USING due WHERE u.seq = due.seq RETURNING u.room, u.message
"""
TEXTS: Final = """
    SELECT m.room, m.seq, m.ts, m.sender, m.deleted, e.body
    FROM unnest($1::text[], $2::bigint[]) AS d (room, seq)
    JOIN messages m ON m.room = d.room AND m.seq = d.seq
    JOIN events e ON e.room = d.room AND e.seq = d.seq
"""
PUT: Final = """
    INSERT INTO search (room, seq, ts, sender, words)
    SELECT room, seq, ts, sender, words::tsvector
    FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
        AS found (room, seq, ts, sender, words)
    ON CONFLICT (room, seq) DO UPDATE SET words = EXCLUDED.words
"""
DROP: Final = """
    DELETE FROM search s USING unnest($1::text[], $2::bigint[]) AS gone (room, seq)
    WHERE s.room = gone.room AND s.seq = gone.seq
"""
# What is due has its place in the log; everything below the first of them is indexed.
INDEXED: Final = f"""
    SELECT coalesce((SELECT min(seq) - 1 FROM unindexed), {POSITION}, 0)
"""  # noqa: S608 - made of constants

_HIT: Final = """n.words @@ $2::tsquery AND n.ts < $6 AND n.ts > $7
               AND ($3::text IS NULL OR n.sender = $3)"""
# By looking through a stretch of the log, of each room the newest in it at most. Where a room has
# more of them, what lies below was not looked at, and so is not in the answer.
LOOK: Final = f"""
    WITH seen AS MATERIALIZED (
        SELECT r.room, n.seq, {_HIT} AS hit
        FROM unnest($1::text[]) AS r (room)
        CROSS JOIN LATERAL (
            SELECT * FROM search s WHERE s.room = r.room AND s.seq < $4 AND s.seq > $5
            ORDER BY s.seq DESC LIMIT $9
        ) n
    ), reached AS (
        SELECT coalesce(sum(met), 0)::bigint AS looked_at,
               coalesce(max(lowest) FILTER (WHERE met = $9), $5 + 1) AS below
        FROM (SELECT count(*) AS met, min(seq) AS lowest FROM seen GROUP BY room) s
    )
    SELECT a.looked_at, a.below, h.room, h.seq
    FROM reached a
    LEFT JOIN (SELECT room, seq FROM seen WHERE hit ORDER BY seq DESC LIMIT $8) h
        ON h.seq >= a.below
    ORDER BY h.seq DESC
"""  # noqa: S608 - made of constants
# By the words, wherever in the rooms they are: as fast as they are rare, as it ends with the first
# that are too many. The sums keep Postgres from walking through a room by its key until it has met
# enough of them.
FIND: Final = f"""
    SELECT f.room, f.seq, count(*) OVER () AS met
    FROM (
        SELECT r.room, s.seq FROM unnest($1::text[]) AS r (room)
        CROSS JOIN LATERAL (
            SELECT n.seq FROM search n
            WHERE n.room = r.room AND n.seq + 0 < $4 AND n.seq + 0 > $5 AND {_HIT} OFFSET 0
        ) s
        LIMIT $9
    ) f
    ORDER BY f.seq DESC LIMIT $8
"""  # noqa: S608 - made of constants
TIME: Final = """
    SELECT s.ts FROM unnest($1::text[]) AS r (room)
    CROSS JOIN LATERAL (
        SELECT n.seq, n.ts FROM search n WHERE n.room = r.room AND n.seq < $2
        ORDER BY n.seq DESC LIMIT 1
    ) s
    ORDER BY s.seq DESC LIMIT 1
"""
ROOMS: Final = """
    SELECT m.room, coalesce(h.last_seq, 0) FROM members m
    LEFT JOIN heads h ON h.room = m.room WHERE m."user" = $1
"""
LAST_MS: Final = limits.SEQ_MAX
"""Later than any message."""


class Source(NamedTuple):
    """A room to look into, and the place of its last event."""

    room: str
    last: int


class Wanted(NamedTuple):
    """What to look for: `below` and `above` are places in the log, the other two times in ms."""

    condition: str
    sender: str | None
    below: int
    above: int
    before_ms: int
    after_ms: int


class Found(NamedTuple):
    """A message that has the words, as far as the index knows."""

    room: str
    seq: int


class Looked(NamedTuple):
    """The newest that were found, how many messages were looked at, and down to which place."""

    found: list[Found]
    looked_at: int
    below: int


class Text(NamedTuple):
    """A message to index."""

    room: str
    seq: int
    ts: int
    sender: str
    deleted: bool
    body: bytes


async def look(
    pool: Pool, rooms: Sequence[str], wanted: Wanted, limit: int, *, most: int, seconds: float
) -> Looked | None:
    """Look through a stretch, the newest first, at most `most` messages of each room.

    Answers None if it takes longer than `seconds`.
    """
    rows = await pool.fetch_within(seconds, LOOK, rooms, *wanted, limit, most)
    if rows is None:
        return None
    found = [Found(row["room"], row["seq"]) for row in rows if row["seq"] is not None]
    return Looked(found, rows[0]["looked_at"], rows[0]["below"])


async def find(
    pool: Pool, rooms: Sequence[str], wanted: Wanted, limit: int, *, most: int, seconds: float
) -> list[Found] | None:
    """The newest that have the words, wherever they are.

    Answers None if there are more than `most`, or it takes longer than `seconds`.
    """
    rows = await pool.fetch_within(seconds, FIND, rooms, *wanted, limit, most + 1)
    if rows is None or (rows and rows[0]["met"] > most):
        return None
    return [Found(row["room"], row["seq"]) for row in rows]


async def time_at(pool: Pool, rooms: Sequence[str], below: int) -> int | None:
    """When the last message below a place was said, in ms; None if there is none."""
    time_ms: int | None = await pool.fetchval(TIME, rooms, below)
    return time_ms


async def rooms(pool: Pool, user: str) -> list[Source]:
    """The rooms that somebody is in."""
    return [Source(*row) for row in await pool.fetch(ROOMS, user)]  # type: ignore[misc]  # a row is a sequence


async def indexed(pool: Pool) -> int:
    """Up to where the log is indexed."""
    return int(await pool.fetchval(INDEXED))


async def due(connection: Connection, most: int) -> list[Text] | None:
    """Take messages that have to be indexed, as they are now; None if another process does.

    In a transaction: they are due again unless it is committed.
    """
    if not await connection.fetchval(LOCK):
        return None
    taken = {(row["room"], row["message"]) for row in await connection.fetch(TAKE, most)}
    rows = await connection.fetch(TEXTS, [room for room, _ in taken], [seq for _, seq in taken])
    return [Text(*row) for row in rows]  # type: ignore[misc]  # a row is a sequence


async def put(connection: Connection, texts: Sequence[Text], vectors: Sequence[str]) -> None:
    """Store the words of messages in place of those they had; of deleted ones none."""
    gone = [text for text in texts if text.deleted]
    kept = [
        (text.room, text.seq, text.ts, text.sender, vector)
        for text, vector in zip(texts, vectors, strict=True)
        if not text.deleted
    ]
    if gone:
        await connection.execute(DROP, [text.room for text in gone], [text.seq for text in gone])
    if kept:
        await connection.execute(PUT, *(list(column) for column in zip(*kept, strict=True)))
