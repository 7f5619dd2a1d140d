"""Carries the log into Postgres: one process at a time, in order, each record once. Reads nothing.

1. Take the lock; whoever has it is the writer, the others ask again twice a second.
2. See to it that the stream is there, and that it is the one that was stored from.
3. Read from just above the stored position, store, move the position in the same transaction, and
   tell gateways of it: they may hold their answers until then.
4. Whatever fails: let go of lock and connection, and begin again at 1 after a pause.

Nothing is acknowledged to the log: the position in Postgres is the one truth, so a record is
stored once however often it is delivered, and none is passed over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from history import batch
from history.metrics import HistoryMetrics
from history.progress import Progress
from history.store_postgres import AWAY, Store, Superseded, Unstorable
from proto import calls, subjects, wire
from services import clock, logs_structlog
from services.bus import BusError, NotFound, Record
from services.bus_nats import Bus
from services.consumer_nats import Cursor
from services.log_nats import Log
from services.log_stream import StreamSettings, rooms_stream

BATCH: Final = 1_000
STANDBY_SECONDS: Final = 0.5
_PAUSE_SECONDS: Final = (0.1, 2.0)
# A message alone is stored at once; under load this makes batches, and spares Postgres commits.
_PACE_SECONDS: Final = 0.02
_IDLE_SECONDS: Final = 1.0
_HELP: Final = "docs/howto/log-lost.md says what to do"
_log = logs_structlog.get_logger()


class LogLost(Exception):  # noqa: N818 - named after what happened
    """The log is not the one that was stored from: it was restored from an older state."""


class Writer:
    """Runs for ever; several in several processes take turns."""

    def __init__(
        self,
        postgres_url: str,
        log: Log,
        stream: StreamSettings,
        progress: Progress,
        metrics: HistoryMetrics,
        bus: Bus,
        *,
        previews: bool,
    ) -> None:
        self._postgres_url = postgres_url
        self._previews = previews
        self._bus = bus
        self._log = log
        self._stream = stream
        self._progress = progress
        self._metrics = metrics
        self._problem: LogLost | None = None
        self.leading = False
        self.busy = False
        """Whether there is more in the log than it could store at once."""

    async def health(self) -> None:
        """Answer unless the log and what is stored do not fit together.

        Raises:
            LogLost: they do not; an operator has to look.
        """
        if self._problem is not None:
            raise self._problem

    async def run(self) -> None:
        """Write, or stand by, until cancelled; cancelling loses nothing."""
        pause = _PAUSE_SECONDS[0]
        while True:
            began = clock.monotonic()
            try:
                await self._term()
            except (*AWAY, BusError, Superseded, LogLost) as error:
                _log.warning("writer pauses", error=f"{type(error).__name__}: {error}")
                self._problem = error if isinstance(error, LogLost) else None
            finally:
                self._lead(leading=False)
            if clock.monotonic() - began > _PAUSE_SECONDS[1]:
                pause = _PAUSE_SECONDS[0]
            await asyncio.sleep(pause)
            pause = min(2 * pause, _PAUSE_SECONDS[1])

    async def _term(self) -> None:
        """One term of being the writer, from taking the lock to the first thing that fails."""
        store = await Store.open(self._postgres_url, previews=self._previews)
        try:
            # Asking again also keeps the session from being idle for too long.
            while not await store.lead():  # noqa: ASYNC110 - another process's lock wakes nobody
                await asyncio.sleep(STANDBY_SECONDS)
            position = await store.position()
            await self._open_log(store, position)
            self._problem = None
            self._lead(leading=True)
            _log.info("writing", after=position)
            await self._write(store, position)
        finally:
            await store.close()

    def _lead(self, *, leading: bool) -> None:
        self.leading = leading
        self.busy = False
        self._metrics.leading.set(leading)

    async def _open_log(self, store: Store, position: int) -> None:
        """Make the stream if it is not there, and see that it goes on where the store ends.

        One that does not would give out sequences a second time: it takes nothing any more until
        an operator has looked.
        """
        try:
            problem = await self._misfit(store, position)
        except NotFound:
            problem = ""
        if problem:
            await self._log.suspend()
            raise LogLost(f"{problem}: it is an old copy, so nothing is taken; {_HELP}")
        await self._log.ensure_stream(rooms_stream(self._stream, stored=position))

    async def _misfit(self, store: Store, position: int) -> str:
        """Why the log cannot be the one that everything up to `position` is from; "" if it can."""
        state = await self._log.state()
        if state.last_seq < position:
            return f"the log ends at {state.last_seq}, but {position} is stored"
        last = await self._log.get(position) if position else None
        event = batch.event_of(last) if last is not None else None
        if event is not None and not await store.has(event.room, position, event.ts):
            return f"at {position} the log has something else than what is stored"
        return ""

    async def _write(self, store: Store, position: int) -> None:
        self._stored(position)
        cursor = await self._log.cursor(
            subjects.HISTORY_CONSUMER, subjects.ROOM_LOG_ALL, after=position
        )
        try:
            while True:
                position = await self._turn(store, cursor, position)
        finally:
            cursor.close()

    async def _turn(self, store: Store, cursor: Cursor, position: int) -> int:
        """Store what has come, at most a batch; return the new position."""
        records = batch.fresh(await cursor.fetch(BATCH, _IDLE_SECONDS), position)
        self._metrics.lag.set(cursor.pending + len(records))
        if not records:
            if await store.position() != position:
                raise Superseded(f"the position is no longer {position}")
            # Who missed the last word of it hears it again.
            self._stored(position)
            return position
        began = clock.monotonic()
        position = await self._store(store, records, position)
        self._stored(position)
        self._metrics.lag.set(cursor.pending)
        took = clock.monotonic() - began
        self._metrics.batch.observe(len(records))
        self._metrics.batch_seconds.observe(took)
        late_ms = max(0, clock.now_ms() - records[0].ts_ms)
        self._metrics.stored_seconds.observe(late_ms / 1000)
        self.busy = len(records) >= BATCH
        if not self.busy:
            await asyncio.sleep(max(0.0, _PACE_SECONDS - took))
        return position

    def _stored(self, position: int) -> None:
        self._progress.advance(position)
        if not self._bus.connected:
            return  # it is said again each second
        with contextlib.suppress(BusError):
            self._bus.publish(subjects.HISTORY_STORED, wire.encode(calls.Stored(position)))

    async def _store(self, store: Store, records: Sequence[Record], after: int) -> int:
        """Store records whole; one that Postgres does not take is found and set aside."""
        heads = await store.heads(batch.rooms(records))
        taken = batch.read(records, heads)
        try:
            doubles = await store.store(taken, after, clock.now_ms())
        except Unstorable as error:
            if len(records) > 1:
                half = len(records) // 2
                middle = await self._store(store, records[:half], after)
                return await self._store(store, records[half:], middle)
            taken = batch.refused(records[0], str(error))
            doubles = await store.store(taken, after, clock.now_ms())
        for aside in taken.set_aside:
            _log.error("set aside", seq=aside.seq, subject=aside.subject, reason=aside.reason)
        for said in doubles:
            _log.warning("double withdrawn", room=said.room, seq=said.seq)
        self._metrics.set_aside.inc(len(taken.set_aside))
        self._metrics.doubles.inc(len(doubles))
        self._metrics.written.inc(len(taken.events))
        return taken.up_to
