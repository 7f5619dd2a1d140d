"""The index of words in Postgres, as it is kept and asked; what a word is, `words` says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from history.rooms_postgres import POSITION
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

_FILTER: Final = """s.words @@ $2::tsquery AND s.seq + 0 > $5 AND s.ts < $6 AND s.ts > $7
        AND ($3::text IS NULL OR s.sender = $3)"""
_HITS: Final = """
    SELECT h.room, h.seq
    FROM (
        SELECT r.room, s.seq FROM unnest($1::text[]) AS r (room)
        CROSS JOIN LATERAL ({}) s
        ORDER BY s.seq DESC LIMIT $8
    ) h
    JOIN messages m ON m.room = h.room AND m.seq = h.seq AND NOT m.deleted
    ORDER BY h.seq DESC
"""
# By the words, wherever in the room they are: as fast as they are rare. The sums keep Postgres from
# walking through the room by its key until it has met enough of them.
FIND: Final = _HITS.format(
    f"""SELECT s.seq FROM search s WHERE s.room = r.room AND s.seq + 0 < $4 AND {_FILTER}
        ORDER BY s.seq + 0 DESC LIMIT $8"""  # noqa: S608 - made of constants
)
# By looking through the newest: what is said often is among them.
LOOK: Final = _HITS.format(
    f"""SELECT s.seq FROM (
            SELECT * FROM search n WHERE n.room = r.room AND n.seq < $4
            ORDER BY n.seq DESC LIMIT $9
        ) s WHERE {_FILTER}"""  # noqa: S608 - made of constants
)
NEWEST: Final = 2_000
"""Messages looked through at first, in one room."""


class Wanted(NamedTuple):
    """What to look for: `below` and `above` are places in the log, the other two times in ms."""

    rooms: Sequence[str]
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


class Text(NamedTuple):
    """A message to index."""

    room: str
    seq: int
    ts: int
    sender: str
    deleted: bool
    body: bytes


async def find(pool: Pool, wanted: Wanted, limit: int) -> list[Found]:
    """The newest messages that have the words, at most `limit`, the newest first."""
    # Of several rooms the newest of each are not the newest of all.
    if len(wanted.rooms) == 1:
        found = await pool.fetch(LOOK, *wanted, limit, NEWEST)
        if len(found) == limit:
            return [Found(*row) for row in found]  # type: ignore[misc]  # a row is a sequence
    return [Found(*row) for row in await pool.fetch(FIND, *wanted, limit)]  # type: ignore[misc]


async def rooms(pool: Pool, user: str) -> list[str]:
    """The rooms that somebody is in."""
    rows = await pool.fetch('SELECT room FROM members WHERE "user" = $1', user)
    return [row["room"] for row in rows]


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
