"""Says whether a member may write now: by the room's terms, and in slow mode by asking history."""

from __future__ import annotations

from typing import NamedTuple

from gateway.asker import Asker
from gateway.fanout import Fanout
from gateway.roster import Person
from proto import frames, limits
from proto.codes import ErrorCode
from services import clock


class Refusal(NamedTuple):
    """Why somebody may not write now."""

    code: ErrorCode
    message: str
    retry_after_ms: int | None = None


class Warden:
    """Costs a room without terms one look; who is a member is not asked here."""

    def __init__(self, fanout: Fanout, asker: Asker) -> None:
        self._fanout = fanout
        self._asker = asker

    async def refusal(self, person: Person, send: frames.Send) -> Refusal | None:
        """Why the message may not be written now; None if it may. In slow mode its turn is taken.

        Raises:
            BusError: history is to be asked, and cannot be.
        """
        entry = self._fanout.get(send.room)
        terms = None if entry is None else entry.terms
        if terms is None:
            return None
        if terms.archived:
            return Refusal(ErrorCode.FORBIDDEN, "this room is archived: nobody writes in it")
        until_ms = terms.muted_until(person.id, clock.now_ms())
        if until_ms is not None:
            end = "" if until_ms == limits.FOREVER_MS else f" until {clock.rfc3339(until_ms)}"
            return Refusal(ErrorCode.FORBIDDEN, f"you are muted in this room{end}")
        if not terms.paces(person.rooms.get(send.room)):
            return None
        wait_ms = await self._asker.pace(send.room, person.id, send.key.lower())
        if wait_ms == 0:
            return None
        return Refusal(ErrorCode.RATE_LIMITED, "this room is in slow mode", wait_ms)
