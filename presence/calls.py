"""What gateways say over NATS about leases, people and typing. It keeps nothing itself."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from presence.announcer import WAITING, Announcer
from presence.leases_redis import Leases
from presence.metrics import Call, PresenceMetrics
from proto import limits, subjects, wire
from proto.audience import ConnectionsCall, ConnectionsReply
from proto.calls import (
    DONE,
    EndCall,
    Failure,
    Left,
    RenewCall,
    SeenCall,
    SeenReply,
    Settled,
    TakeCall,
    TakeReply,
    TypingCall,
    Use,
)
from proto.codes import ErrorCode
from proto.passing import Replaced
from services.bus import BusError
from services.bus_nats import Bus
from services.limiter_redis import Limiter, Take
from services.problem import Problem
from services.settings import Rate

T = TypeVar("T", RenewCall, EndCall, SeenCall, ConnectionsCall, TakeCall, Settled)

_CONCURRENCY: Final = 16
"""As many as there are connections to Redis; as many again wait, more are refused by the bus."""

_renew = msgspec.json.Decoder(RenewCall)
_end = msgspec.json.Decoder(EndCall)
_read = msgspec.json.Decoder(SeenCall)
_connections = msgspec.json.Decoder(ConnectionsCall)
_take = msgspec.json.Decoder(TakeCall)
_settled = msgspec.json.Decoder(Settled)
_typing = msgspec.json.Decoder(TypingCall)
_MALFORMED: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Calls:
    """Serves the `subjects.PRESENCE_…`, shared with the other replicas.

    All are idempotent. `PRESENCE_TYPING` is published and not asked; what is shed of it is counted
    and not said. A gateway that is answered a `Failure` with code `unavailable`, or not at
    all, has lost nothing yet: its next renewal within a lease makes it good, and a connection whose
    end was not heard goes silent with its lease. A call must be done in `CALL_SECONDS` as a whole:
    some hundred leases at once are meant, a few thousand pass.
    """

    name = "calls"

    def __init__(
        self,
        bus: Bus,
        leases: Leases,
        limiter: Limiter,
        announcer: Announcer,
        metrics: PresenceMetrics,
    ) -> None:
        self._bus = bus
        self._leases = leases
        self._limiter = limiter
        self._announcer = announcer
        self._metrics = metrics

    async def start(self) -> None:
        """Begin to serve."""
        queue = subjects.PRESENCE_QUEUE
        await self._bus.serve(subjects.PRESENCE_RENEW, queue, self.renew, concurrency=_CONCURRENCY)
        await self._bus.serve(subjects.PRESENCE_END, queue, self.end, concurrency=_CONCURRENCY)
        await self._bus.serve(subjects.PRESENCE_READ, queue, self.read, concurrency=_CONCURRENCY)
        await self._bus.serve(
            subjects.PRESENCE_CONNECTIONS, queue, self.connections, concurrency=_CONCURRENCY
        )
        await self._bus.serve(subjects.PRESENCE_TAKE, queue, self.take, concurrency=_CONCURRENCY)
        await self._bus.serve(
            subjects.PRESENCE_SETTLE, queue, self.settle, concurrency=_CONCURRENCY
        )
        await self._bus.serve(subjects.PRESENCE_TYPING, queue, self.typing, concurrency=WAITING)

    async def stop(self) -> None:
        """Do nothing: the bus drains what it serves when it stops."""

    async def renew(self, data: bytes) -> bytes:
        """Answer a `RenewCall`."""
        call = self._decoded("renew", _renew, data)
        if isinstance(call, bytes):
            return call
        try:
            beyond = await self._leases.renew(call.gateway, call.leases)
        except Problem as problem:
            return self._failed("renew", problem)
        for user, sessions in beyond.items():
            self._replace(user, sessions)
        self._metrics.called("renew", "ok", len(call.leases))
        return DONE

    async def end(self, data: bytes) -> bytes:
        """Answer an `EndCall`."""
        call = self._decoded("end", _end, data)
        if isinstance(call, bytes):
            return call
        try:
            await self._leases.end(call.leases, lingers=call.lingers)
        except Problem as problem:
            return self._failed("end", problem)
        self._metrics.called("end", "ok", len(call.leases))
        return DONE

    async def read(self, data: bytes) -> bytes:
        """Answer a `SeenCall` with a `SeenReply`: what `Leases.found` says."""
        call = self._decoded("read", _read, data)
        if isinstance(call, bytes):
            return call
        if len(call.users) > limits.WATCH_USERS:
            return self._too_many("read", len(call.users))
        try:
            people = await self._leases.found(call.users)
        except Problem as failed:
            return self._failed("read", failed)
        self._metrics.called("read", "ok", len(people))
        return wire.encode(SeenReply(people))

    async def connections(self, data: bytes) -> bytes:
        """Answer a `ConnectionsCall` with a `ConnectionsReply`: what lives at this moment."""
        call = self._decoded("connections", _connections, data)
        if isinstance(call, bytes):
            return call
        if len(call.users) > limits.WATCH_USERS:
            return self._too_many("connections", len(call.users))
        try:
            found = await self._leases.connections(call.users)
        except Problem as failed:
            return self._failed("connections", failed)
        self._metrics.called("connections", "ok", len(call.users))
        return wire.encode(ConnectionsReply(found))

    async def take(self, data: bytes) -> bytes:
        """Answer a `TakeCall`: not idempotent, what comes twice counts twice."""
        call = self._decoded("take", _take, data)
        if isinstance(call, bytes):
            return call
        try:
            taken = await self._limiter.run([_asked(use) for use in call.uses])
        except Problem as problem:
            return self._failed("take", problem)
        for use, one in zip(call.uses, taken, strict=True):
            if not one.allowed:
                self._limiter.count(use.limit, use.amount)
        self._metrics.called("take", "ok", len(taken))
        return wire.encode(TakeReply([Left(*one) for one in taken]))

    async def settle(self, data: bytes) -> bytes:
        """Answer a `Settled`: from then on others see them as they chose."""
        call = self._decoded("settle", _settled, data)
        if isinstance(call, bytes):
            return call
        try:
            await self._leases.settle([call])
        except Problem as problem:
            return self._failed("settle", problem)
        self._metrics.called("settle", "ok", 1)
        return DONE

    async def typing(self, data: bytes) -> bytes:
        """Take a `TypingCall`; whoever asks all the same is answered that it came."""
        try:
            call = _typing.decode(data)
        except _MALFORMED as error:
            self._metrics.typing("bad")
            return wire.encode(Failure(ErrorCode.BAD_FRAME, str(error)))
        self._announcer.heard(call)
        return DONE

    def _replace(self, user: str, sessions: list[str]) -> None:
        """Tell the gateways which sockets are beyond the limit."""
        try:
            self._bus.publish(subjects.user_passing(user), wire.encode(Replaced(user, sessions)))
        except BusError:
            self._metrics.called("renew", "dropped")  # the next renewal finds them again

    def _decoded(self, name: Call, decoder: msgspec.json.Decoder[T], data: bytes) -> T | bytes:
        try:
            return decoder.decode(data)
        except _MALFORMED as error:
            self._metrics.called(name, "bad")
            return wire.encode(Failure(ErrorCode.BAD_FRAME, str(error)))

    def _too_many(self, name: Call, users: int) -> bytes:
        self._metrics.called(name, "bad")
        problem = f"`users` has {users}, more than {limits.WATCH_USERS}"
        return wire.encode(Failure(ErrorCode.INVALID, problem))

    def _failed(self, name: Call, problem: Problem) -> bytes:
        self._metrics.called(name, "unavailable")
        return wire.encode(Failure(problem.code, problem.message))


def _asked(use: Use) -> Take:
    return Take(use.limit, Rate(use.count, use.seconds), use.owner, use.amount, use.used)
