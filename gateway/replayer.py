"""Sends a connection what it missed, room by room, then lets it into what comes; nobody else.

A room that is replayed is followed, but the connection is not attached to it: what comes meanwhile
is in the room's tail. At the end the tail's rest is sent and the connection attached, in one turn
of the loop, so that nothing falls between and nothing comes twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.admitter import Admitter
from gateway.connection import Connection
from gateway.fanout import Entry, Fanout
from gateway.metrics import GatewayMetrics
from gateway.reader import Reader
from gateway.room import Event, erased, join
from gateway.surveyor import READ_TRIES
from proto import frames, limits
from proto.codes import CloseCode
from services import logs_structlog
from services.bus import BusError

REPLAY_BYTES = limits.OUTBOX_BYTES // 2
"""A replay that does not fit half an outbox would close the socket as slow: it is not begun."""
_OUTBOX_SECONDS = 20.0
_OUTBOX_PAUSE_SECONDS = 0.02
_log = logs_structlog.get_logger()


class Replayer:
    """Replays on behalf of any number of connections."""

    def __init__(
        self, fanout: Fanout, reader: Reader, admitter: Admitter, metrics: GatewayMetrics
    ) -> None:
        self._fanout = fanout
        self._reader = reader
        self._admitter = admitter
        self._metrics = metrics

    async def replay(self, connection: Connection, resume: dict[str, int]) -> None:
        """Send what was missed, room by room, then let the connection into what came meanwhile."""
        try:
            for room, seq in resume.items():
                if connection.is_over:
                    return
                await self._replay_room(connection, room, seq)
            await self._admitter.admit_missed(connection)
        except TimeoutError:
            connection.close(CloseCode.SLOW_CONSUMER, "what was missed is not taken")
        except BusError as error:
            _log.warning("resume failed", connection_id=connection.id, error=str(error))
            connection.close(CloseCode.UNAVAILABLE, "what was missed cannot be read now")
        except Exception:
            _log.exception("resume failed", connection_id=connection.id)
            connection.close(CloseCode.UNAVAILABLE, "what was missed cannot be read now")
        finally:
            self.let_go(connection)

    def let_go(self, connection: Connection) -> None:
        """Release what is held for a replay that ended or will never begin. Idempotent."""
        held, connection.resuming = connection.resuming or {}, None
        for entry in held.values():
            self._fanout.release(entry)

    async def _replay_room(self, connection: Connection, room: str, seq: int) -> None:
        resuming, person = connection.resuming or {}, connection.person
        entry = resuming.get(room)
        await self._drained(connection)
        missed = None if entry is None else await self._missed(entry, seq)
        if connection.is_over or person is None:
            return
        if entry is None or room not in person.rooms:
            if entry is not None:
                # From here on it is a room like any other: whoever is let in again is told so.
                del resuming[room]
                self._fanout.release(entry)
            gone = frames.Resumed(room=room, from_=seq, to=0, complete=False, gone=True)
            connection.send(gone)
            self._metrics.resumes.labels("gone").inc()
            return
        for event in missed or ():
            connection.send_json(event.data)
        complete = missed is not None
        last = entry.room.last
        connection.send(frames.Resumed(room=room, from_=seq, to=last, complete=complete))
        self._metrics.resumes.labels("complete" if complete else "incomplete").inc()
        del resuming[room]
        self._fanout.attach(entry, connection)
        self._fanout.release(entry)

    async def _drained(self, connection: Connection) -> None:
        """Wait until a replay fits the outbox beside what is in it: only a slow reader waits long.

        Raises:
            TimeoutError: the peer does not take what it asked for.
        """
        async with asyncio.timeout(_OUTBOX_SECONDS):
            while not connection.is_over and _is_filled(connection):  # noqa: ASYNC110 - no event
                await asyncio.sleep(_OUTBOX_PAUSE_SECONDS)

    async def _missed(self, entry: Entry, seq: int) -> list[Event] | None:
        """The events above `seq` up to this moment; None if they are too many or `seq` is unknown.

        Raises:
            BusError: they cannot be read.
        """
        await self._fanout.prime([entry])
        if seq > entry.room.last:
            # Seen through another gateway, it may be on its way to this one.
            await self._fanout.catch_up(entry)
        for _ in range(READ_TRIES):
            if seq > entry.room.last:
                return None
            recent = entry.room.since(seq)
            if recent is not None and _is_of_one_log(seq, entry.room.last):
                return recent if _fits(recent) else None
            # What is of a log that was lost may never have been stored: history knows.
            end = max(seq, entry.room.tail_from)
            stretch = await self._reader.read(entry.id, seq, end, limits.RESUME_EVENTS)
            if stretch.more or stretch.oldest > seq + 1 or not _fits(stretch.events):
                return None
            if not stretch.known:
                return None  # of a log that was lost before that was stored
            # What came while reading is in the tail; if that moved on beyond our read, read again.
            later = entry.room.since(end)
            if later is not None:
                missed = erased(join(seq, stretch.events, later))
                return missed if _fits(missed) else None
        return None


def _is_filled(connection: Connection) -> bool:
    return connection.socket.outbox_bytes > REPLAY_BYTES // 2


def _is_of_one_log(one: int, other: int) -> bool:
    return one // limits.SEQ_LEAP == other // limits.SEQ_LEAP


def _fits(events: Sequence[Event]) -> bool:
    size = sum(len(event.body) for event in events)
    return len(events) <= limits.RESUME_EVENTS and size <= REPLAY_BYTES
