"""The writer's own connection: the lock that makes it the only one, and the storing itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast
from uuid import uuid4

import asyncpg

from history import batch as batches
from history import changes_postgres, events_postgres
from history.batch import Batch, Said
from history.rooms_postgres import BY_KEY
from history.tally import Tally
from proto import replay, subjects
from services import logs_structlog
from services.bus import Record
from services.pool_postgres import Connection, Pool

STATEMENT_SECONDS: Final = 30.0
# A writer that hangs (not one that dies: its connection breaks at once) loses the lock after this.
_IDLE_MS: Final = 5_000
# From that many messages on a COPY is cheaper than its additional round trips.
_COPIED: Final = 20
# All writers of one database ask for this; another stream would take another name.
_LOCK: Final = f"hashtextextended('parley.history.writer.{subjects.ROOMS_STREAM}', 0)"

# What an older process moved without counting is counted no further: whoever has read no more than
# that has it counted one by one, and so on from the next message.
_HEADS: Final = """
    INSERT INTO heads AS h (room, last_seq, said, said_seq, plain_seq)
    SELECT n.room, n.seq, n.said, n.seq, n.plain
    FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
        AS n (room, seq, said, plain)
    ON CONFLICT (room) DO UPDATE SET
        last_seq = greatest(h.last_seq, EXCLUDED.last_seq),
        said = EXCLUDED.said + CASE WHEN h.said_seq = h.last_seq THEN h.said ELSE 0 END,
        said_seq = greatest(h.last_seq, EXCLUDED.last_seq),
        plain_seq = greatest(h.plain_seq, EXCLUDED.plain_seq,
            CASE WHEN h.said_seq = h.last_seq THEN 0 ELSE h.last_seq + 1 END)
    RETURNING room, said
"""
_log = logs_structlog.get_logger()

AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What a connection raises that was told of a crash and has not broken yet.
    asyncpg.InternalClientError,
)
"""What the methods here raise when Postgres is away, or refuses; nothing was stored then."""

# What says that it is the values that are not taken: the same will fail for ever.
_REFUSED: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)


class Unstorable(Exception):  # noqa: N818 - named after the batch
    """Postgres refuses a value in the batch; nothing was stored."""


class Superseded(Exception):  # noqa: N818 - an event of a writer's life
    """The position is not where this writer left it: another one has stored since."""


class Store:
    """One connection. What it stores is stored whole or not at all.

    Storing runs on the very connection that holds the lock: whoever has lost the lock has lost the
    connection too and cannot store.
    """

    def __init__(self, connection: Any, *, previews: bool) -> None:  # noqa: ANN401 - asyncpg's
        self._previews = previews
        self._raw = connection
        self._connection = cast(Connection, connection)

    @classmethod
    async def open(cls, url: str, *, previews: bool = False) -> Store:
        """Connect; with `previews`, links are noted to be looked up. Raises as in `AWAY`."""
        session = {
            "application_name": "parley-history-writer",
            "search_path": "history, public",
            "idle_session_timeout": str(_IDLE_MS),
            "idle_in_transaction_session_timeout": str(_IDLE_MS),
            "tcp_keepalives_idle": "2",
            "tcp_keepalives_interval": "1",
            "tcp_keepalives_count": "3",
            "jit": "off",
            **BY_KEY,
        }
        connection = await asyncpg.connect(
            url, timeout=5.0, command_timeout=STATEMENT_SECONDS, server_settings=session
        )
        return cls(connection, previews=previews)

    async def close(self) -> None:
        """Close the connection, by force if it does not answer; the lock is free then."""
        try:
            await self._raw.close(timeout=1.0)
        except AWAY:
            self._raw.terminate()

    async def lead(self) -> bool:
        """Take the lock if it is free; True for the one that has it. Raises as in `AWAY`."""
        return bool(await self._connection.fetchval(f"SELECT pg_try_advisory_lock({_LOCK})"))

    async def position(self) -> int:
        """Up to where everything is stored. Also keeps the session from being idle."""
        seq = await self._connection.fetchval(
            "SELECT seq FROM position WHERE stream = $1", subjects.ROOMS_STREAM
        )
        return int(seq or 0)

    async def has(self, room: str, seq: int, ts: int) -> bool:
        """Whether what is stored from that place of the log is this event, or was set aside."""
        return await events_postgres.has(self._connection, room, seq, ts)

    async def heads(self, rooms: Sequence[str]) -> dict[str, int]:
        """The last stored event of those rooms that have one."""
        rows = await self._connection.fetch(
            "SELECT room, last_seq FROM heads WHERE room = ANY($1::text[])", rooms
        )
        return {row["room"]: row["last_seq"] for row in rows}

    async def store(self, batch: Batch, after: int, now_ms: int) -> list[Said]:
        """Store a batch that follows on `after`; return the doubles in it, which are withdrawn.

        Raises:
            Superseded: the position is not `after`.
            Unstorable: a value is refused.
            AWAY: nothing was stored, or (the connection broke at the commit) all of it.
        """
        try:
            return await self._store(batch, after, now_ms)
        except _REFUSED as error:
            raise Unstorable(f"{type(error).__name__}: {error}") from None

    async def restore(self, record: Record) -> None:
        """Store what was set aside at its own place, and forget that it was; no lock is needed.

        The position stays: it is above that place. Whole or not at all.

        Raises:
            Unstorable: it cannot be understood, a value is refused, or the room has that message
                at another place. It stays set aside.
            AWAY: as `store`.
        """
        try:
            async with self._connection.transaction():
                await self._restore(record)
        except _REFUSED as error:
            raise Unstorable(f"{type(error).__name__}: {error}") from None

    async def _restore(self, record: Record) -> None:
        room = subjects.room_of(record.subject)
        prev = await self._connection.fetchval(
            "SELECT max(seq) FROM events WHERE room = $1 AND seq < $2", room, record.seq
        )
        batch = batches.read([record], {} if room is None else {room: int(prev or 0)})
        if batch.set_aside:
            raise Unstorable(batch.set_aside[0].reason)
        if await self._messages(batch):
            raise Unstorable("the room has a message of that sender with that key already")
        tally = Tally(batch)
        await self._connection.execute(
            "UPDATE events SET prev = $2 WHERE room = $1 AND seq ="
            " (SELECT min(seq) FROM events WHERE room = $1 AND seq > $2)",
            room,
            record.seq,
        )
        await self._events(batch, ())
        await changes_postgres.apply(self._connection, batch.changes)
        await self._heads(batch.heads, tally)
        # What was said since has been counted without it.
        await self._connection.execute(
            "UPDATE heads SET said_seq = NULL WHERE room = ANY($1::text[])", list(batch.heads)
        )
        await self._marks(batches.own_marks(batch.messages), tally)
        await settle(self._connection, batch.joined)
        await self._relayed(batch)
        await self._unindexed(batch)
        await self._connection.execute("DELETE FROM set_aside WHERE seq = $1", record.seq)

    async def _store(self, batch: Batch, after: int, now_ms: int) -> list[Said]:
        async with self._connection.transaction():
            await self._move(after, batch.up_to)
            doubles = await self._messages(batch)
            await self._events(batch, doubles)
            await self._withdraw(doubles, now_ms)
            await changes_postgres.apply(self._connection, batch.changes)
            tally = Tally(batch, doubles)
            tally.totals = await self._heads(batch.heads, tally)
            await self._marks(batches.own_marks(batch.messages), tally)
            await settle(self._connection, batch.joined, tally)
            await self._relayed(batch)
            await self._set_aside(batch)
            await self._unindexed(batch)
            await self._unpreviewed(batch)
        return doubles

    async def _move(self, after: int, up_to: int) -> None:
        moved = await self._connection.fetchval(
            "INSERT INTO position AS p VALUES ($1, $3)"
            " ON CONFLICT (stream) DO UPDATE SET seq = $3 WHERE p.seq = $2 RETURNING 1",
            subjects.ROOMS_STREAM,
            after,
            up_to,
        )
        if moved is None:
            raise Superseded(f"the position is not {after}")

    async def _messages(self, batch: Batch) -> list[Said]:
        """Store the messages; answers those that the room has already.

        Doubles are so rare that a batch is first copied as if there were none: that costs Postgres
        and us half of an insert that could tell them.
        """
        if not batch.messages:
            return []
        if len(batch.messages) >= _COPIED:
            try:
                async with self._connection.transaction():
                    await self._copy("messages", batch.messages)
            except asyncpg.UniqueViolationError:
                _log.info("doubles in a batch", messages=len(batch.messages))
            else:
                return []
        rows = await self._connection.fetch(
            "INSERT INTO messages (room, seq, sender, key, ts, thread, everyone, mentions)"
            " SELECT room, seq, sender, key, ts, thread, everyone, mentions::text[]"
            " FROM unnest($1::text[], $2::bigint[], $3::text[], $4::uuid[], $5::bigint[],"
            " $6::bigint[], $7::boolean[], $8::text[])"
            " AS said (room, seq, sender, key, ts, thread, everyone, mentions)"
            " ON CONFLICT DO NOTHING RETURNING room, seq",
            *_columns(said._replace(mentions=_array(said.mentions)) for said in batch.messages),
        )
        return batches.doubles(batch, ((row["room"], row["seq"]) for row in rows))

    async def _events(self, batch: Batch, doubles: Iterable[Said]) -> None:
        if not batch.events:
            return
        silent = {(said.room, said.seq) for said in doubles}
        events = [
            event._replace(body=replay.tombstone(event.body))
            if (event.room, event.seq) in silent
            else event
            for event in batch.events
        ]
        await self._copy("events", events)

    async def _copy(self, table: str, rows: Sequence[NamedTuple]) -> None:
        """COPY rows whose fields are called as the columns."""
        columns = rows[0]._fields
        await self._connection.copy_records_to_table(table, records=rows, columns=columns)

    async def _withdraw(self, doubles: Iterable[Said], now_ms: int) -> None:
        for said in doubles:
            await self._connection.execute(
                "INSERT INTO outbox (room, id, body, created_ms) VALUES ($1, $2, $3, $4)",
                said.room,
                uuid4(),
                batches.withdrawal(said, now_ms),
                now_ms,
            )

    async def _heads(self, heads: Mapping[str, int], tally: Tally) -> dict[str, int]:
        """Move the heads; answers how much was said in each room by then."""
        if not heads:
            return {}
        rows = await self._connection.fetch(
            _HEADS,
            list(heads),
            list(heads.values()),
            [tally.said(room) for room in heads],
            [tally.plain(room) for room in heads],
        )
        return {row["room"]: row["said"] for row in rows}

    async def _marks(self, marks: Mapping[tuple[str, str], int], tally: Tally) -> None:
        if marks:
            # Locked in order, as everyone does who locks several: no two can wait for each other.
            await self._connection.execute(
                'WITH own AS MATERIALIZED (SELECT m.room, m."user", s.seq, s.said'
                " FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])"
                " AS s (room, sender, seq, said)"
                ' JOIN marks m ON m.room = s.room AND m."user" = s.sender'
                " ORDER BY 1, 2 FOR UPDATE OF m)"
                " UPDATE marks m SET read_seq = o.seq, said = o.said, said_seq = o.seq FROM own o"
                ' WHERE m.room = o.room AND m."user" = o."user"'
                " AND coalesce(m.read_seq, 0) < o.seq",
                [room for room, _ in marks],
                [user for _, user in marks],
                list(marks.values()),
                [tally.up_to(room, seq) for (room, _), seq in marks.items()],
            )

    async def _relayed(self, batch: Batch) -> None:
        if batch.relayed:
            await self._connection.execute(
                "INSERT INTO relayed SELECT * FROM unnest($1::uuid[], $2::bigint[])"
                " ON CONFLICT DO NOTHING",
                *_columns(batch.relayed),
            )

    async def _unindexed(self, batch: Batch) -> None:
        """Leave word for the indexer."""
        if batch.unindexed:
            await self._copy("unindexed", batch.unindexed)

    async def _unpreviewed(self, batch: Batch) -> None:
        """Leave word for the previewer."""
        if batch.unpreviewed and self._previews:
            await self._copy("unpreviewed", batch.unpreviewed)

    async def _set_aside(self, batch: Batch) -> None:
        if batch.set_aside:
            await self._connection.execute(
                "INSERT INTO set_aside SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[],"
                " $4::bytea[], $5::text[]) ON CONFLICT DO NOTHING",
                *_columns(batch.set_aside),
            )


async def settle(
    connection: Connection, joined: Sequence[batches.Joined], tally: Tally | None = None
) -> None:
    """Start the read marks of memberships whose place in the log is known. Idempotent.

    A mark that belongs to another membership of the same user in the same room is left alone.
    `tally` is of the batch that they came in, where that is being stored.
    """
    if joined:
        await connection.execute(
            'WITH known AS MATERIALIZED (SELECT m.room, m."user", j.seq, j.said'
            " FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[], $5::bigint[])"
            ' AS j (room, "user", row, seq, said)'
            ' JOIN marks m ON m.room = j.room AND m."user" = j."user" AND m.joined_row = j.row'
            " ORDER BY 1, 2 FOR UPDATE OF m)"
            " UPDATE marks m SET read_seq = k.seq, said = k.said, said_seq = k.seq FROM known k"
            ' WHERE m.room = k.room AND m."user" = k."user" AND (coalesce(m.read_seq, 0) < k.seq'
            # Whoever let them in said where it is before it was stored, and how much was said then.
            " OR m.read_seq = k.seq AND m.said IS NULL)",
            *_columns(joined),
            [None if tally is None else tally.up_to(one.room, one.seq) for one in joined],
        )


async def prune_set_aside(pool: Pool, keep: int) -> None:
    """Remove all but the newest `keep` records that were set aside."""
    await pool.execute(
        "DELETE FROM set_aside WHERE seq <="
        " (SELECT seq FROM set_aside ORDER BY seq DESC OFFSET $1 LIMIT 1)",
        keep,
    )


def _array(texts: Sequence[str]) -> Any:  # noqa: ANN401 - takes the place of a tuple in a row
    """An array literal of ids: they hold neither quote nor backslash."""
    return "{" + ",".join(f'"{text}"' for text in texts) + "}"


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """At least one row, as columns."""
    return [list(column) for column in zip(*rows, strict=True)]
