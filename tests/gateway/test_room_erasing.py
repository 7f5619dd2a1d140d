"""A room's run once messages are deleted: no word of them is released, held or in the tail."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.room import Event, Room, State, erased, lacks_deleted
from proto import events, ids, wire
from proto.previews import LinkPreview

# The other half of what tests this core to its last branch.
pytestmark = pytest.mark.core

KEY = ids.uuid7(1, bytes(10))
Log = list[Event]


def said(seq: int, prev: int, text: str = "secret") -> Event:
    """A message."""
    event = events.Message(room="r", ts=1, id=KEY, sender="ada", sender_name="Ada", text=text)
    return Event(seq, prev, wire.encode(event))


def edited(seq: int, prev: int, target: int, text: str = "secret") -> Event:
    """An edit."""
    event = events.MessageEdited(room="r", ts=1, target=target, by="ada", text=text)
    return Event(seq, prev, wire.encode(event))


def previewed(seq: int, prev: int, target: int, title: str = "secret") -> Event:
    """Previews of its links."""
    found = [LinkPreview(url="https://a.example/", title=title)]
    event = events.MessagePreview(room="r", ts=1, target=target, previews=found)
    return Event(seq, prev, wire.encode(event))


def deleted(seq: int, prev: int, target: int) -> Event:
    """A deletion."""
    return Event(
        seq, prev, wire.encode(events.MessageDeleted(room="r", ts=1, target=target, by="a"))
    )


def whole(log: Log) -> Room:
    """A room that took all of it as it came."""
    room = Room()
    room.prime(0)
    for event in log:
        room.accept(*event)
    return room


def words(run: list[Event]) -> list[bool]:
    """Of each event, whether a word is left."""
    return [b"secret" in event.body for event in run]


def test_a_deletion_empties_the_tail() -> None:
    """The message and its edits keep their places; another message keeps its words."""
    room = whole([said(1, 0), said(2, 1), edited(3, 2, 1), edited(4, 3, 2), deleted(5, 4, 1)])
    tail = room.since(0) or []
    assert [event.seq for event in tail] == [1, 2, 3, 4, 5]
    assert words(tail) == [False, True, False, True, False]
    first = tail[0].happened
    assert isinstance(first, events.Message)
    assert first.deleted is True
    assert room._bytes == sum(len(event.body) for event in tail)


def test_a_deletion_empties_previews() -> None:
    """Nobody hears what a deleted message led to; the previews of another one stay."""
    room = whole([said(1, 0), previewed(2, 1, 1), said(3, 2), previewed(4, 3, 3), deleted(5, 4, 1)])
    tail = room.since(0) or []
    assert words(tail) == [False, False, True, True, False]
    emptied = tail[1].happened
    assert emptied == events.MessagePreview(room="r", ts=1, target=1, previews=[])


def test_what_is_held_is_released_without_a_word() -> None:
    """Message and deletion behind the same hole, and while the place in the log is not known."""
    room = whole([said(1, 0)])
    for event in (said(3, 2), deleted(4, 3, 3), deleted(5, 4, 1)):
        assert list(room.accept(*event)) == []
    assert words(room.since(0) or []) == [False]
    due = list(room.fill([said(2, 1, "word")], 2))
    assert [event.seq for event in due] == [2, 3, 4, 5]
    assert words(due) == [False] * 4
    assert b'"word"' in due[0].body
    priming = Room()
    for event in (said(1, 0), deleted(2, 1, 1)):
        priming.accept(*event)
    assert words(list(priming.prime(0))) == [False, False]
    assert priming._held_bytes == 0


def test_what_fills_a_hole_has_no_word_of_what_is_deleted_behind_it() -> None:
    """A replica of the log may give what another one has erased; and a hole may hold a deletion."""
    room = whole([said(1, 0)])
    room.accept(*deleted(4, 3, 2))
    due = list(room.fill([said(2, 1), deleted(3, 2, 1)], 3))
    assert words(due) == [False, False, False]
    assert words(room.since(0) or []) == [False] * 4
    assert room.state is State.WHOLE


def test_what_is_put_before_the_tail_has_none_either() -> None:
    """The tail says what is deleted of it."""
    room = Room()
    room.prime(2)
    room.accept(*deleted(3, 2, 1))
    room.extend_back([said(1, 0), said(2, 1)], 0, 2)
    assert words(room.since(0) or []) == [False, True, False]


def test_a_stretch_is_given_without_them() -> None:
    """By what stands in it, or in what follows it."""
    run = [said(1, 0), edited(2, 1, 1), said(3, 2)]
    assert words(erased([*run, deleted(4, 3, 1)])) == [False, False, True, False]
    assert words(erased(run, [deleted(4, 3, 3)])) == [True, True, False]
    assert erased(run) == run


def test_a_stretch_says_whether_a_tombstone_is_missing() -> None:
    """Of what was deleted above where it starts; who read from there holds what is below."""
    run = [said(2, 1), said(4, 2), deleted(5, 4, 3)]
    assert lacks_deleted(run, 1)
    assert lacks_deleted(run, 2)
    assert not lacks_deleted(run, 3)
    assert not lacks_deleted([*run[:2], deleted(5, 4, 4)], 1)
    assert not lacks_deleted(run[:2], 1)
    assert lacks_deleted([*run[:2], deleted(5, 4, 4), deleted(6, 5, 3)], 1)


@pytest.mark.parametrize("body", [b'{"type":"message.deleted",}', b'{"type":"message.edited",}'])
def test_what_cannot_be_read_deletes_nothing(body: bytes) -> None:
    """Nor is it changed."""
    run = [said(1, 0), Event(2, 1, body), deleted(3, 2, 7)]
    assert erased(run) == run


@given(st.lists(st.sampled_from("sed"), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_whatever_is_lost_on_the_way(steps: list[str], chance: random.Random) -> None:
    """Says, edits and deletions, some of them missed and filled in later: in the end the tail has
    all of them in order, and no word of what is deleted; nor was one released after it was."""
    log: Log = []
    gone: set[int] = set()
    for seq, step in enumerate(steps, 1):
        messages = [e.seq for e in log if b'"message"' in e.body and e.seq not in gone]
        if step == "s" or not messages:
            log.append(said(seq, seq - 1))
        elif step == "e":
            log.append(edited(seq, seq - 1, chance.choice(messages)))
        else:
            log.append(deleted(seq, seq - 1, target := chance.choice(messages)))
            gone.add(target)
    room = Room()
    room.prime(0)
    told: set[int] = set()
    for event in log:
        if chance.random() < 0.3:
            continue
        if b"message.deleted" in event.body:
            told.add(_target(event))
        _check(room.accept(*event), told)
    room.notice(log[-1].seq)
    while (hole := room.hole()) is not None:
        missed = [event for event in log if hole[0] < event.seq <= hole[1]]
        told |= {_target(event) for event in missed if b"message.deleted" in event.body}
        _check(room.fill(missed, hole[1]), told)
    tail = room.since(0) or []
    assert [event.seq for event in tail] == [event.seq for event in log]
    _check(tail, gone)
    for event in tail:
        if event.seq not in gone and b'"message"' in event.body:
            assert b"secret" in event.body


def _target(event: Event) -> int:
    happened = event.happened
    assert isinstance(happened, events.MessageDeleted | events.MessageEdited)
    return happened.target


def _check(run: object, gone: set[int]) -> None:
    assert isinstance(run, list | tuple)
    for event in run:
        target = _target(event) if b"message.edited" in event.body else event.seq
        if target in gone:
            assert b"secret" not in event.body
