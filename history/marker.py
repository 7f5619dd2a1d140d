"""Moves read marks and tells those who should know; it decides nothing about rights."""

from __future__ import annotations

from history import marks_postgres
from history.reader import Reader
from history.rooms_postgres import Place
from proto import limits, subjects, wire
from proto.passing import ReadMoved
from proto.shapes import ReadMark, Receipt
from services import logs_structlog
from services.bus import BusError
from services.bus_nats import Bus
from services.pool_postgres import Pool

_log = logs_structlog.get_logger()


class Marker:
    """Writes to Postgres; what it tells on NATS is passing and may be lost."""

    def __init__(self, pool: Pool, bus: Bus, reader: Reader) -> None:
        self._pool = pool
        self._bus = bus
        self._reader = reader

    async def read(self, room: str, user: str, seq: int, *, back: bool = False) -> ReadMark | None:
        """Move the mark to `seq`; backward only if `back`. None for one who is not a member.

        A `seq` beyond the room's last event counts as that one. Idempotent.

        Raises:
            Unavailable: what `seq` names is not stored within 2 s, or Postgres or the log is away.
        """
        # Backward, the mark must not be moved on by words of one's own that were said before.
        await self._reader.catch_up(room, limits.SEQ_MAX if back else seq)
        moved = await marks_postgres.move(self._pool, room, user, seq, back=back)
        if moved is None:
            return None
        if moved.moved:
            self._tell(room, user, moved, everybody=moved.shown and not back)
        return moved.mark

    async def receipts(self, place: Place, user: str) -> list[Receipt]:
        """How far the others have read, those who show it; of nobody in large rooms."""
        if place.members > limits.RECEIPTS_MEMBERS:
            return []
        return await marks_postgres.receipts(self._pool, place.id, user)

    def _tell(self, room: str, user: str, moved: marks_postgres.Moved, *, everybody: bool) -> None:
        """The user's other devices, and in small rooms the others: what one has read only grows."""
        event = wire.encode(ReadMoved(room, user, moved.mark.read_seq))
        try:
            self._bus.publish(subjects.user_passing(user), event)
            if everybody and moved.members <= limits.RECEIPTS_MEMBERS:
                self._bus.publish(subjects.room_passing(room), event)
        except BusError as error:
            _log.warning("read mark not told", error=str(error))
