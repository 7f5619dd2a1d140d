"""A room's state brought from what history counted up to the present."""

from __future__ import annotations

import msgspec

from gateway.room import Event
from gateway.summary import advance, is_outdated
from proto import events, shapes, wire

ME, YOU = "u_me", "u_you"
ROOM = shapes.Room(
    id="r1", kind="public", name="General", role="member", members=3, last_seq=10, read_seq=8,
    unread=2, mentions=1,
)  # fmt: skip


def _at(seq: int, event: events.LogEvent) -> Event:
    return Event(seq, seq - 1, wire.encode(event))


def _said(seq: int, sender: str, **fields: object) -> Event:
    message = {
        "type": "message", "room": "r1", "ts": 1, "id": f"k{seq}", "sender": sender,
        "sender_name": sender, "text": "hi", **fields,
    }  # fmt: skip
    return Event(seq, seq - 1, wire.encode(message))


def _advance(*later: Event, state: shapes.Room = ROOM) -> shapes.Room:
    room = advance(state, later, ME)
    assert room is not None
    return room


def test_a_membership_begins_with_everything_read() -> None:
    """Also one that history has counted already and the log tells of later; a mark stays ahead."""
    begun = _at(11, events.MemberJoined(room="r1", ts=1, user=ME, by=YOU, role="member"))
    state = _advance(begun, _said(12, YOU))
    assert (state.read_seq, state.unread, state.mentions) == (11, 1, 0)
    other = _at(11, events.MemberJoined(room="r1", ts=1, user=YOU, by=YOU, role="member"))
    assert _advance(other) == ROOM
    ahead = msgspec.structs.replace(ROOM, read_seq=20)
    assert _advance(begun, state=ahead).read_seq == 20


def test_without_later_events_nothing_changes() -> None:
    """What history says stands."""
    assert _advance() == ROOM


def test_what_was_deleted_since_does_not_count() -> None:
    """Neither as unread nor as a mention; one's own was spoken all the same and moves the mark."""
    gone = _at(13, events.MessageDeleted(room="r1", ts=1, target=11, by=YOU))
    state = _advance(_said(11, YOU, mentions=[ME]), _said(12, YOU), gone)
    assert (state.unread, state.mentions) == (ROOM.unread + 1, ROOM.mentions)
    gone = _at(12, events.MessageDeleted(room="r1", ts=1, target=11, by=ME))
    assert _advance(_said(11, ME), gone).read_seq == 11


def test_others_messages_count_and_mentions_of_me_too() -> None:
    """By the definition of protocol.md: not mine, above the mark, no thread replies."""
    room = _advance(
        _said(11, YOU),
        _said(12, YOU, mentions=[ME]),
        _said(13, YOU, everyone=True),
        _said(14, YOU, thread=11),
        _said(7, YOU),
    )
    assert (room.unread, room.mentions, room.read_seq) == (5, 3, 8)


def test_my_own_message_moves_the_mark() -> None:
    """Whoever speaks has read what was there."""
    room = _advance(_said(11, YOU), _said(12, ME), _said(13, YOU))
    assert (room.unread, room.mentions, room.read_seq) == (1, 0, 12)


def test_what_a_room_asks_is_as_its_log_has_it_last() -> None:
    """Slow mode, archive, and whether I am muted: nobody else's mute is mine."""
    slow = events.RoomUpdated(room="r1", ts=1, by=YOU, slow_mode_seconds=30, topic="news")
    state = _advance(
        _at(11, slow),
        _at(12, events.RoomUpdated(room="r1", ts=1, by=YOU, archived=True)),
        _at(13, events.MemberMuted(room="r1", ts=1, by=YOU, user=ME, until_ms=99)),
        _at(14, events.MemberMuted(room="r1", ts=1, by=YOU, user=YOU, until_ms=None)),
    )
    assert (state.slow_mode_seconds, state.archived, state.topic) == (30, True, "news")
    assert (state.muted_until_ms, state.name) == (99, "General")


def test_leaving_and_removal_end_it() -> None:
    """A room one is out of is not shown; others' leaving is no matter here."""
    left = events.MemberLeft(room="r1", ts=1, user=ME, by=ME, role="member")
    removed = events.MemberRemoved(room="r1", ts=1, user=ME, by=YOU, role="member")
    other = events.MemberLeft(room="r1", ts=1, user=YOU, by=YOU, role="member")
    assert advance(ROOM, [_at(11, left)], ME) is None
    assert advance(ROOM, [_at(11, removed)], ME) is None
    assert advance(ROOM, [_at(11, other)], ME) == ROOM


def test_what_blocked_people_say_does_not_count() -> None:
    """Not as unread nor as a mention of all; what others say does."""
    later = [_said(11, YOU, everyone=True), _said(12, "u_other", mentions=[ME])]
    room = advance(ROOM, later, ME, {YOU})
    assert room is not None
    assert (room.unread, room.mentions) == (ROOM.unread + 1, ROOM.mentions + 1)


def test_who_left_and_came_back_is_in_with_nothing_unread() -> None:
    """New members start with everything read."""
    left = events.MemberLeft(room="r1", ts=1, user=ME, by=ME, role="member")
    back = events.MemberJoined(room="r1", ts=1, user=ME, by=ME, role="member")
    room = _advance(_at(11, left), _said(12, YOU), _at(13, back), _said(14, YOU))
    assert (room.role, room.unread) == ("member", 1)


def test_a_deleted_room_is_gone() -> None:
    """For everyone."""
    assert advance(ROOM, [_at(11, events.RoomDeleted(room="r1", ts=1, by=YOU))], ME) is None


def test_role_name_and_topic_follow_the_log() -> None:
    """Only what the event names changes."""
    mine = events.MemberRole(room="r1", ts=1, user=ME, by=YOU, role="moderator")
    other = events.MemberRole(room="r1", ts=1, user=YOU, by=ME, role="owner")
    renamed = events.RoomUpdated(room="r1", ts=1, by=YOU, name="New")
    room = _advance(_at(11, mine), _at(12, other), _at(13, renamed))
    assert (room.role, room.name, room.topic) == ("moderator", "New", "")
    topic = events.RoomUpdated(room="r1", ts=1, by=YOU, topic="Tea")
    room = _advance(_at(11, topic))
    assert (room.name, room.topic) == ("General", "Tea")


def test_an_unreadable_event_changes_nothing() -> None:
    """History sets it aside as well."""
    assert _advance(Event(11, 10, b"{")) == ROOM


def _edit(seq: int, target: int, *mentions: str, everyone: bool = False) -> Event:
    edit = events.MessageEdited(
        room="r1", ts=1, target=target, by=YOU, text="x", mentions=list(mentions),
        everyone=True if everyone else msgspec.UNSET,
    )  # fmt: skip
    return _at(seq, edit)


def test_an_edit_mentions_anew() -> None:
    """The last one counts, whatever the text said first."""
    said = _said(11, YOU, mentions=[ME])
    assert _advance(said, _edit(12, 11)).mentions == ROOM.mentions
    assert _advance(said, _edit(12, 11), _edit(13, 11, ME)).mentions == ROOM.mentions + 1
    plain = _said(11, YOU)
    assert _advance(plain, _edit(12, 11, everyone=True)).mentions == ROOM.mentions + 1
    assert _advance(plain, _edit(12, 9, ME)).mentions == ROOM.mentions


def test_what_history_has_counted_it_alone_can_count_anew() -> None:
    """When an edit or a deletion is about a message above the mark that is not at hand."""
    gone = _at(12, events.MessageDeleted(room="r1", ts=1, target=9, by=YOU))
    assert is_outdated(ROOM, [gone])
    assert is_outdated(ROOM, [_said(11, YOU), _edit(12, 9)])
    assert not is_outdated(ROOM, [_edit(12, 8)])
    assert not is_outdated(ROOM, [_said(11, YOU), _edit(12, 11)])
    assert not is_outdated(msgspec.structs.replace(ROOM, unread=0), [gone])
    other = _at(12, events.RoomUpdated(room="r1", ts=1, by=YOU, name="x"))
    assert not is_outdated(ROOM, [other])
