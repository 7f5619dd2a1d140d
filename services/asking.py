"""One question to another service over NATS and its answer; what follows is the asker's."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from proto import wire
from proto.calls import Failure
from services.bus import BusError
from services.bus_nats import Bus
from services.problem import Unavailable

T = TypeVar("T")

_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError)
_failure = msgspec.json.Decoder(Failure)


async def ask(
    bus: Bus, subject: str, call: object, answer: type[T], *, seconds: float, lacking: str
) -> T:
    """Return the answer to `call`. Nothing is guessed where there is none.

    Raises:
        Unavailable: the service did not answer within `seconds` (it says `lacking`), could not, or
            said what is no answer.
    """
    try:
        data = await bus.request(subject, wire.encode(call), seconds)
    except BusError as error:
        raise Unavailable(lacking) from error
    try:
        return msgspec.json.decode(data, type=answer)
    except _UNREADABLE:
        raise Unavailable(_why(subject.partition(".")[0], data)) from None


def _why(service: str, data: bytes) -> str:
    try:
        return f"{service}: {_failure.decode(data).message}"
    except _UNREADABLE:
        return f"{service} answered something that is no answer"
