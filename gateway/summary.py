"""A room's state for one person, brought from what history counted up to now; pure, no I/O.

Unread is derived, never incremented across connections (protocol.md §8): history counts up to
`as_of`, and the log's events after it are added here, by the same definition.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from msgspec import UNSET

from gateway.room import Event, is_message
from proto import events, shapes


def advance(
    state: shapes.Room,
    later: Sequence[Event],
    user: str,
    blocked: Collection[str] = frozenset(),
) -> shapes.Room | None:
    """Apply the log events after `as_of` to `state`; None if the user is not in the room then.

    What those say whom the user has `blocked` does not count as unread.

    `members` stays as history has it: it knows of joins and leaves before the log does.
    Events that cannot be read change nothing: history sets them aside too.
    """
    if not later:
        return state  # as in nearly every room of a hello
    room: shapes.Room | None = state
    told = [(event.seq, happened) for event in later if (happened := event.happened) is not None]
    edits = {e.target: e for _, e in told if isinstance(e, events.MessageEdited)}
    deleted = {event.target for _, event in told if isinstance(event, events.MessageDeleted)}
    for seq, event in told:
        happened = event
        if isinstance(event, events.Message):
            if event.sender in blocked or (seq in deleted and event.sender != user):
                continue
            happened = _edited(event, edits.get(seq))
        if room is not None:
            room = _apply(room, happened, seq, user)
        elif isinstance(happened, events.MemberJoined) and happened.user == user:
            room = _apply(state, happened, seq, user)
    return room


def is_outdated(state: shapes.Room, later: Sequence[Event]) -> bool:
    """Whether a later event is about a message that history may have counted as unread.

    What it counted is not known one by one: once it has stored that event, it counts right.
    """
    if not later or state.unread == 0:
        return False
    known = {event.seq for event in later}
    about = (event.happened for event in later if not is_message(event.body))
    return any(
        isinstance(event, events.MessageEdited | events.MessageDeleted)
        and event.target > state.read_seq
        and event.target not in known
        for event in about
    )


def _edited(message: events.Message, edit: events.MessageEdited | None) -> events.Message:
    """Whom a message mentions after its last edit."""
    if edit is None:
        return message
    return msgspec.structs.replace(message, mentions=edit.mentions, everyone=edit.everyone is True)


def _apply(room: shapes.Room, happened: events.LogEvent, seq: int, user: str) -> shapes.Room | None:
    replace = msgspec.structs.replace
    match happened:
        case events.Message():
            return _message(room, happened, seq, user)
        case events.MemberJoined() if happened.user == user:
            # A membership begins with everything read (protocol.md §9).
            mark = max(room.read_seq, seq)
            return replace(room, role=happened.role, read_seq=mark, unread=0, mentions=0)
        case events.MemberLeft() | events.MemberRemoved():
            return None if happened.user == user else room
        case events.RoomDeleted():
            return None
        case events.MemberRole() if happened.user == user:
            return replace(room, role=happened.role)
        case events.MemberMuted() if happened.user == user:
            return replace(room, muted_until_ms=happened.until_ms)
        case events.RoomUpdated():
            given = {name: getattr(happened, name) for name in events.ROOM_FIELDS}
            changed = {name: value for name, value in given.items() if value is not UNSET}
            return replace(room, **changed)
        case _:
            return room


def _message(room: shapes.Room, message: events.Message, seq: int, user: str) -> shapes.Room:
    if message.sender == user:
        # Whoever speaks has read what was there.
        return msgspec.structs.replace(room, read_seq=seq, unread=0, mentions=0)
    if message.thread is not None or seq <= room.read_seq:
        return room
    hit = message.everyone or user in message.mentions
    return msgspec.structs.replace(
        room, unread=room.unread + 1, mentions=room.mentions + (1 if hit else 0)
    )
