"""Acts on membership and a room's terms at their place in the log; who decides them is history."""

from __future__ import annotations

from gateway import terms
from gateway.admitter import Admitter
from gateway.doubter import Doubter
from gateway.fanout import Fanout
from gateway.metrics import GatewayMetrics
from gateway.roster import Roster
from proto import events


class Membership:
    """Called for every event that is not a message, right after it was delivered."""

    def __init__(
        self,
        roster: Roster,
        fanout: Fanout,
        admitter: Admitter,
        doubter: Doubter,
        metrics: GatewayMetrics,
    ) -> None:
        self._roster = roster
        self._fanout = fanout
        self._admitter = admitter
        self._doubter = doubter
        self._metrics = metrics

    def happened(self, room: str, event: events.LogEvent) -> None:
        """Let people in or out, so that what comes after the event finds it done."""
        match event:
            case events.MemberJoined():
                self._count(room, 1)
                self._admitter.admit_soon(room, event.user)
            case events.MemberLeft() | events.MemberRemoved():
                self._count(room, -1)
                if self._remove(room, event.user) and isinstance(event, events.MemberRemoved):
                    self._metrics.kicked("removed", event.ts)
                self._doubter.doubt(event.user)
            case events.MemberRole():
                person = self._roster.get(event.user)
                if person is not None and room in person.rooms:
                    person.rooms[room] = event.role
            case events.RoomDeleted():
                self._clear(room)
            case events.RoomUpdated() | events.MemberMuted():
                entry = self._fanout.get(room)
                if entry is not None:
                    entry.terms = terms.after(entry.terms, event)
            case _:
                pass

    def _count(self, room: str, change: int) -> None:
        entry = self._fanout.get(room)
        if entry is not None:
            entry.members += change

    def _remove(self, room: str, user: str) -> bool:
        """Let somebody out; True if they were in, here."""
        person, entry = self._roster.get(user), self._fanout.get(room)
        if person is None:
            return False
        was_in = person.rooms.pop(room, None) is not None
        if entry is not None:
            for connection in person.connections:
                self._fanout.detach(entry, connection)
        return was_in

    def _clear(self, room: str) -> None:
        # Also of those who are about to resume it, and are not attached yet.
        for person in self._roster:
            if person.rooms.pop(room, None) is not None:
                self._doubter.doubt(person.id)
        entry = self._fanout.get(room)
        if entry is not None:
            for connection in list(entry.connections):
                self._fanout.detach(entry, connection)
