"""A room's unbroken run: what is released, what is held back, and what a tail can answer."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import room as room_module
from gateway.room import Event, Room, State, is_event, join
from proto import limits

Log = list[Event]


def _log(gaps: list[int], size: int = 1) -> Log:
    """A room's log whose sequences rise by the given steps."""
    events, seq = [], 0
    for gap in gaps:
        prev, seq = seq, seq + gap
        events.append(Event(seq, prev, b'{"type":"message","n":%d}' % seq + b" " * (size - 1)))
    return events


def _accept(room: Room, event: Event) -> list[int]:
    return [due.seq for due in room.accept(*event)]


def _whole(log: Log) -> Room:
    room = Room()
    room.prime(0)
    for event in log:
        room.accept(*event)
    return room


def test_nothing_is_released_before_the_place_in_the_log_is_known() -> None:
    """Events held while priming are released by `prime`, but for those it already counts."""
    room, log = Room(), _log([1, 1, 1])
    assert [_accept(room, event) for event in log] == [[], [], []]
    assert room.state is State.PRIMING
    assert [event.seq for event in room.prime(1)] == [2, 3]
    assert (room.state, room.last, room.tail_from) == (State.WHOLE, 3, 1)


def test_priming_twice_changes_nothing() -> None:
    """The first answer of the log counts; a later one is stale."""
    room = _whole(_log([1, 1]))
    assert room.prime(7) == ()
    assert room.last == 2


def test_a_room_whose_log_was_let_go_of_begins_where_history_says() -> None:
    """What was before that is not known, and not taken for nothing; what is held is released."""
    room = Room()
    assert (room.lacks(5), list(room.begin(5))) == (False, [])  # not before it is primed
    room.prime(0)
    assert room.lacks(5)
    assert list(room.accept(9, 5, b"{}")) == []
    assert [event.seq for event in room.begin(5)] == [9]
    assert (room.state, room.last, room.tail_from) == (State.WHOLE, 9, 5)
    assert room.since(4) is None
    assert [event.seq for event in room.since(5) or []] == [9]
    assert (room.lacks(5), list(room.begin(7))) == (False, [])


def test_an_event_that_names_nothing_before_it_does_not_begin_a_room() -> None:
    """The log has forgotten what was before; the event itself, and none earlier, is known."""
    room = Room()
    room.prime(0)
    assert [event.seq for event in room.accept(9, 0, b"{}")] == [9]
    assert not room.lacks(9)
    assert room.lacks(5)
    assert list(room.begin(5)) == []
    assert (room.last, room.tail_from) == (9, 5)
    assert room.since(4) is None


def test_a_double_is_dropped() -> None:
    """An event at or below the last one is not released again."""
    log = _log([1, 1])
    room = _whole(log)
    assert _accept(room, log[0]) == []
    assert _accept(room, log[1]) == []


def test_a_lower_prev_is_no_loss() -> None:
    """The log may have dropped the event before (trimmed, deleted): the run goes on."""
    room = _whole(_log([5]))
    assert [event.seq for event in room.accept(9, 0, b"{}")] == [9]


def test_a_greater_prev_holds_everything_back_until_it_is_filled() -> None:
    """Nothing later than a hole is shown before the hole is filled, in order."""
    log = _log([1, 1, 1, 1])
    room = _whole(log[:1])
    assert _accept(room, log[2]) == []
    assert _accept(room, log[3]) == []
    assert room.state is State.HOLED
    assert room.hole() == (1, 2)
    assert [event.seq for event in room.fill(log[1:2], 2)] == [2, 3, 4]
    assert (room.state, room.hole()) == (State.WHOLE, None)


def test_a_second_hole_behind_the_first_stays_open() -> None:
    """Filling one hole releases what follows it, up to the next one."""
    log = _log([1, 1, 1, 1, 1])
    room = _whole(log[:1])
    _accept(room, log[2])
    _accept(room, log[4])
    assert [event.seq for event in room.fill(log[1:2], 2)] == [2, 3]
    assert room.hole() == (3, 4)


def test_what_was_deleted_from_a_hole_is_no_loss() -> None:
    """A read that finds nothing in the range closes the hole all the same."""
    log = _log([1, 1, 1])
    room = _whole(log[:1])
    _accept(room, log[2])
    assert [event.seq for event in room.fill([], 2)] == [3]


def test_a_read_may_begin_before_the_hole() -> None:
    """What the run holds already is not released again."""
    log = _log([1, 1, 1])
    room = _whole(log[:1])
    _accept(room, log[2])
    assert [event.seq for event in room.fill(log[:2], 2)] == [2, 3]


def test_filling_without_a_hole_does_nothing() -> None:
    """A read that comes late is not taken twice."""
    log = _log([1, 1])
    room = _whole(log)
    assert room.fill(log, 2) == ()


def test_a_silent_loss_is_noticed_from_outside() -> None:
    """Knowing that the log goes on opens a hole although nothing arrived after it."""
    log = _log([1, 1, 1])
    room = _whole(log[:1])
    assert not room.notice(1)
    assert room.notice(3)
    assert room.hole() == (1, 3)
    assert [event.seq for event in room.fill(log[1:], 3)] == [2, 3]
    assert room.state is State.WHOLE


def test_what_is_held_is_bounded_in_number() -> None:
    """Too much behind one hole gives the room up instead of growing."""
    log = _log([1] * (room_module.HELD_EVENTS + 3))
    room = _whole(log[:1])
    for event in log[2:]:
        assert _accept(room, event) == []
    assert room.state is State.LOST
    assert _accept(room, Event(9_999, 1, b"{}")) == []
    assert room.hole() is None


def test_what_is_held_is_bounded_in_bytes() -> None:
    """Few but large events behind a hole give the room up as well."""
    count = room_module.HELD_BYTES // limits.FRAME_BYTES + 3
    log = _log([1] * count, limits.FRAME_BYTES)
    room = _whole(log[:1])
    for event in log[2:]:
        _accept(room, event)
    assert room.state is State.LOST


def test_the_tail_answers_as_far_back_as_it_reaches() -> None:
    """`since` gives exactly what came after, or says that it cannot."""
    log = _log([1] * 5)
    room = Room()
    room.prime(2)
    for event in log[2:]:
        room.accept(*event)
    assert [event.seq for event in room.since(3) or ()] == [4, 5]
    assert [event.seq for event in room.since(2) or ()] == [3, 4, 5]
    assert room.since(1) is None
    assert room.since(5) == []
    assert room.since(99) == []


def test_the_tail_is_bounded_in_bytes() -> None:
    """Old events leave the tail, which says from where on it is whole."""
    log = _log([1] * 40, 4_096)
    room = _whole(log)
    tail = room.since(room.tail_from)
    assert tail is not None
    assert 0 < len(tail) < 40
    assert tail[0].seq == room.tail_from + 1
    assert sum(len(event.body) for event in tail) <= limits.TAIL_BYTES


def test_an_event_larger_than_the_tail_is_released_but_not_kept() -> None:
    """The bound holds for one event, too."""
    log = _log([1], limits.TAIL_BYTES + 1)
    room = _whole(log)
    assert (room.last, room.tail_from) == (1, 1)


def test_the_tail_can_be_extended_back() -> None:
    """Older events, read from the log, let it answer for what lies before the priming."""
    log = _log([1] * 5)
    room = Room()
    room.prime(3)
    for event in log[3:]:
        room.accept(*event)
    room.extend_back(log[1:3], 1, 3)
    assert [event.seq for event in room.since(1) or ()] == [2, 3, 4, 5]
    room.extend_back(log[:1], 4, 4)
    assert room.tail_from == 1


def test_what_no_longer_adjoins_the_tail_is_not_put_before_it() -> None:
    """The tail may have moved on while the older events were read: it never gets a hole."""
    log = _log([1] * 3, size=limits.TAIL_BYTES // 2)
    room = Room()
    room.prime(1)
    read_up_to = room.tail_from
    for event in [*log[1:], Event(4, 3, log[2].body)]:
        room.accept(*event)
    assert room.tail_from > read_up_to
    room.extend_back(log[:1], 0, read_up_to)
    assert room.since(0) is None
    assert [event.seq for event in room.since(room.tail_from) or ()] == [4]


def _read(log: Log, after: int, up_to: int) -> Log:
    """What a read of the log gives: its first event names the place that was asked from."""
    found, prev = [], after
    for event in log:
        if after < event.seq <= up_to:
            found.append(event._replace(prev=prev))
            prev = event.seq
    return found


@given(
    gaps=st.lists(st.integers(1, 4), min_size=2, max_size=20),
    primed_at=st.integers(0, 20),
    places=st.lists(st.integers(0, 80), max_size=4),
)
def test_nobody_who_resumes_is_shown_a_hole_that_is_none(
    gaps: list[int], primed_at: int, places: list[int]
) -> None:
    """History says how far it has counted, which is a place between two events of most rooms.

    A tail that was extended from there still gives everyone a run that follows on what they hold.
    """
    log = _log(gaps)
    room = Room()
    room.prime(log[min(primed_at, len(log) - 1)].seq)
    for event in log:
        room.accept(*event)
    for place in places:
        end = room.tail_from
        room.extend_back(_read(log, place, end), place, end)
    for held in [0, *(event.seq for event in log)]:
        recent = room.since(held)
        if recent is None:
            end = room.tail_from
            recent = join(held, _read(log, held, end), room.since(end) or [])
        assert [event.seq for event in recent] == [e.seq for e in log if e.seq > held]
        last = held
        for event in recent:
            assert event.prev <= last
            last = event.seq


def test_the_missing_event_may_come_by_itself() -> None:
    """Known to be missing from the log's last seq, then received: nothing is left to be read."""
    log = _log([1, 1, 1])
    room = _whole(log[:1])
    assert room.notice(2)
    assert _accept(room, log[1]) == [2]
    assert (room.state, room.hole()) == (State.WHOLE, None)
    assert _accept(room, log[2]) == [3]


@pytest.mark.parametrize(
    ("body", "readable"),
    [
        (b'{"type":"message","room":"r"}', True),
        (b'{"type":"of a later version","x":[1]}', True),
        (b'{"type":"message","room":"r', False),
        (b'{"type":7}', False),
        (b'{"type":"\xff"}', False),
        (b'{"type":"x","deep":' + b"[" * 2_000 + b"]" * 2_000 + b"}", False),
        (b"[]", False),
        (b"", False),
    ],
)
def test_what_no_client_could_read_is_told_apart(body: bytes, *, readable: bool) -> None:
    """An unknown kind is an event all the same; what is no JSON object with a type is none."""
    assert is_event(body) is readable
    assert Event(1, 0, body).happened is None


def test_extending_back_takes_only_what_lies_between() -> None:
    """What a read gave beyond the range asked for is passed over."""
    log = _log([1] * 4)
    room = Room()
    room.prime(3)
    room.extend_back(log, 1, 3)
    assert [event.seq for event in room.since(1) or ()] == [2, 3]


def test_an_event_as_clients_get_it_has_its_place_in_front() -> None:
    """The stored bytes are not encoded again."""
    assert Event(7, 5, b'{"type":"x"}').data == b'{"seq":7,"prev":5,"type":"x"}'


@given(
    gaps=st.lists(st.integers(1, 3), min_size=1, max_size=30),
    primed_at=st.integers(0, 30),
    seed=st.integers(0, 2**32),
)
def test_whatever_arrives_the_run_is_the_log(gaps: list[int], primed_at: int, seed: int) -> None:
    """With losses, doubles and late priming, what is released is the log after the priming: each
    event once, in order."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible schedule
    log = _log(gaps)
    room = Room()
    released: list[Event] = []
    for index, event in enumerate(log):
        if index == min(primed_at, len(log) - 1):
            released += room.prime(event.prev)
        for _ in range(chance.choice((0, 1, 1, 1, 2))):
            released += room.accept(*event)
        if chance.random() < 0.3 and (hole := room.hole()) is not None:
            after, up_to = hole
            released += room.fill([e for e in log if after < e.seq <= up_to], up_to)
    room.notice(log[-1].seq)
    while (hole := room.hole()) is not None:
        after, up_to = hole
        released += room.fill([e for e in log if after < e.seq <= up_to], up_to)
    start = log[min(primed_at, len(log) - 1)].prev
    assert [e.seq for e in released] == [e.seq for e in log if e.seq > start]
    assert room.state is State.WHOLE
