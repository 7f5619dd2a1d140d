"""Has media look up the links of messages, and decides what of it they show; it connects nowhere.

The writer notes in its transaction which texts have links, so nothing is forgotten. Whoever takes
a note asks media, and then decides as about an edit (`decider`): under the room's lock, knowing
what else was decided. So a message that was deleted meanwhile, or has other links by now, gets
nothing, and one that has these previews already no second event, however often it is tried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from history import decisions_postgres, links, message, unpreviewed_postgres
from history.decider import Decider
from history.metrics import HistoryMetrics
from history.unpreviewed_postgres import Note
from proto import subjects
from proto.codes import ErrorCode
from proto.previews import LinkPreview, PreviewCall, PreviewReply
from services import clock, logs_structlog
from services.asking import ask
from services.bus_nats import Bus
from services.pool_postgres import Pool
from services.problem import Problem, Unavailable

AT_ONCE: Final = 8
"""Messages of one process whose links are looked up at a time."""
IDLE_SECONDS: Final = 0.25
ASK_SECONDS: Final = 15.0
"""Media gives each link 5 s, all of a message at the same time."""
AGAIN_MS: Final = 60_000
"""What failed is tried again then, and so is what was left by one who died."""
LATE_MS: Final = 3_600_000
"""A message that is older gets no previews any more: nobody looks at it as if it were new."""
_PAUSE_SECONDS: Final = 1.0
_log = logs_structlog.get_logger()


class Previewer:
    """Runs for ever; any number of replicas share the work."""

    def __init__(self, pool: Pool, bus: Bus, decider: Decider, metrics: HistoryMetrics) -> None:
        self._pool = pool
        self._bus = bus
        self._decider = decider
        self._metrics = metrics
        self._busy = 0

    async def run(self) -> None:
        """Look up until cancelled; cancelling loses nothing."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    notes = await self._take()
                except Unavailable:
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                except Exception:
                    # Messages go without previews meanwhile; the rest of history goes on.
                    _log.exception("previews failed")
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                for note in notes:
                    self._busy += 1
                    tasks.create_task(self._work(note))
                await asyncio.sleep(IDLE_SECONDS)

    async def _take(self) -> list[Note]:
        if self._busy >= AT_ONCE:
            return []
        now_ms = clock.now_ms()
        free = AT_ONCE - self._busy
        return await unpreviewed_postgres.take(self._pool, now_ms, now_ms + AGAIN_MS, free)

    async def _work(self, note: Note) -> None:
        """Do what a note asks for and forget it; one that fails stays, and is tried again."""
        try:
            if clock.now_ms() - note.said_ms < LATE_MS:
                await self._preview(note)
            await unpreviewed_postgres.done(self._pool, note)
        except (Unavailable, Problem) as error:
            _log.warning("previews wait", room=note.room, seq=note.message, error=str(error))
        except Exception:
            # One message that cannot have previews must not end those of all others.
            _log.exception("previews failed", room=note.room, seq=note.message)
        finally:
            self._busy -= 1

    async def _preview(self, note: Note) -> None:
        """Ask media and decide. Raises Problem and Unavailable."""
        urls = links.found(note.text or "")
        if not urls or note.sender is None:
            return
        lacking = "links cannot be looked up now"
        reply = await ask(
            *(self._bus, subjects.MEDIA_PREVIEW),
            *(PreviewCall(note.sender, urls), PreviewReply),
            seconds=ASK_SECONDS,
            lacking=lacking,
        )
        if reply.limited:
            return
        try:
            await self._decide(note, note.sender, urls, reply.previews)
        except Problem as problem:
            if problem.code is not ErrorCode.NOT_FOUND:  # the room is gone
                raise

    async def _decide(
        self, note: Note, sender: str, urls: Sequence[str], previews: Sequence[LinkPreview]
    ) -> None:
        async with self._decider.turn(note.room, sender, None) as turn:
            state = await decisions_postgres.state(turn.connection, note.room, note.message, sender)
            if state is None or not turn.place.previews:
                return
            # A text that came since has a note of its own.
            if links.found(state.text) != urls or tuple(previews) == state.previews:
                return
            await turn.put(message.previewed(note.room, state, previews, turn.now_ms))
        self._metrics.previewed.inc()
