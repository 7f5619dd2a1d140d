"""Keeps what people choose for themselves and tells their devices; nobody else hears of it."""

from __future__ import annotations

import msgspec

from history import members_postgres
from proto import calls, subjects, wire
from proto.shapes import Preferences, SetPreferences
from services import logs_structlog
from services.bus import BusError
from services.bus_nats import Bus
from services.pool_postgres import Pool

_log = logs_structlog.get_logger()


class Keeper:
    """Writes to Postgres; what it tells on NATS is passing and may be lost: `ready` has it all."""

    def __init__(self, pool: Pool, bus: Bus) -> None:
        self._pool = pool
        self._bus = bus

    async def prefer(self, room: str, user: str, chosen: SetPreferences) -> Preferences | None:
        """Keep how a member wants to have a room; None for one who is not a member. Idempotent."""
        kept = await members_postgres.prefer(self._pool, room, user, chosen)
        if kept is not None:
            self._tell(user, calls.Preferred(room, *msgspec.structs.astuple(kept)))
        return kept

    def _tell(self, user: str, word: calls.UserPassing) -> None:
        try:
            self._bus.publish(subjects.user_passing(user), wire.encode(word))
        except BusError as error:
            _log.warning("a choice was not told", error=str(error))
