"""Serves what other services ask on NATS; the answers are made by `reader` and `marker`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec

from history.deliveries import Deliveries
from history.marker import Marker
from history.metrics import HistoryMetrics
from history.pacer import Pacer
from history.reader import Reader
from history.registrar import Registrar
from history.welcomer import Welcomer
from proto import audience, calls, deliveries, ids, subjects, wire
from proto.codes import ErrorCode
from services import clock
from services.bus_nats import Bus
from services.problem import Problem

C = TypeVar("C")
Answer = Callable[[C], Awaitable[object]]

CONCURRENCY: Final = 32
HELLOS: Final = 256
"""At once: many are answered by one read, see `gatherer`."""


class Calls:
    """A part of the service: from its start on, requests are answered until the bus stops.

    Whatever cannot be answered is answered with `calls.Failure`.
    """

    name = "calls"

    def __init__(
        self,
        bus: Bus,
        reader: Reader,
        marker: Marker,
        pacer: Pacer,
        welcomer: Welcomer,
        registrar: Registrar,
        deliveries: Deliveries,
        metrics: HistoryMetrics,
    ) -> None:
        self._bus = bus
        self._registrar = registrar
        self._deliveries = deliveries
        self._reader = reader
        self._marker = marker
        self._pacer = pacer
        self._welcomer = welcomer
        self._metrics = metrics

    async def start(self) -> None:
        """Serve. Raises BusError when NATS does not take the subscriptions."""
        reader = self._reader
        await self._serve(subjects.HISTORY_HELLO, calls.HelloCall, self._hello, HELLOS)
        await self._serve(subjects.HISTORY_MEMBER, calls.MemberCall, self._member)
        await self._serve(subjects.HISTORY_EVENTS, calls.EventsCall, reader.events)
        await self._serve(subjects.HISTORY_KEY, calls.KeyCall, reader.key)
        await self._serve(subjects.HISTORY_PICTURE, calls.KeptCall, reader.kept)
        await self._serve(subjects.HISTORY_MENTIONS, calls.MentionsCall, reader.mentions)
        await self._serve(subjects.HISTORY_PEERS, calls.PeersCall, reader.peers)
        await self._serve(subjects.HISTORY_SETTLED, calls.SettledCall, reader.settled)
        await self._serve(subjects.HISTORY_ROSTER, calls.RosterCall, reader.roster)
        await self._serve(subjects.HISTORY_AUDIENCE, audience.AudienceCall, reader.audience)
        await self._serve(subjects.HISTORY_BADGES, audience.BadgesCall, reader.badges)
        told = self._deliveries
        await self._serve(subjects.HISTORY_WEBHOOKS, deliveries.WebhooksCall, told.webhooks)
        await self._serve(subjects.HISTORY_DELIVERY, deliveries.DeliveryCall, told.delivery)
        await self._serve(subjects.HISTORY_DELIVERED, deliveries.DeliveredCall, told.delivered)
        await self._serve(subjects.HISTORY_PACE, calls.PaceCall, self._pace)
        await self._serve(subjects.HISTORY_READ, calls.ReadCall, self._read)
        await self._serve(subjects.AUTH_RENAMED, calls.Renamed, self._renamed)

    async def stop(self) -> None:
        """Nothing to do: the bus finishes what is at work when it stops."""

    async def _serve(
        self, subject: str, type_: type[C], answer: Answer[C], at_once: int = CONCURRENCY
    ) -> None:
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(type_)
        call = subject.rpartition(".")[2]

        async def handle(data: bytes) -> bytes:
            began = clock.monotonic()
            reply = await _answered(decoder, answer, data)
            outcome = reply.code if isinstance(reply, calls.Failure) else "ok"
            self._metrics.calls.labels(call, outcome).inc()
            self._metrics.call_seconds.labels(call).observe(clock.monotonic() - began)
            return wire.encode(reply)

        await self._bus.serve(subject, subjects.HISTORY_QUEUE, handle, concurrency=at_once)

    async def _hello(self, call: calls.HelloCall) -> calls.HelloReply:
        await self._welcomer.welcome(call.user, call.username, call.display_name)
        reply = await self._reader.hello(call.user)
        self._registrar.look(peer.id for known in reply.rooms for peer in known.room.peers)
        return reply

    async def _member(self, call: calls.MemberCall) -> calls.MemberReply:
        return await self._reader.member(call.room, call.user)

    async def _pace(self, call: calls.PaceCall) -> calls.PaceReply:
        if ids.key_ms(call.key) is None:
            raise Problem(ErrorCode.BAD_KEY, "a message key is a UUIDv7")
        return calls.PaceReply(await self._pacer.wait_ms(call.room, call.user, call.key))

    async def _renamed(self, call: calls.Renamed) -> calls.RenamedIn:
        return await self._registrar.renamed(call.user)

    async def _read(self, call: calls.ReadCall) -> object:
        mark = await self._marker.read(call.room, call.user, call.seq)
        if mark is None:
            return calls.Failure(ErrorCode.NOT_FOUND, "not a member of that room")
        return mark


async def _answered(
    decoder: msgspec.json.Decoder[Any], answer: Callable[[Any], Awaitable[object]], data: bytes
) -> object:
    """The answer, or the failure that stands for it."""
    try:
        return await answer(decoder.decode(data))
    except msgspec.DecodeError as error:
        return calls.Failure(ErrorCode.BAD_FRAME, str(error))
    except Problem as problem:
        return calls.Failure(problem.code, problem.message)
