"""Passes on who types, both ways; how often it counts and who is shown is `typists`'s.

Typing is the first thing to be shed: when NATS or a socket takes too little, it is dropped, and
nobody is told. Presence ends by itself what is not repeated.
"""

from __future__ import annotations

import asyncio

from gateway.connection import Connection
from gateway.fanout import Entry, Fanout
from gateway.metrics import GatewayMetrics
from gateway.parcel import Parcel
from gateway.roster import Person
from gateway.typists import Shown, Typists
from proto import calls, frames, limits, subjects, wire
from proto.passing import TypingChanged
from services import clock
from services.bus import BusError, Loss
from services.bus_nats import Bus

PENDING_BYTES = 262_144
"""More that NATS has not taken yet, and no typing is passed on."""
OUTBOX_BYTES = limits.OUTBOX_BYTES // 4
"""More that a socket has not taken yet, and it is told of nobody who begins to type."""
_LOOK_SECONDS = 1.0


class Announcer:
    """What people here type goes to presence; what presence makes of it comes back to everyone."""

    def __init__(self, bus: Bus, fanout: Fanout, metrics: GatewayMetrics) -> None:
        self._bus = bus
        self._fanout = fanout
        self._metrics = metrics
        self._typists = Typists()
        self._shown: dict[str, Shown] = {}
        fanout.on_typing = self.changed
        bus.on_loss.append(self._on_loss)

    def __len__(self) -> int:
        """How many people and rooms something is kept of."""
        return len(self._typists) + len(self._shown)

    # ------------------------------------------------------------------------ what people do

    def typed(self, connection: Connection, typing: frames.Typing) -> None:
        """Take a `typing` frame: only of a room one is in, and that is not too large."""
        person, entry = connection.person, self._fanout.get(typing.room)
        if person is None or entry is None or typing.room not in person.rooms:
            return
        if entry.members > limits.TYPING_MEMBERS:
            self._metrics.typing.labels("large_room").inc()
        elif self._is_loaded():
            self._metrics.typing.labels("shed").inc()
        else:
            now, now_ms = clock.monotonic(), clock.now_ms()
            at_ms = self._typists.say(
                person.id, typing.room, connection.id, now, now_ms, active=typing.active
            )
            self._metrics.typing.labels("let_by" if at_ms is None else "passed").inc()
            if at_ms is not None:
                self._pass_on(person, typing.room, at_ms, active=typing.active)

    def spoke(self, connection: Connection, room: str) -> None:
        """Learn that the person's message is in the log: they type no more."""
        person = connection.person
        if person is None:
            return
        at_ms = self._typists.spoke(person.id, room, clock.monotonic(), clock.now_ms())
        if at_ms is not None:
            self._pass_on(person, room, at_ms, active=False)

    def closed(self, connection: Connection) -> None:
        """Learn that a connection is gone, and with it what was typed there. Idempotent."""
        person = connection.person
        if person is None:
            return
        now, now_ms = clock.monotonic(), clock.now_ms()
        for room, at_ms in self._typists.left(person.id, connection.id, now, now_ms):
            self._pass_on(person, room, at_ms, active=False)
        if not person.connections:
            self._typists.forget(person.id)

    def _pass_on(self, person: Person, room: str, at_ms: int, *, active: bool) -> None:
        if self._is_loaded():
            return  # an end: it comes by expiry, then
        call = calls.TypingCall(room, person.id, active, at_ms)
        try:
            self._bus.publish(subjects.PRESENCE_TYPING, wire.encode(call))
        except BusError:
            self._metrics.typing.labels("shed").inc()

    def _is_loaded(self) -> bool:
        # Without a connection it would wait for the next one, and be untrue by then.
        return not self._bus.connected or self._bus.connection.pending_bytes > PENDING_BYTES

    # ---------------------------------------------------------------------- what people see

    def changed(self, entry: Entry, changed: TypingChanged) -> None:
        """Tell everyone here who is in the room, but the person's own connections."""
        shown = self._shown.get(entry.id)
        if shown is None:
            shown = self._shown[entry.id] = Shown()
        if shown.take(changed.user, changed.rev, clock.monotonic(), active=changed.active):
            self._tell(entry, changed.user, active=changed.active)

    async def run(self) -> None:
        """Forget what is over, for ever."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self.look(clock.monotonic())

    def look(self, now: float) -> None:
        """End what lasted too long, and forget what is over; `now` in monotonic seconds."""
        for room, shown in list(self._shown.items()):
            entry = self._fanout.get(room)
            ended = shown.prune(now)
            # A room is followed for a while after the last one has left it.
            if entry is None or not entry.connections or not len(shown):
                del self._shown[room]
            if entry is not None:
                self._end(entry, ended)

    def _on_loss(self, _reason: Loss) -> None:
        """Show nobody as typing whose end may have been lost."""
        for room, shown in self._shown.items():
            entry = self._fanout.get(room)
            if entry is not None:
                self._end(entry, shown.end())

    def _end(self, entry: Entry, users: list[str]) -> None:
        for user in users:
            self._tell(entry, user, active=False)

    def _tell(self, entry: Entry, user: str, *, active: bool) -> None:
        event = frames.TypingEvent(room=entry.id, user=user, active=active)
        parcel = Parcel(wire.encode(event))
        for connection in entry.others(user):
            socket = connection.socket
            # An end is never left out: nothing would follow it.
            if not active or socket.outbox_bytes <= OUTBOX_BYTES:
                socket.send(parcel[socket.form])
