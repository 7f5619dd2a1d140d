"""Takes one small picture by a form, and has it painted anew; whose it is, is not known here.

It goes the way of every upload: into the spool, painted by a process of its own, noted as left
over, put into the store. Whenever that breaks off, the sweeper removes it; and so it does a day
later if whoever had it taken does not keep it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from media import kind_puremagic
from media.form_multipart import Chunk, Field, File, Form
from media.ledger_postgres import DAY_MS, Ledger
from media.painter import Painter, Work
from media.spool import Incoming, Spool
from media.store import Store, StoreError
from proto.codes import ErrorCode
from services import clock, logs_structlog
from services.problem import Problem, Unavailable

AT_ONCE: Final = 4
"""Pictures that one taker takes at a time; whoever comes then is told to come again."""
_FULL_MS: Final = 2_000
_log = logs_structlog.get_logger()


class Wanted(NamedTuple):
    """What is taken: `kinds` by content, at most `most_bytes`; `fields` of the form besides."""

    work: Work
    kinds: AbstractSet[str]
    kinds_text: str
    """A whole sentence for whoever sends another one."""
    most_bytes: int
    fields: AbstractSet[str] = frozenset()


class Sheet(NamedTuple):
    """A form that was read, its picture on a desk."""

    fields: Mapping[str, str]
    incoming: Incoming
    desk: Path


class Taken(NamedTuple):
    """A picture in the store, where it is left over until it is kept."""

    object: str
    size: int
    width: int
    height: int
    now_ms: int


class Taker:
    """Cancelling is safe. Its methods raise Problem (what it refuses) and Unavailable."""

    def __init__(self, spool: Spool, store: Store, ledger: Ledger, painter: Painter) -> None:
        self._spool = spool
        self._store = store
        self._ledger = ledger
        self._painter = painter
        self._busy = 0

    @asynccontextmanager
    async def read(
        self, wanted: Wanted, content_type: str, body: AsyncIterator[bytes]
    ) -> AsyncIterator[Sheet]:
        """Read a form; its picture is there until the end."""
        if self._busy >= AT_ONCE:
            raise Unavailable("too many pictures are being uploaded", _FULL_MS)
        self._busy += 1
        try:
            async with self._spool.desk() as desk, self._spool.incoming(desk) as incoming:
                fields = await _read(wanted, Form(content_type), body, incoming)
                yield Sheet(fields, incoming, desk)
        except StoreError as error:
            _log.warning("not kept", error=str(error))
            raise Unavailable("the picture cannot be kept now") from error
        finally:
            self._busy -= 1

    async def take(self, wanted: Wanted, sheet: Sheet) -> Taken:
        """Have the picture of a form painted, and put it into the store. Raises StoreError too."""
        incoming = sheet.incoming
        if not incoming.size:
            raise Problem(ErrorCode.INVALID, "the form has no file, or an empty one", field="file")
        if kind_puremagic.of(incoming.head) not in wanted.kinds:
            raise Problem(ErrorCode.INVALID, wanted.kinds_text, field="file")
        painted = (await self._painter.paint(incoming.path, sheet.desk, wanted.work)).parts[0]
        path, now_ms = Path(painted.path), clock.now_ms()
        size = (await asyncio.to_thread(path.stat)).st_size
        taken = Taken(secrets.token_hex(16), size, painted.width, painted.height, now_ms)
        await self._ledger.expect([taken.object], now_ms + DAY_MS)
        await self._store.put(taken.object, path)
        return taken


async def _read(
    wanted: Wanted, form: Form, body: AsyncIterator[bytes], incoming: Incoming
) -> dict[str, str]:
    """Write the picture as it comes; answer the fields that are wanted."""
    fields: dict[str, str] = {}
    taken, files = False, 0
    async for data in body:
        for piece in form.feed(data):
            match piece:
                case Field(name, given) if name in wanted.fields:
                    fields[name] = given
                case File(field, _):
                    taken = field == "file"
                    files += taken
                    if files > 1:
                        raise Problem(ErrorCode.INVALID, "one file at a time", field="file")
                case Chunk(chunk) if taken:
                    if incoming.size + len(chunk) > wanted.most_bytes:
                        text = f"a picture has at most {wanted.most_bytes:,} bytes"
                        raise Problem(ErrorCode.TOO_LARGE, text, field="file")
                    await incoming.write(chunk)
    form.end()
    await incoming.flush()
    return fields
