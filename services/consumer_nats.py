"""Reading the log as it grows, by pull; what is done with the records is the caller's.

`Consumer` is a durable one that several processes share: at least once, each record to one of
them, in order as long as nothing fails. `Cursor` is a reader of one's own: in order and without a
gap whatever fails, from a position that the caller keeps.
A pull stays open at the server, so what arrives is here at once; at most twice the size of a
fetch is held. Source: NATS ADR-37 (simplified JetStream API), ADR-13 (pull).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from services.bus import BusError, Disconnected, Loss, NoResponders, Record
from services.bus_nats import Bus
from services.headers import status
from services.inbox_nats import new_inbox
from services.stream_nats import ANSWER_SECONDS, Stream

_EXPIRES_SECONDS: Final = 30
_HEARTBEAT_SECONDS: Final = 5
_SILENCE_SECONDS: Final = 2.5 * _HEARTBEAT_SECONDS
_RETRY_SECONDS: Final = 0.25
_UNUSED_SECONDS: Final = 60
_SECOND: Final = 1_000_000_000
_HEARTBEAT: Final = 100
_NO_RESPONDERS: Final = 503


class _Created(msgspec.Struct):
    num_pending: int = 0


class _Place(NamedTuple):
    """What the reply subject of a delivered record says."""

    consumer: str
    delivered: int
    seq: int
    consumer_seq: int
    ts_ms: int
    pending: int


class _Puller(ABC):
    """The one pull that is open and what it brought; common to both kinds."""

    def __init__(self, bus: Bus, stream: Stream, filter_subject: str) -> None:
        self._bus = bus
        self._stream = stream
        self._filter = filter_subject
        self._name = ""
        self._inbox = new_inbox(bus.connection) + "."
        self._pulls = 0
        self._open = False
        self._asked = 0
        self._broken = True  # there is no consumer to pull from, as far as we know
        self._heard = 0.0
        self._behind = 0
        self._buffer: deque[Record] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._sid = bus.connection.subscribe_raw(self._inbox + "*", self._take)
        bus.on_loss.append(self._lost)

    @property
    def pending(self) -> int:
        """How many records are not fetched yet, as far as was last heard; the lag."""
        return self._behind + len(self._buffer)

    async def fetch(self, max_messages: int, wait_seconds: float) -> list[Record]:
        """Return what there is, at most `max_messages`; wait for the first up to `wait_seconds`.

        Empty if none came. A consumer that is gone is made anew. Cancelling is safe: nothing is
        lost. One call at a time.

        Raises:
            Disconnected: there is no connection; fetch again later.
            NoResponders, NotFound: no leader, or no stream, until the time was over.
            BusError: the server refuses.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_seconds
        while not self._buffer:
            if not self._bus.connected:
                raise Disconnected("no connection to NATS to read the log")
            if self._broken:
                await self._mend(deadline)
            if not self._open:
                self._pull(max_messages)
            rest = deadline - loop.time()
            if rest <= 0:
                break
            await self._news(rest)
        count = min(max_messages, len(self._buffer))
        records = [self._buffer.popleft() for _ in range(count)]
        if not self._open and not self._broken and self._bus.connected:
            self._pull(max_messages)  # the next ones come while the caller works
        return records

    def close(self) -> None:
        """Read no more. Idempotent."""
        self._bus.connection.unsubscribe_raw(self._sid)
        with contextlib.suppress(ValueError):
            self._bus.on_loss.remove(self._lost)

    @abstractmethod
    async def attach(self) -> None:
        """Make the consumer at the server, or find it."""

    def _accept(self, place: _Place) -> bool:
        """Say whether a delivered record is the caller's."""
        return place.delivered > 0

    async def _create(self, name: str, config: dict[str, Any]) -> None:
        question = {
            "stream_name": self._stream.name,
            "config": {"name": name, "filter_subject": self._filter, **config},
        }
        answer = await self._stream.ask(f"CONSUMER.CREATE.{self._stream.name}.{name}", question)
        self._name = name
        self._behind = msgspec.json.decode(answer, type=_Created).num_pending
        self._broken = False
        self._open = False

    async def _mend(self, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await self.attach()
            except NoResponders:
                if loop.time() + _RETRY_SECONDS > deadline:
                    raise
            await asyncio.sleep(_RETRY_SECONDS)

    def _pull(self, count: int) -> None:
        self._pulls += 1
        self._asked = count
        question = {
            "batch": count,
            "expires": _EXPIRES_SECONDS * _SECOND,
            "idle_heartbeat": _HEARTBEAT_SECONDS * _SECOND,
        }
        self._bus.connection.send(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._stream.name}.{self._name}",
            msgspec.json.encode(question),
            f"{self._inbox}{self._pulls}",
        )
        self._open = True
        self._heard = asyncio.get_running_loop().time()

    async def _news(self, rest: float) -> None:
        """Wait until something happens, `rest` is over, or the server is silent for too long."""
        loop = asyncio.get_running_loop()
        silent_at = self._heard + _SILENCE_SECONDS
        self._waiter = loop.create_future()
        try:
            async with asyncio.timeout(max(0.0, min(rest, silent_at - loop.time()))):
                await self._waiter
        except TimeoutError:
            if loop.time() >= silent_at:
                self._open = False
                self._broken = True
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _lost(self, loss: Loss) -> None:
        if loss == "disconnected":
            self._open = False
            self._broken = True
            self._wake()

    def _take(self, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        self._heard = asyncio.get_running_loop().time()
        if reply.startswith(b"$JS.ACK."):
            self._take_record(subject.decode(), reply.decode(), data, headers)
        elif subject == f"{self._inbox}{self._pulls}".encode():
            self._take_status(*status(headers))

    def _take_record(self, subject: str, reply: str, data: bytes, headers: bytes) -> None:
        place = _place(reply)
        record = Record(
            subject, place.seq, place.ts_ms, data, headers, None, place.delivered, reply
        )
        if place.consumer != self._name or not self._accept(place):
            return
        self._buffer.append(record)
        self._behind = place.pending
        self._asked -= 1
        if self._asked <= 0:
            self._open = False
        self._wake()

    def _take_status(self, code: int, text: str) -> None:
        if code == _HEARTBEAT:
            return
        self._open = False  # 404, 408, 409: this pull is over, for whatever reason
        if code == _NO_RESPONDERS or "Consumer" in text:
            self._broken = True
        self._wake()


class Consumer(_Puller):
    """A durable consumer that several processes may share: at least once, acknowledged one by one.

    Not "acknowledge all up to": there, a process that acknowledges would also take over what was
    handed to another that died before it had stored it. After a failure records come again, later
    than newer ones (`delivered` > 1).
    """

    def __init__(
        self,
        bus: Bus,
        stream: Stream,
        name: str,
        filter_subject: str,
        ack_wait_seconds: float,
        max_ack_pending: int,
    ) -> None:
        super().__init__(bus, stream, filter_subject)
        self._durable = name
        self._ack_wait_seconds = ack_wait_seconds
        self._max_ack_pending = max_ack_pending
        self._held: dict[int, str] = {}

    async def attach(self) -> None:
        """Make the durable consumer, or find it. Idempotent; `fetch` does it when needed."""
        config = {
            "durable_name": self._durable,
            "ack_policy": "explicit",
            "ack_wait": int(self._ack_wait_seconds * _SECOND),
            "max_ack_pending": self._max_ack_pending,
            "deliver_policy": "all",
        }
        await self._create(self._durable, config)

    async def fetch(self, max_messages: int, wait_seconds: float) -> list[Record]:
        """As `_Puller.fetch`; each record is to be acknowledged within the consumer's ack wait."""
        records = await super().fetch(max_messages, wait_seconds)
        for record in records:
            self._held[record.seq] = record.reply
        while len(self._held) > self._max_ack_pending:
            del self._held[next(iter(self._held))]  # the server gave these to someone again
        return records

    async def ack(self, record: Record) -> None:
        """Acknowledge all records this object has fetched, up to and with `record`.

        Returns when the server has noted it; until then, and after a crash of the server that had
        not yet written it down, they may come again. Idempotent.

        Raises:
            BusError: as `Bus.request`.
        """
        done = [seq for seq in self._held if seq <= record.seq]
        for seq in done[:-1]:
            self._bus.connection.send(self._held[seq], b"+ACK")
        if done:
            # One connection keeps the order: the last one's answer covers those before it.
            await self._bus.request(self._held[done[-1]], b"+ACK", ANSWER_SECONDS)
        for seq in done:
            self._held.pop(seq, None)

    async def settle(self, records: Sequence[Record]) -> None:
        """Acknowledge these records and no others. Idempotent; returns as `ack` does.

        Raises:
            BusError: as `Bus.request`.
        """
        held = [record for record in records if self._held.pop(record.seq, None) is not None]
        for record in held[:-1]:
            self._bus.connection.send(record.reply, b"+ACK")
        if held:
            await self._bus.request(held[-1].reply, b"+ACK", ANSWER_SECONDS)

    async def nak(self, record: Record, delay_seconds: float = 0.0) -> None:
        """Hand one record back, to be delivered again after `delay_seconds`.

        Raises:
            BusError: as `Bus.publish`.
        """
        if self._held.pop(record.seq, None) is not None:
            delay = msgspec.json.encode({"delay": int(delay_seconds * _SECOND)})
            self._bus.connection.send(record.reply, b"-NAK " + delay)

    def release(self) -> None:
        """Close, and hand back what came and is not acknowledged, for whoever asks next.

        What cannot be handed back, and what is still on its way, comes again after the ack wait.
        """
        self.close()  # First: what is handed back must not come back here.
        replies = [*self._held.values(), *(record.reply for record in self._buffer)]
        self._held.clear()
        self._buffer.clear()
        with contextlib.suppress(BusError):
            for reply in replies:
                self._bus.connection.send(reply, b"-NAK")


class Cursor(_Puller):
    """A reader of one's own: every record above `after`, once, in the log's order.

    Whatever fails (a connection, a server, a lost message), it goes on behind the last record that
    `fetch` has returned. Nothing is acknowledged: the position is the caller's, to be kept where
    the records go, in the same transaction. Two cursors do not know of each other; `name` is for
    people to read. Records deleted or purged before they were read are not delivered.
    """

    def __init__(
        self, bus: Bus, stream: Stream, name: str, filter_subject: str, after: int
    ) -> None:
        super().__init__(bus, stream, filter_subject)
        self._label = name
        self._position = after
        self._expected = 1

    @property
    def position(self) -> int:
        """The sequence of the last record that arrived in order, fetched or not."""
        return self._position

    async def attach(self) -> None:
        """Make a new consumer behind the last record that arrived; `fetch` does it when needed."""
        config = {
            "ack_policy": "none",
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self._position + 1,
            "inactive_threshold": _UNUSED_SECONDS * _SECOND,
            "mem_storage": True,
            "num_replicas": 1,
        }
        self._expected = 1
        await self._create(f"{self._label}-{secrets.token_hex(8)}", config)

    def rewind(self, after: int) -> None:
        """Start again behind `after`; for a caller who could not keep what it had fetched."""
        self._buffer.clear()
        self._position = after
        self._broken = True

    def _accept(self, place: _Place) -> bool:
        if self._broken:
            return False
        if place.consumer_seq != self._expected:
            self._broken = True  # one was lost on the way: again from the last in order
            self._wake()
            return False
        self._expected += 1
        self._position = place.seq
        return True


def _place(reply: str) -> _Place:
    """Read `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<delivered>.<seq>.<consumer seq>.
    <nanoseconds>.<pending>[.<token>]` (NATS ADR-15).
    """
    parts = reply.split(".")
    start = 3 if len(parts) == 9 else 5
    numbers = [int(part) for part in parts[start + 1 : start + 6]]
    delivered, seq, consumer_seq, nanoseconds, pending = numbers
    return _Place(parts[start], delivered, seq, consumer_seq, nanoseconds // 1_000_000, pending)
