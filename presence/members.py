"""Who is in a room, which history knows; who of them is here is asked of others."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from proto import subjects, wire
from proto.calls import Failure, MemberCall, MemberReply, RosterCall, RosterReply
from proto.codes import ErrorCode
from services.bus import BusError
from services.bus_nats import Bus
from services.problem import Problem, Unavailable

T = TypeVar("T")

_SECONDS: Final = 2.0
_NO_ANSWER: Final = (msgspec.MsgspecError, UnicodeDecodeError)


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
        try:
            data = await self._bus.request(subject, wire.encode(call), _SECONDS)
            return msgspec.json.decode(data, type=answer)
        except BusError as error:
            raise Unavailable("who is in the room is not known just now") from error
        except _NO_ANSWER:
            raise Unavailable(_text(data)) from None


def _text(data: bytes) -> str:
    try:
        return f"history: {msgspec.json.decode(data, type=Failure).message}"
    except _NO_ANSWER:
        return "history answered something that is no answer"
