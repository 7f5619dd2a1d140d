"""Publishes what was decided to the log: exactly once, in order for each room. It decides nothing.

A row that is younger than the log remembers message ids is published freely: a second time is a
duplicate there. An older one is published only when the writer, having passed everything that is
in the log, has not seen it come out.
"""

from __future__ import annotations

import asyncio
from typing import Final

from history import outbox_postgres
from history.batch import Joined
from history.lanes import Lane, Lanes
from history.metrics import HistoryMetrics
from history.outbox_postgres import Decision
from history.progress import Progress
from history.store_postgres import settle
from proto import events, limits, passing, subjects, wire
from proto.codes import ErrorCode
from services import clock, logs_structlog
from services.bus import BusError
from services.bus_nats import Bus
from services.log_nats import Log
from services.pool_postgres import Connection, Pool
from services.problem import Problem, Unavailable

DEADLINE_SECONDS: Final = 15.0
"""How long the one who decided waits for the log."""
_FRESH_MS: Final = limits.DEDUPE_WINDOW_MS - limits.DEDUPE_MARGIN_MS
# A connection is held while the log is asked; it is given back between attempts.
_PUBLISH_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 0.02
_FAILED_SECONDS: Final = 0.25
_log = logs_structlog.get_logger()


class Relay:
    """At most `at_once` rooms are relayed at the same time, so that readers keep connections."""

    def __init__(
        self,
        pool: Pool,
        bus: Bus,
        log: Log,
        progress: Progress,
        metrics: HistoryMetrics,
        *,
        at_once: int,
        fresh_ms: int = _FRESH_MS,
    ) -> None:
        self._pool = pool
        self._bus = bus
        self._log = log
        self._progress = progress
        self._metrics = metrics
        self._gate = asyncio.Semaphore(at_once)
        self._lanes = Lanes()
        self._fresh_ms = fresh_ms

    def require(self) -> None:
        """Refuse to decide what could not be relayed now.

        Raises:
            Unavailable: there is no connection to the log.
        """
        if not self._bus.connected:
            raise Unavailable("the log cannot be written now")

    async def push(self, room: str, seconds: float = DEADLINE_SECONDS) -> None:
        """Return when everything decided for `room` before the call is in the log.

        Idempotent; cancelling is safe. Those who call while another one relays share what follows.

        Raises:
            Problem: `timeout`; what was decided stands, and gets into the log later.
        """
        try:
            async with asyncio.timeout(seconds), self._lanes.join(room) as lane:
                # Whatever begins from now on carries what the caller has decided.
                begun = lane.begun
                async with lane.lock:
                    while lane.ended <= begun:
                        await self._try(room, lane)
        except TimeoutError:
            message = "it is decided and will take effect, but the log has not taken it yet"
            raise Problem(ErrorCode.TIMEOUT, message) from None

    async def _try(self, room: str, lane: Lane) -> None:
        """Relay once, or wait a moment until it can be tried again."""
        lane.begun += 1
        number = lane.begun
        try:
            if await self.attempt(room):
                lane.ended = number
            else:
                await asyncio.sleep(_AGAIN_SECONDS)
        except (BusError, Unavailable) as error:
            _log.warning("relay waits", room=room, error=str(error))
            await asyncio.sleep(_FAILED_SECONDS)

    async def attempt(self, room: str) -> bool:
        """Relay what waits for `room`; False if another one is at it, or there is still more.

        Raises:
            BusError: the log did not take it.
            Unavailable: Postgres is away, or the writer has not caught up.
        """
        failed: BusError | Unavailable | None = None
        async with self._gate, self._pool.transaction() as connection:
            if not await outbox_postgres.lock(connection, room):
                return False
            rows = await outbox_postgres.unsent(connection, room)
            places: dict[int, int] = {}
            joined: list[Joined] = []
            try:
                for row in rows:
                    seq = await self._place(connection, room, row)
                    joined += self._tell(row, seq)
                    places[row.number] = seq
            except (BusError, Unavailable) as error:
                failed = error  # those before it are in the log, and that is kept
            if places:
                await outbox_postgres.sent(connection, room, places)
                await settle(connection, joined)
        if failed is not None:
            raise failed
        return len(rows) < outbox_postgres.AT_ONCE

    async def _place(self, connection: Connection, room: str, row: Decision) -> int:
        """The row's place in the log, where it is or gets now."""
        if row.seq is not None:
            return row.seq
        if row.created_ms < clock.now_ms() - self._fresh_ms:
            seq = await self._look(connection, row)
            if seq is not None:
                return seq
        ack = await self._log.publish(
            subjects.room_log(room),
            row.body,
            subjects.outbox_id(str(row.id)),
            deadline_seconds=_PUBLISH_SECONDS,
        )
        self._metrics.relayed.inc()
        return ack.seq

    async def _look(self, connection: Connection, row: Decision) -> int | None:
        """Whether the log has an old row: known when the writer has passed all that is in it."""
        state = await self._log.state()
        if not await self._progress.wait(state.last_seq):
            raise Unavailable("the writer has not caught up with the log")
        return await outbox_postgres.came_out(connection, row.id)

    def _tell(self, row: Decision, seq: int) -> list[Joined]:
        """Tell new members that they are; at least once, because the row is noted afterwards."""
        event = wire.decode_event(row.body)
        if not isinstance(event, events.MemberJoined):
            return []
        word = wire.encode(passing.Joined(event.room, seq))
        self._bus.publish(subjects.user_passing(event.user), word)
        return [Joined(event.room, event.user, row.id, seq)]
