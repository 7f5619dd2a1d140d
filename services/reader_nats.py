"""Batched direct gets: many stored messages for one request; which ones is the caller's matter.

Source: NATS ADR-31. With one replica the answer is exact; with more any replica may answer, and
one that lags misses the newest.
"""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

import msgspec

from services import headers as header_block
from services.bus import BusError, BusTimeout, Disconnected, NoResponders, Record
from services.bus_nats import Bus

_ANSWER_SECONDS: Final = 5.0
# More in one answer could overrun the server's buffer for us, which would disconnect us.
_BATCH_BYTES: Final = 1024 * 1024
_END: Final = 204
_NOTHING: Final = 404
_NO_RESPONDERS: Final = 503


class Raw(NamedTuple):
    """One answer as it came: the stored message's data and its raw header block."""

    data: bytes
    headers: bytes


class Batch(NamedTuple):
    """Answers in order of their sequence, and how many the server left out for their size."""

    answers: list[Raw]
    left_out: int


async def direct_get(bus: Bus, stream: str, question: dict[str, object]) -> Batch:
    """Ask for a batch and wait for its end, 5 s at most. Reading: safe to repeat or cancel.

    Raises:
        NoResponders: the stream does not exist, or has no leader just now.
        BusTimeout: the end did not come, or an answer on the way to it is missing.
        Disconnected: there is no connection, or it broke.
        BusError: the server refuses the question.
    """
    if not bus.connected:
        raise Disconnected("no connection to NATS to read the log")
    collector = _Collector(stream)
    data = msgspec.json.encode({**question, "max_bytes": _BATCH_BYTES})
    reply_to = bus.inbox.open(collector)
    try:
        bus.connection.send(f"$JS.API.DIRECT.GET.{stream}", data, reply_to)
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await collector.batch
    except TimeoutError:
        raise BusTimeout(f"stream {stream} did not answer in {_ANSWER_SECONDS:g} s") from None
    finally:
        bus.inbox.close(reply_to)


def record(answer: Raw, prev: int | None) -> Record:
    """Read one answer of a batch; `prev` is what is known of the one before it on its subject."""
    data, raw = answer
    return Record(
        header_block.subject(raw),
        header_block.sequence(raw),
        header_block.stored_ms(raw),
        data,
        raw,
        prev,
    )


class _Collector:
    def __init__(self, stream: str) -> None:
        self.batch: asyncio.Future[Batch] = asyncio.get_running_loop().create_future()
        self._stream = stream
        self._answers: list[Raw] = []

    def reply(self, data: bytes, headers: bytes) -> None:
        code, text = header_block.status(headers)
        if code == 0:
            self._answers.append(Raw(data, headers))
        elif self.batch.done():
            pass
        elif code == _END:
            self._end(headers)
        elif code == _NOTHING:
            self.batch.set_result(Batch([], 0))
        elif code == _NO_RESPONDERS:
            self.broken(NoResponders(f"nobody serves stream {self._stream}"))
        else:
            self.broken(BusError(f"stream {self._stream} refuses: {code} {text}"))

    def _end(self, headers: bytes) -> None:
        # Each answer names the one before it in the batch: one lost between servers leaves a gap.
        before = 0
        for answer in self._answers:
            if header_block.last_sequence(answer.headers) != before:
                self.broken(BusTimeout(f"stream {self._stream}: answers were lost on the way"))
                return
            before = header_block.sequence(answer.headers)
        if header_block.last_sequence(headers) != before:
            self.broken(BusTimeout(f"stream {self._stream}: answers were lost on the way"))
            return
        self.batch.set_result(Batch(self._answers, header_block.pending(headers)))

    def broken(self, error: BusError) -> None:
        if not self.batch.done():
            self.batch.set_exception(error)
