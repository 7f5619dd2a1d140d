"""Who is in a room, which history knows; who of them is here is asked of others."""

from __future__ import annotations

from typing import Final, TypeVar

from proto import subjects
from proto.calls import MemberCall, MemberReply, RosterCall, RosterReply
from proto.codes import ErrorCode
from services.asking import ask
from services.bus_nats import Bus
from services.problem import Problem

T = TypeVar("T")

_SECONDS: Final = 2.0


class Members:
    """Asks history; keeps nothing, so that who left a room is out at once."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def require(self, room: str, user: str) -> None:
        """Return if the user is in the room.

        Raises:
            Problem: `forbidden` for a public room, `not_found` for one they may not know of.
            Unavailable: history did not answer within two seconds, or could not.
        """
        found = await self._ask(subjects.HISTORY_MEMBER, MemberCall(room, user), MemberReply)
        if found.state is not None:
            return
        if found.kind == "public":
            raise Problem(ErrorCode.FORBIDDEN, "only members see who of a room is here")
        raise Problem(ErrorCode.NOT_FOUND, "there is no such room")

    async def of(self, room: str) -> list[str]:
        """Return everybody in the room, in order of their ids, each once.

        Raises:
            Unavailable: history did not answer within two seconds, or could not.
        """
        users: list[str] = []
        while True:
            call = RosterCall(room, users[-1] if users else "")
            page = await self._ask(subjects.HISTORY_ROSTER, call, RosterReply)
            users += page.users
            if not page.more or not page.users:
                return users

    async def _ask(self, subject: str, call: object, answer: type[T]) -> T:
        lacking = "who is in the room is not known just now"
        return await ask(self._bus, subject, call, answer, seconds=_SECONDS, lacking=lacking)
