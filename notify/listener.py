"""Follows the log and has decided who must hear of it; what it decides is `decision`'s.

A record waits for `limits.NOTIFY_SECONDS` after it was said: what is read within them on any device
concerns nobody any more. It is acknowledged when it has been told of, so a process that ends before
leaves it to another one, at once if it could still say so. What it had told of and not acknowledged
is told of again: of the same message, so clients show it once, and push services keep it once.

Once a second at most it looks at what is due, room by room: however much is said in a room, it
costs one question to history and at most one word to each person in a second.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from notify import decision
from notify.asker import Asker
from notify.decision import Said
from notify.metrics import NotifyMetrics
from notify.teller import Teller
from proto import limits, subjects
from services import clock, logs_structlog
from services.bus import BusError, NotFound, Record
from services.consumer_nats import Consumer
from services.log_nats import Log
from services.problem import Unavailable

MOST: Final = 5_000
"""Records that wait for their time; more stay in the log."""
ACK_SECONDS: Final = 10.0
"""What a process held that was killed comes again after that time."""
ROUND_SECONDS: Final = 1.0
ROOMS_AT_ONCE: Final = 8
AGAIN_SECONDS: Final = 5.0
"""When a room is tried again whose audience was not to be had."""
_IDLE_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 1.0
_log = logs_structlog.get_logger()


class NotListeningError(Exception):
    """The log is not read: what is said is told of to nobody until it is."""


class Listener:
    """One a process; several processes share the log, each record is one's."""

    def __init__(
        self,
        log: Log,
        asker: Asker,
        teller: Teller,
        metrics: NotifyMetrics,
        *,
        wait_seconds: float = limits.NOTIFY_SECONDS,
    ) -> None:
        self._log = log
        self._asker = asker
        self._teller = teller
        self._metrics = metrics
        self._wait_ms = int(wait_seconds * 1000)
        self._held: deque[Record] = deque()
        self._reading = False

    async def health(self) -> None:
        """Answer if the log is read. Raises NotListeningError."""
        if not self._reading:
            raise NotListeningError("the log is not read")

    async def run(self) -> None:
        """Listen until cancelled; whatever is not acknowledged comes again."""
        while True:
            try:
                await self._listen()
            except BusError as error:
                told = _log.debug if isinstance(error, NotFound) else _log.warning
                told("listening pauses", error=f"{type(error).__name__}: {error}")
            finally:
                self._reading = False
                self._held.clear()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _listen(self) -> None:
        consumer = await self._log.consumer(
            subjects.NOTIFY_CONSUMER, subjects.ROOM_LOG_ALL, ack_wait_seconds=ACK_SECONDS
        )
        self._reading = True
        try:
            while True:
                began = clock.monotonic()
                await self._round(consumer, await self._due(consumer))
                self._metrics.lag.set(consumer.pending + len(self._held))
                await asyncio.sleep(max(0.0, ROUND_SECONDS - (clock.monotonic() - began)))
        finally:
            consumer.release()

    async def _due(self, consumer: Consumer) -> list[Record]:
        """Wait until a record is due, and take all that are."""
        while True:
            now_ms = clock.now_ms()
            rest_ms = self._held[0].ts_ms + self._wait_ms - now_ms if self._held else None
            if rest_ms is not None and rest_ms <= 0:
                break
            seconds = _IDLE_SECONDS if rest_ms is None else rest_ms / 1000
            room = MOST - len(self._held)
            if room:
                self._held.extend(await consumer.fetch(room, seconds))
            else:
                await asyncio.sleep(seconds)
        due = []
        while self._held and self._held[0].ts_ms + self._wait_ms <= now_ms:
            due.append(self._held.popleft())
        return due

    async def _round(self, consumer: Consumer, records: Sequence[Record]) -> None:
        """Decide records that are due, and acknowledge those that need not come again."""
        news = decision.news(records, clock.now_ms())
        places = asyncio.Semaphore(ROOMS_AT_ONCE)
        outcomes = await asyncio.gather(*(self._room(said, places) for said in news.values()))
        again = {
            said.seq
            for messages, outcome in zip(news.values(), outcomes, strict=True)
            if outcome == "again"
            for said in messages
        }
        for messages, outcome in zip(news.values(), outcomes, strict=True):
            self._metrics.decided(outcome, len(messages))
        self._metrics.decided("nothing", len(records) - sum(map(len, news.values())))
        for record in records:
            if record.seq in again:
                await consumer.nak(record, AGAIN_SECONDS)
        await consumer.settle([record for record in records if record.seq not in again])

    async def _room(self, messages: Sequence[Said], places: asyncio.Semaphore) -> str:
        """Tell of one room's messages; the outcome."""
        try:
            async with places:
                await self._tell(messages)
        except (BusError, Unavailable) as error:
            _log.warning("nobody could be told yet", room=messages[0].room, error=str(error))
            return "again"
        except Exception:
            # It would be the same the next time, and keep everything behind it from being told.
            _log.exception("nobody was told", room=messages[0].room)
            return "failed"
        return "news"

    async def _tell(self, messages: Sequence[Said]) -> None:
        after, more = "", True
        while more:
            audience = await self._asker.audience(decision.question(messages, after))
            await self._teller.tell(decision.notices(messages, audience), audience)
            more = audience.more
            after = audience.people[-1].user if audience.people else after
