"""Takes an upload from its first byte to its place in the ledger; whoever stops it leaves nothing.

1. What comes is written to the spool and hashed, while its room is asked for.
2. It is looked at: its type by its content, and an image is painted anew.
3. Its objects are noted as left over, put into the store, and kept in one transaction. Whenever
   that breaks off, the sweeper removes what nobody has.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from media import access, kind, kind_puremagic, name
from media.asker import Asker
from media.form_multipart import Chunk, Field, File, Form
from media.ledger_postgres import DAY_MS, ORIGINAL, DayFull, Ledger, Part
from media.metrics import MediaMetrics
from media.painter import Painter
from media.spool import Incoming, Spool
from media.store import Store, StoreError
from proto import ids
from proto.codes import ErrorCode
from proto.shapes import Attachment
from services import clock, logs_structlog
from services.problem import Problem, Unavailable

AT_ONCE: Final = 32
"""Uploads that one process takes at a time; whoever comes then is told to come again."""
_FULL_MS: Final = 2_000
_log = logs_structlog.get_logger()


class _Parcel:
    """What an upload has brought so far."""

    def __init__(self) -> None:
        self.room = ""
        self.name: str | None = None


class Receiver:
    """`file_bytes` of one file, `day_bytes` of a person's last day; 0 for no such limit."""

    def __init__(
        self,
        asker: Asker,
        spool: Spool,
        store: Store,
        ledger: Ledger,
        painter: Painter,
        metrics: MediaMetrics,
        *,
        file_bytes: int,
        day_bytes: int,
    ) -> None:
        self._asker = asker
        self._spool = spool
        self._store = store
        self._ledger = ledger
        self._painter = painter
        self._metrics = metrics
        self._file_bytes = file_bytes
        self._day_bytes = day_bytes
        self._busy = 0

    async def receive(self, user: str, content_type: str, body: AsyncIterator[bytes]) -> Attachment:
        """Take one file; counted by its outcome. Cancelling is safe.

        Raises:
            Problem: what is wrong with the form, the file, the room, or too much.
            Unavailable: too many upload at once, or history, the store or Postgres is away.
        """
        outcome = "cancelled"
        try:
            file = await self._receive(user, content_type, body)
            outcome = "ok"
            self._metrics.upload_bytes.inc(file.size)
            return file
        except Problem as problem:
            outcome = problem.code
            raise
        except StoreError as error:
            outcome = ErrorCode.UNAVAILABLE
            _log.warning("not kept", error=str(error))
            raise Unavailable("the file cannot be kept now") from error
        finally:
            self._metrics.uploads.labels(outcome).inc()

    async def _receive(
        self, user: str, content_type: str, body: AsyncIterator[bytes]
    ) -> Attachment:
        if self._busy >= AT_ONCE:
            raise Unavailable("too many files are being uploaded", _FULL_MS)
        self._busy += 1
        try:
            async with self._spool.desk() as desk:
                async with self._spool.incoming(desk) as incoming:
                    parcel = await self._read(user, Form(content_type), body, incoming)
                return await self._keep(user, parcel, incoming, desk)
        finally:
            self._busy -= 1

    async def _read(
        self, user: str, form: Form, body: AsyncIterator[bytes], incoming: Incoming
    ) -> _Parcel:
        """Write the file as it comes; the room is asked for as soon as it is known."""
        parcel = _Parcel()
        taken = False
        async for data in body:
            for piece in form.feed(data):
                match piece:
                    case Field("room", room):
                        await self._enter(user, parcel, room)
                    case File(field, given):
                        taken = field == "file"
                        if taken and parcel.name is not None:
                            raise Problem(ErrorCode.INVALID, "one file at a time", field="file")
                        if taken:
                            parcel.name = name.clean(given)
                    case Chunk(chunk) if taken:
                        if incoming.size + len(chunk) > self._file_bytes:
                            raise self._too_large()
                        await incoming.write(chunk)
        form.end()
        await incoming.flush()
        if not parcel.room:
            raise Problem(ErrorCode.INVALID, "the form has no field `room`", field="room")
        if not incoming.size:
            raise Problem(ErrorCode.INVALID, "the form has no file, or an empty one", field="file")
        return parcel

    async def _enter(self, user: str, parcel: _Parcel, room: str) -> None:
        if not ids.is_id(room):
            raise Problem(ErrorCode.BAD_FRAME, "room is not an id", field="room")
        if parcel.room:
            raise Problem(ErrorCode.INVALID, "one room at a time", field="room")
        fault = access.refusal(await self._asker.member(room, user), clock.now_ms())
        if fault is not None:
            raise Problem(fault.code, fault.message, field=fault.field)
        parcel.room = room

    async def _keep(self, user: str, parcel: _Parcel, incoming: Incoming, desk: Path) -> Attachment:
        now_ms = clock.now_ms()
        file, parts, paths = await self._look(parcel, incoming, desk)
        await self._ledger.expect([part.object for part in parts], now_ms + DAY_MS)
        for part, path in zip(parts, paths, strict=True):
            await self._store.put(part.object, path)
        try:
            await self._ledger.keep(file, parcel.room, user, parts, clock.now_ms(), self._day_bytes)
        except DayFull:
            text = f"you uploaded more than {self._day_bytes:,} bytes in a day"
            raise Problem(ErrorCode.RATE_LIMITED, text, retry_after_ms=3_600_000) from None
        return file

    async def _look(
        self, parcel: _Parcel, incoming: Incoming, desk: Path
    ) -> tuple[Attachment, list[Part], list[Path]]:
        """What the file is, and what is kept of it, with where that lies now."""
        mime = kind_puremagic.of(incoming.head)
        title = parcel.name or name.NAMELESS
        if mime not in kind.IMAGES:
            part = Part(ORIGINAL, _object(), incoming.sha256, incoming.size, mime)
            file = Attachment(_object(), title, mime, incoming.size)
            return file, [part], [incoming.path]
        with self._metrics.paint_seconds.time():
            painting = await self._painter.paint(incoming.path, desk)
        paths = [Path(one.path) for one in painting.parts]
        hashed = await asyncio.to_thread(_hashed, paths)
        parts = [
            Part(one.variant, _object(), sha256, size, one.mime, one.width, one.height)
            for one, (sha256, size) in zip(painting.parts, hashed, strict=True)
        ]
        whole = parts[0]
        file = Attachment(
            *(_object(), title, whole.mime, whole.size, whole.width, whole.height),
            painting.preview,
        )
        return file, parts, paths

    def _too_large(self) -> Problem:
        text = f"a file has at most {self._file_bytes:,} bytes"
        return Problem(ErrorCode.TOO_LARGE, text, field="file")


def _object() -> str:
    return secrets.token_hex(16)


def _hashed(paths: list[Path]) -> list[tuple[bytes, int]]:
    found: list[tuple[bytes, int]] = []
    for path in paths:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        found.append((digest, path.stat().st_size))
    return found
