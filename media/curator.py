"""Adds custom emoji and removes them, for those who may; who may is decided in `emoji`.

A picture goes the way of every upload: into the spool, painted anew by a process of its own, noted
as left over, put into the store, and kept. Whenever that breaks off, the sweeper removes it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from media import emoji, kind_puremagic
from media.asker import Asker
from media.emoji_postgres import EmojiLedger, Kept
from media.form_multipart import Chunk, Field, File, Form
from media.ledger_postgres import DAY_MS, Ledger
from media.painter import Painter
from media.picture import Painted
from media.spool import Incoming, Spool
from media.store import Store, StoreError
from proto import limits
from proto.codes import ErrorCode
from proto.custom_emoji import CustomEmoji, CustomEmojis, EmojiAdders
from proto.wire import Fault
from services import clock, logs_structlog
from services.guard import Claims
from services.problem import Problem, Unavailable

PICTURES: Final = "/v1/emoji/pictures"
AT_ONCE: Final = 4
"""Pictures that one process takes at a time; whoever comes then is told to come again."""
_FULL_MS: Final = 2_000
_log = logs_structlog.get_logger()


class Curator:
    """`url` is where pictures are served from; `standard` are names that nobody can give.

    Every method raises Problem (what it refuses) and Unavailable.
    """

    def __init__(
        self,
        asker: Asker,
        spool: Spool,
        store: Store,
        ledger: Ledger,
        emojis: EmojiLedger,
        painter: Painter,
        *,
        adders: EmojiAdders,
        standard: AbstractSet[str],
        url: str,
    ) -> None:
        self._asker = asker
        self._spool = spool
        self._store = store
        self._ledger = ledger
        self._emojis = emojis
        self._painter = painter
        self._adders: EmojiAdders = adders
        self._standard = standard
        self._url = url
        self._busy = 0

    async def all(self) -> CustomEmojis:
        """All there are, and who may add one."""
        return CustomEmojis([self._shown(one) for one in await self._emojis.all()], self._adders)

    async def may_add(self, who: Claims) -> None:
        """Return if somebody may add one."""
        if self._adders != "everyone":
            _refuse(emoji.adding_refusal(self._adders, admin=await self._is_admin(who)))

    async def add(self, who: Claims, content_type: str, body: AsyncIterator[bytes]) -> CustomEmoji:
        """Have a new one, by a form with its name and its picture. Cancelling is safe."""
        await self.may_add(who)
        if self._busy >= AT_ONCE:
            raise Unavailable("too many pictures are being uploaded", _FULL_MS)
        self._busy += 1
        try:
            async with self._spool.desk() as desk:
                async with self._spool.incoming(desk) as incoming:
                    name = await self._read(Form(content_type), body, incoming)
                kept = await self._keep(name, who.sub, incoming, desk)
        except StoreError as error:
            _log.warning("not kept", error=str(error))
            raise Unavailable("the picture cannot be kept now") from error
        finally:
            self._busy -= 1
        _log.info("emoji added", name=kept.name, by=who.sub)
        return self._shown(kept)

    async def remove(self, who: Claims, name: str) -> None:
        """Have one no more. Idempotent."""
        _refuse(emoji.name_refusal(name, frozenset()))
        added_by = await self._emojis.added_by(name)
        admin = await self._is_admin(who)
        # Where there is none, whoever could remove it is told the same as the first time.
        _refuse(emoji.removing_refusal(self._adders, who.sub, added_by or who.sub, admin=admin))
        if added_by is not None:
            await self._emojis.remove(name, added_by, clock.now_ms())
            _log.info("emoji removed", name=name, by=who.sub)

    async def _is_admin(self, who: Claims) -> bool:
        return await self._asker.is_admin(who.sub, who.sid)

    async def _read(self, form: Form, body: AsyncIterator[bytes], incoming: Incoming) -> str:
        """Write the picture as it comes; answer the name."""
        name, taken, files = "", False, 0
        async for data in body:
            for piece in form.feed(data):
                match piece:
                    case Field("name", given):
                        _refuse(emoji.name_refusal(given, self._standard))
                        name = given
                    case File(field, _):
                        taken = field == "file"
                        files += taken
                        if files > 1:
                            raise Problem(ErrorCode.INVALID, "one file at a time", field="file")
                    case Chunk(chunk) if taken:
                        if incoming.size + len(chunk) > limits.CUSTOM_EMOJI_BYTES:
                            text = f"a picture has at most {limits.CUSTOM_EMOJI_BYTES:,} bytes"
                            raise Problem(ErrorCode.TOO_LARGE, text, field="file")
                        await incoming.write(chunk)
        form.end()
        await incoming.flush()
        if not name:
            raise Problem(ErrorCode.INVALID, "the form has no field `name`", field="name")
        if not incoming.size:
            raise Problem(ErrorCode.INVALID, "the form has no file, or an empty one", field="file")
        return name

    async def _keep(self, name: str, user: str, incoming: Incoming, desk: Path) -> Kept:
        painted = await self._paint(incoming, desk)
        path, now_ms = Path(painted.path), clock.now_ms()
        size = (await asyncio.to_thread(path.stat)).st_size
        object_ = secrets.token_hex(16)
        kept = Kept(name, object_, size, painted.width, painted.height, user, now_ms)
        await self._ledger.expect([kept.object], now_ms + DAY_MS)
        await self._store.put(kept.object, path)
        _refuse(emoji.outcome_refusal(await self._emojis.add(kept)))
        return kept

    async def _paint(self, incoming: Incoming, desk: Path) -> Painted:
        if kind_puremagic.of(incoming.head) not in emoji.IMAGES:
            text = "the picture of an emoji is a PNG, a JPEG, a GIF or a WebP"
            raise Problem(ErrorCode.INVALID, text, field="file")
        return (await self._painter.paint(incoming.path, desk, "emoji")).parts[0]

    def _shown(self, kept: Kept) -> CustomEmoji:
        url = f"{self._url}{PICTURES}/{kept.object}"
        return CustomEmoji(kept.name, url, kept.width, kept.height, kept.added_by, kept.added_ms)


def _refuse(fault: Fault | None) -> None:
    if fault is not None:
        raise Problem(fault.code, fault.message, field=fault.field)
