"""Whose presence a person may see: those who share a room with them, which history knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from proto import subjects, wire
from proto.calls import Failure, PeersCall, PeersReply
from services.bus import BusError
from services.bus_nats import Bus
from services.problem import Unavailable

_SECONDS: Final = 2.0
_NO_ANSWER: Final = (msgspec.MsgspecError, UnicodeDecodeError)
_failure = msgspec.json.Decoder(Failure)
_reply = msgspec.json.Decoder(PeersReply)


class Peers:
    """Asks history; keeps nothing, so that who left the last common room is out at once."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def visible(self, asker: str, users: Sequence[str]) -> list[str]:
        """Return those of `users` whose presence `asker` may see, themselves always, in order.

        Raises:
            Unavailable: history did not answer within two seconds, or could not.
        """
        others = [user for user in users if user != asker]
        shared = {asker, *(await self._ask(PeersCall(asker, others)) if others else ())}
        return [user for user in users if user in shared]

    async def _ask(self, call: PeersCall) -> list[str]:
        try:
            data = await self._bus.request(subjects.HISTORY_PEERS, wire.encode(call), _SECONDS)
        except BusError as error:
            raise Unavailable("who shares a room is not known just now") from error
        try:
            return _reply.decode(data).users
        except _NO_ANSWER:
            # Whatever else it is, there is no answer: to guess would show people to strangers.
            raise Unavailable(_text(data)) from None


def _text(data: bytes) -> str:
    try:
        return f"history: {_failure.decode(data).message}"
    except _NO_ANSWER:
        return "history answered something that is no answer"
