"""Keeps what people choose for themselves, and tells their devices, or presence; nobody else."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import UNSET

from history import members_postgres, people_settings_postgres
from proto import calls, limits, subjects, wire
from proto.codes import ErrorCode
from proto.passing import Blocked, Preferred, UserPassing
from proto.shapes import OwnSettings, Preferences, SetPreferences, SettingsPatch
from services import clock, logs_structlog
from services.bus import BusError
from services.bus_nats import Bus
from services.pool_postgres import Pool
from services.problem import Problem, Unavailable

_ANSWER_SECONDS: Final = 3.0
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
            self._tell(user, Preferred(room, *msgspec.structs.astuple(kept)))
        return kept

    async def settle(self, user: str, patch: SettingsPatch) -> OwnSettings:
        """Keep what somebody settles; once this answers, others see of them what they chose.

        Raises:
            Unavailable: it is kept, and presence was not told: to repeat it is safe.
        """
        now_ms = clock.now_ms()
        kept = await people_settings_postgres.settle(self._pool, user, patch, now_ms)
        if patch.presence is not UNSET or patch.custom_status is not UNSET:
            await self._have_shown(kept.settled)
        return kept.settings

    async def block(self, user: str, other: str) -> None:
        """Block somebody, who is not told. Raises Problem: `conflict` beyond the bound."""
        now_ms, most = clock.now_ms(), limits.BLOCKS
        new = await people_settings_postgres.block(self._pool, user, other, now_ms, most)
        if new is None:
            raise Problem(ErrorCode.CONFLICT, f"one person blocks at most {most}")
        if new:
            self._tell(user, Blocked(other, blocked=True))

    async def unblock(self, user: str, other: str) -> None:
        """Block somebody no more; for one who was not blocked it is no news."""
        if await people_settings_postgres.unblock(self._pool, user, other):
            self._tell(user, Blocked(other, blocked=False))

    async def _have_shown(self, settled: calls.Settled) -> None:
        subject, word = subjects.PRESENCE_SETTLE, wire.encode(settled)
        try:
            answer = await self._bus.request(subject, word, _ANSWER_SECONDS)
        except BusError as error:
            raise Unavailable("it is kept, but not shown to others yet: try again") from error
        if answer != calls.DONE:
            raise Unavailable("it is kept, but not shown to others yet: try again")

    def _tell(self, user: str, word: UserPassing) -> None:
        try:
            self._bus.publish(subjects.user_passing(user), wire.encode(word))
        except BusError as error:
            _log.warning("a choice was not told", error=str(error))
