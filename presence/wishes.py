"""What people settled of how others see them, which history keeps; it holds none of it itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from proto import limits, subjects, wire
from proto.calls import Settled, SettledCall, SettledReply
from services import clock
from services.bus import BusError
from services.bus_nats import Bus
from services.problem import Unavailable

_SECONDS: Final = 1.0
"""Less than a gateway waits for the renewal that asks."""
_REST_SECONDS: Final = 3.0
"""After a failure history is left alone so long, or each renewal would wait for its own failure."""
_NO_ANSWER: Final = (msgspec.MsgspecError, UnicodeDecodeError)
_reply = msgspec.json.Decoder(SettledReply)


class Wishes:
    """Asks history, in parts that fit into a call."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._away_until = float("-inf")

    async def of(self, users: Sequence[str]) -> list[Settled]:
        """Return what each of `users` settled.

        Raises:
            Unavailable: history did not answer, or could not; some time passes until it is asked
                again.
        """
        if clock.monotonic() < self._away_until:
            raise Unavailable("what people settled is not known just now")
        found: list[Settled] = []
        for start in range(0, len(users), limits.WATCH_USERS):
            found += await self._ask(list(users[start : start + limits.WATCH_USERS]))
        return found

    async def _ask(self, users: list[str]) -> list[Settled]:
        call = wire.encode(SettledCall(users))
        try:
            data = await self._bus.request(subjects.HISTORY_SETTLED, call, _SECONDS)
            people = _reply.decode(data).people
        except (BusError, *_NO_ANSWER) as error:
            self._away_until = clock.monotonic() + _REST_SECONDS
            raise Unavailable("what people settled is not known just now") from error
        return people
