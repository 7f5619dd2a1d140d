"""What comes in: rooms that begin, gaps that are filled, a slow reader that loses nothing."""

import msgspec
from parley_sdk.inbox import RESUME_BYTES, SYNCS_AT_ONCE, Ask, Inbox
from parley_sdk.room_log import Gone, Item, Missed, Rewound

from proto import limits
from proto.events import LogEvent
from proto.frames import Resumed, SyncResult
from proto.shapes import Room
from tests.sdk.logs import chain, event, seqs


def room(last_seq: int = 0, name: str = "r1") -> Room:
    """Give a room of a `ready` in which all is read."""
    return Room(id=name, kind="public", name="General", last_seq=last_seq, read_seq=last_seq)


def drain(inbox: Inbox) -> list[Item]:
    """Take everything."""
    items = []
    while (item := inbox.pop(0.0)) is not None:
        items.append(item)
    return items


def page(*events: LogEvent, more: bool = False, oldest: int = 1) -> SyncResult:
    """Give the answer to a `sync`."""
    return SyncResult(events=list(events), more=more, oldest=oldest)


def end(to: int, *, complete: bool = True, name: str = "r1") -> Resumed:
    """Give the end of a replay."""
    return Resumed(room=name, from_=0, to=to, complete=complete)


def test_a_room_begins_with_what_happens_now() -> None:
    """Without a resume, a room's first event is the one after its `last_seq`."""
    inbox = Inbox(10, {})
    assert inbox.resume() == {}
    inbox.ready([room(5)], 0.0)
    assert inbox.whole
    inbox.event(event(5), 0.0)
    inbox.event(event(6), 0.0)
    assert seqs(drain(inbox)) == [6]
    assert inbox.handed == {"r1": 6}
    assert inbox.resume() == {"r1": 6}


def test_what_was_said_before_word_of_a_membership_came_is_asked() -> None:
    """A room one is added to begins where the membership does, in a later `ready` too."""
    inbox = Inbox(10, {})
    inbox.ready([], 0.0)
    added = Room(id="r1", kind="private", name="New", last_seq=9, read_seq=7)
    inbox.added(added, 0.0)
    inbox.event(event(10, prev=9), 0.0)
    assert inbox.asks(0.0) == [Ask("r1", 7, 10)]
    inbox.answered("r1", page(event(9, prev=7), event(10, prev=9)), 0.0)
    assert seqs(drain(inbox)) == [9, 10]
    inbox.disconnected()
    inbox.resume()
    inbox.ready([added, msgspec.structs.replace(added, id="r2")], 0.0)
    assert inbox.asks(0.0) == [Ask("r2", 7, 10)]


def test_a_room_read_elsewhere_begins_with_what_happens_now() -> None:
    """A mark on what is not stored yet is above the last event that is."""
    inbox = Inbox(10, {})
    inbox.ready([], 0.0)
    inbox.added(Room(id="r1", kind="private", name="New", last_seq=9, read_seq=11), 0.0)
    assert inbox.whole
    inbox.event(event(10, prev=9), 0.0)
    assert seqs(drain(inbox)) == [10]


def test_a_replay_is_awaited() -> None:
    """A resumed room is whole when its replay has ended."""
    inbox = Inbox(10, {"r1": 5})
    assert inbox.resume() == {"r1": 5}
    inbox.ready([room(7)], 0.0)
    for replayed in chain([6, 7], start=5):
        inbox.event(replayed, 0.0)
    assert not inbox.whole
    inbox.resumed(end(7), 0.0)
    assert inbox.whole
    assert seqs(drain(inbox)) == [6, 7]


def test_a_gap_is_asked_and_filled() -> None:
    """A gap is asked for once, after what is held, and its answer makes the log whole."""
    inbox = Inbox(10, {})
    inbox.ready([room(5)], 0.0)
    inbox.event(event(8), 0.0)
    assert inbox.next_at() == 0.0
    assert inbox.asks(0.0) == [Ask("r1", 5, 10)]
    assert inbox.asks(0.0) == []
    assert inbox.next_at() is None
    assert not inbox.whole
    inbox.answered("r1", page(*chain([6, 7], start=5)), 0.1)
    assert inbox.whole
    assert seqs(drain(inbox)) == [6, 7, 8]


def test_the_next_page_is_asked_at_once() -> None:
    """With `more`, the next page is due at once; an answer that brought nothing, a little later."""
    inbox = Inbox(1000, {})
    inbox.ready([room(0)], 0.0)
    inbox.added(room(9), 0.0)
    assert inbox.asks(0.0) == [Ask("r1", 0, limits.SYNC_EVENTS)]
    inbox.answered("r1", page(event(1), more=True), 1.0)
    assert inbox.asks(1.0) == [Ask("r1", 1, limits.SYNC_EVENTS)]
    inbox.answered("r1", page(more=True), 2.0)
    assert inbox.asks(2.0) == []
    assert inbox.next_at() == 2.4


def test_only_some_rooms_at_once() -> None:
    """Many gaps are filled a few at a time; the next one's turn comes with an answer."""
    names = [f"r{number}" for number in range(SYNCS_AT_ONCE + 2)]
    inbox = Inbox(10, dict.fromkeys(names, 0))
    inbox.resume()
    inbox.ready([room(3, name) for name in names], 0.0)
    for name in names:
        inbox.resumed(end(3, complete=False, name=name), 0.0)
    assert [ask.room for ask in inbox.asks(0.0)] == names[:SYNCS_AT_ONCE]
    assert inbox.next_at() is None
    inbox.answered("r0", page(*chain([1, 2, 3], room="r0")), 0.0)
    assert inbox.next_at() == 0.0
    assert [ask.room for ask in inbox.asks(0.0)] == [names[SYNCS_AT_ONCE]]


def test_a_refused_sync_is_asked_again_later() -> None:
    """Errors that pass are waited out, longer each time, at most 30 s."""
    inbox = Inbox(10, {})
    inbox.ready([room(5)], 0.0)
    inbox.event(event(8), 0.0)
    waits = []
    for _ in range(12):
        inbox.asks(inbox.next_at() or 0.0)
        inbox.refused("r1", "unavailable", 100.0)
        waits.append((inbox.next_at() or 0.0) - 100.0)
    assert waits[0] < waits[1] < waits[2]
    assert waits[-1] == 30.0


def test_a_room_one_may_not_read_is_gone() -> None:
    """`not_found` and `forbidden` to a sync mean that one is no longer in the room."""
    inbox = Inbox(10, {})
    inbox.ready([room(5)], 0.0)
    inbox.event(event(8), 0.0)
    inbox.asks(0.0)
    inbox.refused("r1", "not_found", 0.0)
    assert drain(inbox) == [Gone("r1")]
    assert inbox.whole
    assert inbox.handed == inbox.resume() == {}


def test_answers_nobody_waits_for_change_nothing() -> None:
    """A late answer or error is ignored."""
    inbox = Inbox(10, {})
    inbox.ready([room(5)], 0.0)
    inbox.answered("r1", page(event(9)), 0.0)
    inbox.answered("r2", page(event(9)), 0.0)
    inbox.refused("r1", "not_found", 0.0)
    inbox.resumed(end(9, name="r2"), 0.0)
    assert drain(inbox) == []


def test_a_room_left_meanwhile_is_gone() -> None:
    """`gone` ends a room; coming back later begins it anew."""
    inbox = Inbox(10, {"r1": 5})
    inbox.resume()
    inbox.ready([], 0.0)
    inbox.resumed(Resumed(room="r1", from_=5, to=5, complete=False, gone=True), 0.0)
    assert inbox.whole
    inbox.added(room(20), 0.0)
    assert drain(inbox) == [Gone("r1")]
    assert inbox.handed == {"r1": 20}


def test_rooms_beyond_a_hello_are_asked_for() -> None:
    """A hello has room for so many; the others are compared with `ready`, and are gone or asked."""
    names = [f"{number:064}" for number in range(limits.RESUME_ROOMS + 5)]
    inbox = Inbox(1000, dict.fromkeys(names, 1))
    resume = inbox.resume()
    assert sum(len(name) for name in resume) < RESUME_BYTES
    left = [name for name in names if name not in resume]
    inbox.ready([room(1, left[0]), room(2, left[1])], 0.0)
    assert [ask.room for ask in inbox.asks(0.0)] == [left[1]]
    assert set(drain(inbox)) == {Gone(name) for name in left[2:]}
    few = Inbox(10, {str(number): 1 for number in range(limits.RESUME_ROOMS + 5)})
    assert len(few.resume()) == limits.RESUME_ROOMS


def test_an_unknown_room_begins_with_its_event() -> None:
    """An event of a room nobody told of is delivered all the same."""
    inbox = Inbox(10, {})
    inbox.event(event(7, 3), 0.0)
    assert seqs(drain(inbox)) == [7]


def test_a_slow_reader_loses_nothing() -> None:
    """Events beyond the queue are let go by, and asked for when half of it is free."""
    inbox = Inbox(4, {})
    inbox.ready([room(0)], 0.0)
    log = chain(range(1, 11))
    for live in log[:9]:
        inbox.event(live, 0.0)
    assert len(inbox.queue) == 4
    assert not inbox.whole
    assert inbox.asks(0.0) == []
    assert inbox.next_at() is None
    taken = [inbox.pop(0.0)]
    inbox.event(log[9], 0.0)
    assert inbox.asks(0.0) == []
    taken.append(inbox.pop(0.0))
    assert inbox.asks(0.0) == [Ask("r1", 4, 2)]
    inbox.event(log[9], 0.0)
    inbox.answered("r1", page(*log[4:6], more=True), 0.0)
    taken += [inbox.pop(0.0) for _ in range(4)]
    assert inbox.asks(0.0) == [Ask("r1", 6, 4)]
    inbox.answered("r1", page(*log[6:]), 0.0)
    assert seqs([item for item in taken if item] + drain(inbox)) == list(range(1, 11))
    assert inbox.whole


def test_an_answer_that_finds_the_queue_full_is_asked_again() -> None:
    """Another room may fill the queue while a sync is under way: its page is let go by too."""
    inbox = Inbox(2, {})
    inbox.ready([room(0), room(0, "r2")], 0.0)
    inbox.event(event(3), 0.0)
    assert inbox.asks(0.0) == [Ask("r1", 0, 2)]
    for live in chain([1, 2], room="r2"):
        inbox.event(live, 0.0)
    inbox.answered("r1", page(*chain([1, 2, 3])), 0.0)
    assert len(inbox.queue) == 2
    assert [item.room for item in drain(inbox)] == ["r2", "r2"]
    assert inbox.asks(0.0) == [Ask("r1", 0, 2)]
    inbox.answered("r1", page(*chain([1, 2, 3])), 0.0)
    assert seqs(drain(inbox)) == [1, 2, 3]


def test_a_reader_that_is_slow_during_a_replay() -> None:
    """A replay that does not fit is let go by, and paged afterwards."""
    inbox = Inbox(2, {"r1": 0})
    inbox.resume()
    inbox.ready([room(5)], 0.0)
    log = chain(range(1, 6))
    for replayed in log:
        inbox.event(replayed, 0.0)
    inbox.resumed(end(5), 0.0)
    assert not inbox.whole
    assert seqs(drain(inbox)) == [1, 2]
    assert inbox.asks(0.0) == [Ask("r1", 2, 2)]
    inbox.answered("r1", page(*log[2:]), 0.0)
    assert seqs(drain(inbox)) == [3, 4, 5]
    assert inbox.whole


def test_a_lost_connection_resumes_from_what_is_queued() -> None:
    """What waits in the queue is held: the next hello asks for what comes after it."""
    inbox = Inbox(2, {})
    inbox.ready([room(0)], 0.0)
    for live in chain(range(1, 6)):
        inbox.event(live, 0.0)
    inbox.disconnected()
    assert inbox.whole
    assert inbox.resume() == {"r1": 2}
    assert inbox.handed == {"r1": 0}


def test_a_gap_of_a_lost_connection_is_forgotten() -> None:
    """After a reconnect the replay fills the gap, and events flow again without a sync."""
    inbox = Inbox(10, {})
    inbox.ready([room(5)], 0.0)
    inbox.event(event(8), 0.0)
    inbox.asks(0.0)
    inbox.disconnected()
    assert inbox.resume() == {"r1": 5}
    inbox.ready([room(8)], 0.0)
    for replayed in chain([6, 7, 8], start=5):
        inbox.event(replayed, 0.0)
    inbox.resumed(end(8), 0.0)
    assert inbox.whole
    assert seqs(drain(inbox)) == [6, 7, 8]


def test_a_client_that_takes_no_events() -> None:
    """With capacity 0 nothing is kept, but the place in each log moves, and gaps are filled."""
    inbox = Inbox(0, {})
    inbox.ready([room(0)], 0.0)
    for live in chain(range(1, 600)):
        inbox.event(live, 0.0)
    assert not inbox.queue
    assert inbox.handed == {"r1": 599}
    inbox.event(event(700), 0.0)
    assert inbox.asks(0.0) == [Ask("r1", 599, limits.SYNC_EVENTS)]


def test_markers_move_the_position() -> None:
    """A marker that was taken is not told again after a restart from `handed`."""
    inbox = Inbox(10, {"r1": 5, "r2": 9})
    inbox.resume()
    inbox.ready([room(50), room(4, "r2")], 0.0)
    inbox.resumed(end(50, complete=False), 0.0)
    inbox.resumed(end(4, complete=False, name="r2"), 0.0)
    inbox.asks(0.0)
    inbox.answered("r1", page(oldest=41), 0.0)
    assert set(drain(inbox)) == {Missed("r1", 5, 41), Rewound("r2", 4, 9)}
    assert inbox.handed == {"r1": 40, "r2": 4}


def test_gone_while_its_events_wait() -> None:
    """A room that is gone and begun again keeps the position of its new life."""
    inbox = Inbox(1, {})
    inbox.ready([room(0)], 0.0)
    for live in chain([1, 2]):
        inbox.event(live, 0.0)
    inbox.ready([], 0.0)
    inbox.added(room(30), 0.0)
    assert drain(inbox)[-1] == Gone("r1")
    assert "r1" in inbox.handed
