"""Which files there are, whose, and which messages have them; their bytes are the store's.

A room has its picture as a message has a file: by a key that history made for it.

Bytes are counted by reference: a blob goes when the last part with it goes. Rows are locked in
order, files by their ids and blobs by their hashes, so that no two can wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from msgspec import UNSET

from proto.shapes import Attachment
from services.pool_postgres import Connection, Pool, Row

ORIGINAL: Final = "original"
DAY_MS: Final = 86_400_000

_ATTACHMENT: Final = "f.id, f.name, f.mime, f.size, f.width, f.height, f.preview"
_KEEP_BLOB: Final = """
    INSERT INTO blobs AS b (sha256, object, size, refs) VALUES ($1, $2, $3, $4)
    ON CONFLICT (sha256) DO UPDATE SET refs = b.refs + EXCLUDED.refs
    RETURNING object
"""
_ROOM_LIVES: Final = "NOT EXISTS (SELECT FROM ended_rooms e WHERE e.room = f.room)"
_PARTS: Final = """
    SELECT f.id, f.room, f.uploader, f.mime, p.variant, p.width, p.height,
           EXISTS (SELECT FROM uses u WHERE u.file = f.id) AS used
    FROM files f JOIN parts p ON p.file = f.id
    WHERE f.id = ANY($1::text[])
"""


class Part(NamedTuple):
    """One variant of a file, whose bytes are in the store as `object`."""

    variant: str
    object: str
    sha256: bytes
    size: int
    mime: str
    width: int | None = None
    height: int | None = None


class Shown(NamedTuple):
    """A variant, as much of it as it takes to make its URL."""

    variant: str
    width: int | None
    height: int | None


class Known(NamedTuple):
    """A file and who may see it: until a message has it (`used`) that is its uploader."""

    id: str
    room: str
    uploader: str
    mime: str
    used: bool
    parts: tuple[Shown, ...]


class Served(NamedTuple):
    """What it takes to give one variant out."""

    object: str
    sha256: bytes
    size: int
    mime: str
    name: str


class Doubt(NamedTuple):
    """A message that is said to have a file; whether it was ever sent is not known."""

    file: str
    key: str
    room: str
    sender: str
    since_ms: int


class DayFull(Exception):  # noqa: N818 - a state, named as one
    """The uploader has used up what they may keep of a day."""


class Ledger:
    """All calls raise `Unavailable` while Postgres is away; each happens whole or not at all."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def expect(self, objects: Sequence[str], due_ms: int) -> None:
        """Note objects that are about to be put: unless they are kept, they go at `due_ms`."""
        await self._pool.execute(
            "INSERT INTO leftovers SELECT unnest($1::text[]), $2", objects, due_ms
        )

    async def keep(
        self,
        file: Attachment,
        room: str,
        uploader: str,
        parts: Sequence[Part],
        now_ms: int,
        day_bytes: int,
    ) -> None:
        """Have a file whose objects are in the store.

        Objects whose bytes were there already are left over, and go with the next sweep.

        Raises:
            DayFull: with it the uploader would have more than `day_bytes` of the last day.
        """
        async with self._pool.transaction() as connection:
            await _check_day(connection, uploader, sum(p.size for p in parts), now_ms, day_bytes)
            await connection.execute(
                "INSERT INTO files VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
                file.id, room, uploader, file.name, file.mime, file.size, file.width, file.height,
                None if file.preview is UNSET else file.preview, now_ms,
            )  # fmt: skip
            kept = await _keep_blobs(connection, parts)
            await connection.executemany(
                "INSERT INTO parts VALUES ($1, $2, $3, $4, $5, $6)",
                [(file.id, p.variant, p.sha256, p.mime, p.width, p.height) for p in parts],
            )
            await connection.execute("DELETE FROM leftovers WHERE object = ANY($1::text[])", kept)
            await connection.execute(
                "UPDATE leftovers SET due_ms = $2 WHERE object = ANY($1::text[])",
                [part.object for part in parts],
                now_ms,
            )

    async def attach(
        self, room: str, user: str, key: str, ids: Sequence[str], now_ms: int
    ) -> list[Attachment] | None:
        """Give files to the message with that key; None unless all of them are there for it.

        Idempotent. They are in the order asked, each once. Whoever asks again is about to send it:
        a doubt of before that is over.
        """
        wanted = list(dict.fromkeys(ids))
        async with self._pool.transaction() as connection:
            rows = await connection.fetch(
                f"SELECT {_ATTACHMENT} FROM files f WHERE f.id = ANY($1::text[])"  # noqa: S608
                f" AND f.room = $2 AND f.uploader = $3 AND {_ROOM_LIVES} ORDER BY f.id FOR UPDATE",
                wanted,
                room,
                user,
            )
            if len(rows) != len(wanted):
                return None
            await connection.execute(
                "INSERT INTO uses SELECT unnest($1::text[]), $2, $3"
                " ON CONFLICT (file, key) DO UPDATE SET since_ms = $3 WHERE NOT uses.stored",
                wanted,
                key,
                now_ms,
            )
            await connection.execute(
                "UPDATE files SET unused_ms = NULL WHERE id = ANY($1::text[])", wanted
            )
        found = {row["id"]: _attachment(row) for row in rows}
        return [found[one] for one in wanted]

    async def release(self, room: str, sender: str, key: str, now_ms: int) -> int:
        """Have the message with that key be gone; answers how many files went with it."""
        async with self._pool.transaction() as connection:
            rows = await connection.fetch(
                "SELECT f.id FROM files f JOIN uses u ON u.file = f.id WHERE u.key = $3"
                " AND f.room = $1 AND f.uploader = $2 ORDER BY f.id FOR UPDATE OF f",
                room,
                sender,
                key,
            )
            files = [row["id"] for row in rows]
            await connection.execute(
                "DELETE FROM uses WHERE file = ANY($1::text[]) AND key = $2", files, key
            )
            left = await connection.fetch(
                "SELECT DISTINCT file FROM uses WHERE file = ANY($1::text[])", files
            )
            gone = set(files) - {row["file"] for row in left}
            await _remove(connection, gone, now_ms)
            return len(gone)

    async def doubts(self, before_ms: int, limit: int) -> list[Doubt]:
        """Files given before then to messages that history has not been asked for, the oldest."""
        rows = await self._pool.fetch(
            "SELECT u.file, u.key, f.room, f.uploader, u.since_ms"
            " FROM uses u JOIN files f ON f.id = u.file"
            " WHERE NOT u.stored AND u.since_ms < $1 ORDER BY u.since_ms LIMIT $2",
            before_ms,
            limit,
        )
        return [Doubt(row[0], str(row[1]), row[2], row[3], row[4]) for row in rows]

    async def confirm(self, doubt: Doubt) -> None:
        """Know that the message was sent."""
        await self._pool.execute(
            "UPDATE uses SET stored = true WHERE file = $1 AND key = $2", doubt.file, doubt.key
        )

    async def withdraw(self, doubt: Doubt, now_ms: int) -> None:
        """Know that the message was not sent so far: its file waits for another one, for a day.

        Nothing happens if a retry got the file meanwhile: what was found out may be false by now.
        """
        async with self._pool.transaction() as connection:
            await connection.execute("SELECT FROM files WHERE id = $1 FOR UPDATE", doubt.file)
            await connection.execute(
                "DELETE FROM uses WHERE file = $1 AND key = $2 AND since_ms = $3",
                *(doubt.file, doubt.key, doubt.since_ms),
            )
            await connection.execute(
                "UPDATE files SET unused_ms = $2 WHERE id = $1"
                " AND NOT EXISTS (SELECT FROM uses WHERE file = $1)",
                doubt.file,
                now_ms,
            )

    async def expire(self, before_ms: int, now_ms: int, limit: int) -> int:
        """Remove files that no message and no room has since before then; answers how many."""
        async with self._pool.transaction() as connection:
            rows = await connection.fetch(
                "SELECT id FROM files WHERE unused_ms < $1 ORDER BY id LIMIT $2"
                " FOR UPDATE SKIP LOCKED",
                before_ms,
                limit,
            )
            await _remove(connection, [row["id"] for row in rows], now_ms)
            return len(rows)

    async def end_room(self, room: str, now_ms: int) -> None:
        """Have nobody get a file of the room any more; `empty` removes them. Idempotent."""
        await self._pool.execute(
            "INSERT INTO ended_rooms VALUES ($1, $2) ON CONFLICT DO NOTHING", room, now_ms
        )

    async def empty(self, before_ms: int, now_ms: int, limit: int) -> int:
        """Remove files of rooms that have ended; answers how many.

        A room that ended before then and has none left is forgotten: no more of them can come.
        """
        async with self._pool.transaction() as connection:
            rows = await connection.fetch(
                "SELECT f.id FROM files f JOIN ended_rooms e USING (room) ORDER BY f.id LIMIT $1"
                " FOR UPDATE OF f SKIP LOCKED",
                limit,
            )
            await _remove(connection, [row["id"] for row in rows], now_ms)
            await connection.execute(
                "DELETE FROM ended_rooms e WHERE since_ms < $1"
                " AND NOT EXISTS (SELECT FROM files f WHERE f.room = e.room)",
                before_ms,
            )
            return len(rows)

    async def due(self, now_ms: int, limit: int) -> list[str]:
        """Objects that the store is to be rid of by now."""
        rows = await self._pool.fetch(
            "SELECT object FROM leftovers WHERE due_ms <= $1 ORDER BY due_ms LIMIT $2",
            now_ms,
            limit,
        )
        return [row["object"] for row in rows]

    async def forget(self, name: str) -> None:
        """Know that an object is gone."""
        await self._pool.execute("DELETE FROM leftovers WHERE object = $1", name)

    async def known(self, ids: Sequence[str]) -> list[Known]:
        """Those of these files that there are, in no order."""
        rows = await self._pool.fetch(_PARTS, ids)
        parts: dict[str, list[Shown]] = {}
        for row in rows:
            shown = Shown(row["variant"], row["width"], row["height"])
            parts.setdefault(row["id"], []).append(shown)
        about = {row["id"]: row for row in rows}
        return [
            Known(one, row["room"], row["uploader"], row["mime"], row["used"], tuple(parts[one]))
            for one, row in about.items()
        ]

    async def served(self, file: str, variant: str) -> Served | None:
        """One variant of a file; None if there is no such one."""
        row = await self._pool.fetchrow(
            "SELECT b.object, b.sha256, b.size, p.mime, f.name FROM parts p"  # noqa: S608
            " JOIN files f ON f.id = p.file JOIN blobs b ON b.sha256 = p.sha256"
            f" WHERE p.file = $1 AND p.variant = $2 AND {_ROOM_LIVES}",
            file,
            variant,
        )
        return None if row is None else Served(*(row[column] for column in range(5)))

    async def totals(self) -> tuple[int, int]:
        """How many bytes are kept, and how many objects are left over."""
        row = await self._pool.fetchrow(
            "SELECT (SELECT coalesce(sum(size), 0)::bigint FROM blobs)"
            " + (SELECT coalesce(sum(size), 0)::bigint FROM emoji)"
            " + (SELECT coalesce(sum(size), 0)::bigint FROM avatars),"
            " (SELECT count(*) FROM leftovers)"
        )
        return (0, 0) if row is None else (int(row[0]), int(row[1]))


async def _check_day(
    connection: Connection, uploader: str, size: int, now_ms: int, day_bytes: int
) -> None:
    # One upload of a person after the other comes by here: at once they would not see each other.
    lock = "SELECT pg_advisory_xact_lock(hashtextextended('parley.media.day.' || $1, 0))"
    await connection.execute(lock, uploader)
    used = await connection.fetchval(
        "SELECT coalesce(sum(size), 0)::bigint FROM files WHERE uploader = $1 AND created_ms > $2",
        uploader,
        now_ms - DAY_MS,
    )
    if day_bytes and used + size > day_bytes:
        raise DayFull


async def _keep_blobs(connection: Connection, parts: Sequence[Part]) -> list[str]:
    """Count a reference for each part; the names of the objects that its bytes are in."""
    by_hash: dict[bytes, list[Part]] = {}
    for part in parts:
        by_hash.setdefault(part.sha256, []).append(part)
    kept: list[str] = []
    for sha256 in sorted(by_hash):
        same = by_hash[sha256]
        first = same[0]
        args = (sha256, first.object, first.size, len(same))
        kept.append(str(await connection.fetchval(_KEEP_BLOB, *args)))
    return kept


async def _remove(connection: Connection, files: Iterable[str], now_ms: int) -> None:
    """Remove files whose rows are locked, and the bytes that nobody else has."""
    gone = sorted(files)
    if not gone:
        return
    rows = await connection.fetch(
        "SELECT b.sha256, b.object, b.refs, n.number FROM blobs b JOIN (SELECT sha256, count(*) AS"
        " number FROM parts WHERE file = ANY($1::text[]) GROUP BY sha256) n USING (sha256)"
        " ORDER BY b.sha256 FOR UPDATE OF b",
        gone,
    )
    await connection.execute("DELETE FROM files WHERE id = ANY($1::text[])", gone)
    for row in rows:
        if row["refs"] > row["number"]:
            await connection.execute(
                "UPDATE blobs SET refs = refs - $2 WHERE sha256 = $1", row["sha256"], row["number"]
            )
            continue
        await connection.execute("DELETE FROM blobs WHERE sha256 = $1", row["sha256"])
        await connection.execute("INSERT INTO leftovers VALUES ($1, $2)", row["object"], now_ms)


def _attachment(row: Row) -> Attachment:
    preview = row["preview"]
    return Attachment(
        row["id"],
        row["name"],
        row["mime"],
        row["size"],
        row["width"],
        row["height"],
        UNSET if preview is None else preview,
    )
