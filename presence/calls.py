"""What gateways ask of this service over NATS: renew leases, end leases. It keeps none itself."""

from __future__ import annotations

from typing import Final, Literal, TypeVar

import msgspec

from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from proto import subjects, wire
from proto.calls import EndCall, Failure, RenewCall
from proto.codes import ErrorCode
from services.bus_nats import Bus
from services.problem import Problem

T = TypeVar("T", RenewCall, EndCall)

DONE: Final = b"{}"
"""The answer when all of it was done; any other is a `Failure`."""
_CONCURRENCY: Final = 16
"""As many as there are connections to Redis; as many again wait, more are refused by the bus."""

_renew = msgspec.json.Decoder(RenewCall)
_end = msgspec.json.Decoder(EndCall)


class Calls:
    """Serves `subjects.PRESENCE_RENEW` and `PRESENCE_END`, shared with the other replicas.

    Both are idempotent. A gateway that is answered a `Failure` with code `unavailable`, or not at
    all, has lost nothing yet: its next renewal within a lease makes it good, and a connection whose
    end was not heard goes silent with its lease. A call must be done in `CALL_SECONDS` as a whole:
    some hundred leases at once are meant, a few thousand pass.
    """

    name = "calls"

    def __init__(self, bus: Bus, leases: Leases, metrics: PresenceMetrics) -> None:
        self._bus = bus
        self._leases = leases
        self._metrics = metrics

    async def start(self) -> None:
        """Begin to serve."""
        queue = subjects.PRESENCE_QUEUE
        await self._bus.serve(subjects.PRESENCE_RENEW, queue, self.renew, concurrency=_CONCURRENCY)
        await self._bus.serve(subjects.PRESENCE_END, queue, self.end, concurrency=_CONCURRENCY)

    async def stop(self) -> None:
        """Do nothing: the bus drains what it serves when it stops."""

    async def renew(self, data: bytes) -> bytes:
        """Answer a `RenewCall`."""
        call = self._decoded("renew", _renew, data)
        if isinstance(call, bytes):
            return call
        try:
            await self._leases.renew(call.gateway, call.leases)
        except Problem as problem:
            return self._failed("renew", problem)
        self._metrics.called("renew", "ok", len(call.leases))
        return DONE

    async def end(self, data: bytes) -> bytes:
        """Answer an `EndCall`."""
        call = self._decoded("end", _end, data)
        if isinstance(call, bytes):
            return call
        try:
            await self._leases.end(call.leases)
        except Problem as problem:
            return self._failed("end", problem)
        self._metrics.called("end", "ok", len(call.leases))
        return DONE

    def _decoded(
        self, name: Literal["renew", "end"], decoder: msgspec.json.Decoder[T], data: bytes
    ) -> T | bytes:
        try:
            return decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self._metrics.called(name, "bad")
            return wire.encode(Failure(ErrorCode.BAD_FRAME, str(error)))

    def _failed(self, name: Literal["renew", "end"], problem: Problem) -> bytes:
        self._metrics.called(name, "unavailable")
        return wire.encode(Failure(problem.code, problem.message))
