"""Has people here shown by the name and picture they have now; who changed is auth's to say."""

from __future__ import annotations

import msgspec

from gateway.connection import Connection
from gateway.fanout import Fanout
from gateway.parcel import Parcel
from gateway.roster import Roster
from proto import calls, frames, subjects, wire
from services import logs_structlog
from services.bus_nats import Bus
from services.renames import Renames
from services.subjects_nats import Subjects

_log = logs_structlog.get_logger()


class Namer:
    """What a person says from now on bears their new name, and who shares a room with them is told.

    Passing: who was not here asks for names anyway.
    """

    def __init__(self, bus: Bus, roster: Roster, fanout: Fanout, renames: Renames) -> None:
        self._roster = roster
        self._fanout = fanout
        self._renames = renames
        renames.on_renamed = self._renamed
        self._subjects = Subjects(bus, self._arrived)
        self._subjects.add(subjects.HISTORY_RENAMED)

    def _renamed(self, renamed: calls.Renamed) -> None:
        """Let the tokens of living sockets say the new name."""
        person = self._roster.get(renamed.user.id)
        for connection in person.connections if person is not None else ():
            if connection.claims is not None:
                connection.claims = self._renames.present(connection.claims)

    def _arrived(self, _subject: str, data: bytes, _headers: bytes, _reply: str) -> None:
        try:
            told = msgspec.json.decode(data, type=calls.RenamedIn)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            _log.warning("unreadable rename")
            return
        person = self._roster.get(told.user.id)
        # Once each, however many rooms they share.
        hearing: set[Connection] = set() if person is None else set(person.connections)
        for room in told.rooms:
            entry = self._fanout.get(room)
            if entry is not None:
                hearing |= entry.connections
        parcel = Parcel(wire.encode(frames.UserUpdated(user=told.user)))
        for connection in hearing:
            if connection.is_live:
                connection.socket.send(parcel[connection.socket.form])
