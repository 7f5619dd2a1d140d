"""Serves what gateways and history ask on NATS: files, links of messages, custom emoji."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec

from media import kind
from media.emoji_postgres import EmojiLedger
from media.ledger_postgres import Ledger
from media.metrics import MediaMetrics
from media.previewer import Previewer
from proto import calls, custom_emoji, ids, limits, subjects, wire
from proto.codes import ErrorCode
from proto.previews import PreviewCall, PreviewReply
from services import clock
from services.bus_nats import Bus
from services.meter import Limited, Meter
from services.problem import Problem

C = TypeVar("C")

CONCURRENCY: Final = 32


class Calls:
    """A part of the service: from its start on, calls are answered until the bus stops.

    All are idempotent. Whatever cannot be answered is answered with `calls.Failure`.
    """

    name = "calls"

    def __init__(
        self,
        bus: Bus,
        ledger: Ledger,
        previewer: Previewer,
        emojis: EmojiLedger,
        meter: Meter,
        metrics: MediaMetrics,
    ) -> None:
        self._bus = bus
        self._ledger = ledger
        self._previewer = previewer
        self._emojis = emojis
        self._meter = meter
        self._metrics = metrics

    async def start(self) -> None:
        """Serve. Raises BusError when NATS does not take the subscriptions."""
        await self._serve(subjects.MEDIA_ATTACH, calls.AttachCall, self._attach)
        await self._serve(subjects.MEDIA_PICTURE, calls.PictureCall, self._picture)
        await self._serve(subjects.MEDIA_RELEASE, calls.ReleaseCall, self._release)
        await self._serve(subjects.MEDIA_RELEASE_ROOM, calls.ReleaseRoomCall, self._release_room)
        await self._serve(subjects.MEDIA_PREVIEW, PreviewCall, self._preview)
        await self._serve(subjects.MEDIA_EMOJI, custom_emoji.EmojiCall, self._emoji)

    async def stop(self) -> None:
        """Nothing to do: the bus finishes what is at work when it stops."""

    async def _serve(
        self, subject: str, type_: type[C], answer: Callable[[C], Awaitable[object]]
    ) -> None:
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(type_)
        call = subject.rpartition(".")[2]

        async def handle(data: bytes) -> bytes:
            try:
                reply = await answer(decoder.decode(data))
            except msgspec.DecodeError as error:
                reply = calls.Failure(ErrorCode.BAD_FRAME, str(error))
            except Problem as problem:
                reply = calls.Failure(problem.code, problem.message)
            outcome = reply.code if isinstance(reply, calls.Failure) else "ok"
            self._metrics.calls.labels(call, outcome).inc()
            return wire.encode(reply)

        await self._bus.serve(subject, subjects.MEDIA_QUEUE, handle, concurrency=CONCURRENCY)

    async def _attach(self, call: calls.AttachCall) -> calls.AttachReply:
        if ids.key_ms(call.key) is None:
            raise Problem(ErrorCode.BAD_KEY, "a message key is a UUIDv7")
        if len(call.ids) > limits.ATTACHMENTS:
            raise Problem(ErrorCode.INVALID, f"a message has at most {limits.ATTACHMENTS} files")
        found = await self._ledger.attach(
            call.room, call.user, call.key.lower(), call.ids, clock.now_ms()
        )
        if found is None:
            raise Problem(ErrorCode.NOT_FOUND, "no such attachment")
        return calls.AttachReply(found)

    async def _picture(self, call: calls.PictureCall) -> dict[str, bool]:
        if ids.key_ms(call.key) is None:
            raise Problem(ErrorCode.BAD_KEY, "the key of a picture is a UUIDv7")
        missing = Problem(ErrorCode.NOT_FOUND, "there is no such picture")
        known = await self._ledger.known([call.id])
        # Whoever may not have it is told nothing of what it is.
        if [(one.room, one.uploader) for one in known] != [(call.room, call.user)]:
            raise missing
        if known[0].mime not in kind.IMAGES:
            raise Problem(ErrorCode.INVALID, "a picture is an image")
        now_ms = clock.now_ms()
        if not await self._ledger.attach(call.room, call.user, call.key, [call.id], now_ms):
            raise missing
        return {}

    async def _preview(self, call: PreviewCall) -> PreviewReply:
        if len(call.urls) > limits.PREVIEWS:
            raise Problem(ErrorCode.INVALID, f"at most {limits.PREVIEWS} links at a time")
        try:
            await self._meter.take("previews", call.user)
        except Limited:
            return PreviewReply([], limited=True)
        return PreviewReply(await self._previewer.look_up(call.urls))

    async def _release(self, call: calls.ReleaseCall) -> dict[str, bool]:
        if ids.key_ms(call.key) is None:
            raise Problem(ErrorCode.BAD_KEY, "a message key is a UUIDv7")
        await self._ledger.release(call.room, call.sender, call.key.lower(), clock.now_ms())
        return {}

    async def _release_room(self, call: calls.ReleaseRoomCall) -> dict[str, bool]:
        await self._ledger.end_room(call.room, clock.now_ms())
        return {}

    async def _emoji(self, call: custom_emoji.EmojiCall) -> custom_emoji.EmojiReply:
        return custom_emoji.EmojiReply(
            custom_emoji.is_name(call.name) and await self._emojis.is_known(call.name)
        )
