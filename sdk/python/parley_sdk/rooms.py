"""The rooms one is in, kept up with what the server says; not their counts, which `ready` has."""

from __future__ import annotations

import msgspec

from proto import events, frames
from proto.shapes import Room

Rooms = dict[str, Room]


def keep_up(rooms: Rooms, event: events.LogEvent, me: str | None) -> None:
    """Take a log event of one of them, or of another room, which changes nothing."""
    room = rooms.get(event.room)
    if room is None:
        return
    match event:
        case events.RoomUpdated():
            changed = {
                name: value
                for name in events.ROOM_FIELDS
                if (value := getattr(event, name)) is not msgspec.UNSET
            }
            rooms[event.room] = msgspec.structs.replace(room, **changed)
        case events.MemberMuted() if event.user == me:
            rooms[event.room] = msgspec.structs.replace(room, muted_until_ms=event.until_ms)
        case events.RoomDeleted():
            del rooms[event.room]
        case events.MemberLeft() | events.MemberRemoved() if event.user == me:
            del rooms[event.room]


def prefer(rooms: Rooms, chosen: frames.RoomPreferences) -> None:
    """Take how one has chosen to have a room, on this device or another."""
    room = rooms.get(chosen.room)
    if room is not None:
        rooms[chosen.room] = msgspec.structs.replace(
            room, muted=chosen.muted, notify=chosen.notify, favourite=chosen.favourite
        )
