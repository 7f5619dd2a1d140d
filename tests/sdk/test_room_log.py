"""One room's log: whatever comes in, each event goes out once and in order, or is told missing."""

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st
from parley_sdk.room_log import HELD_EVENTS, PAIRS, TRIES, Item, Missed, Rewound, RoomLog, Step

from proto.events import LogEvent, Message, Placed
from tests.sdk.logs import chain, event, reaction, seqs


def test_events_in_order_pass() -> None:
    """An event whose `prev` is what is held goes straight through, and nothing is asked."""
    log = RoomLog("r1", 0)
    for expected in chain([1, 2, 7, 900]):
        assert log.accept(expected) == Step((expected,), ask=False)
    assert log.last == 900


def test_a_lower_prev_is_no_loss() -> None:
    """A `prev` below what is held only says that the log forgot the event before it."""
    log = RoomLog("r1", 10)
    assert seqs(log.accept(event(11, 0)).items) == [11]
    assert seqs(log.accept(event(15, 4)).items) == [15]


def test_doubles_by_seq_are_dropped() -> None:
    """A seq at or below what is held was delivered already."""
    log = RoomLog("r1", 10)
    assert log.accept(event(10)) == log.accept(event(3)) == Step((), ask=False)
    assert log.last == 10


def test_doubles_by_sender_and_id_are_dropped() -> None:
    """A message that got past every other defence twice is shown once, and the log goes on."""
    log = RoomLog("r1", 0)
    assert seqs(log.accept(event(1, key="k")).items) == [1]
    assert log.accept(event(2, key="k")) == Step((), ask=False)
    assert log.last == 2
    assert seqs(log.accept(event(3)).items) == [3]


def test_memory_of_pairs_is_bounded() -> None:
    """Only the latest pairs are remembered."""
    log = RoomLog("r1", 0)
    for seq in range(1, PAIRS + 2):
        log.accept(event(seq))
    assert len(log._pairs) == PAIRS
    assert seqs(log.accept(event(PAIRS + 2, key="key-1")).items) == [PAIRS + 2]
    assert log.accept(event(PAIRS + 3, key=f"key-{PAIRS}")).items == ()


def test_events_without_a_place_are_ignored() -> None:
    """A server that leaves `seq` or `prev` out is at fault; nothing is raised or delivered."""
    log = RoomLog("r1", 0)
    body = Message(room="r1", ts=1, id="k", sender="u", sender_name="", text="")
    assert log.accept(body) == Step((), ask=False)
    log.lag()
    assert log.page([body], more=False, oldest=0).items == []


def test_a_gap_is_asked_for_once_and_filled() -> None:
    """A `prev` above what is held asks `sync`; what came meanwhile follows its answer."""
    log = RoomLog("r1", 5)
    whole = chain([6, 7, 8, 9], start=5)
    assert log.accept(whole[2]) == Step((), ask=True)
    assert log.accept(whole[3]) == Step((), ask=False)
    assert log.asking
    step = log.page(whole[:2], more=False, oldest=1)
    assert seqs(step.items) == [6, 7, 8, 9]
    assert not step.ask
    assert not log.asking


def test_pages_are_asked_until_the_last() -> None:
    """With `more`, the next page is asked for, and nothing held overtakes it."""
    log = RoomLog("r1", 0)
    whole = chain(range(1, 8))
    log.lag()
    # The log has since forgotten what was before: a lowered prev.
    log.accept(event(8, 0))
    first = log.page(whole[:3], more=True, oldest=1)
    assert (seqs(first.items), first.ask) == ([1, 2, 3], True)
    last = log.page([*whole[3:], event(8, 0)], more=False, oldest=1)
    assert (seqs(last.items), last.ask) == ([4, 5, 6, 7, 8], False)


def test_events_no_longer_kept_are_told() -> None:
    """`oldest` above what is held is a hole: a marker stands in its place."""
    log = RoomLog("r1", 5)
    log.lag()
    step = log.page(chain([20, 21], start=19), more=False, oldest=20)
    assert step.items[0] == Missed("r1", 5, 20)
    assert seqs(step.items[1:]) == [20, 21]


def test_the_smallest_hole_is_told() -> None:
    """One seq that is no longer kept is a hole; none is not."""
    log = RoomLog("r1", 5)
    log.lag()
    assert log.page([event(7)], more=False, oldest=7).items[0] == Missed("r1", 5, 7)
    log.lag()
    assert log.page([event(8)], more=False, oldest=8).items == [event(8)]


def test_nothing_kept_at_all_is_told_once() -> None:
    """An empty page with a higher `oldest` moves the place, so that the hole is told once."""
    log = RoomLog("r1", 5)
    log.lag()
    assert log.page([], more=False, oldest=20).items == [Missed("r1", 5, 20)]
    assert log.last == 19
    assert seqs(log.accept(event(20, 19)).items) == [20]


def test_a_stale_answer_is_asked_again() -> None:
    """An answer that lacks what was seen live is not the truth yet; a later one is."""
    log = RoomLog("r1", 5)
    log.accept(event(8))
    for number in range(TRIES - 1):
        assert log.page([], more=False, oldest=1) == Step([], ask=True)
        assert log.tries == number + 1
    step = log.page(chain([6, 7], start=5), more=False, oldest=1)
    assert seqs(step.items) == [6, 7, 8]
    assert not log.asking


def test_answers_that_never_have_it_are_believed() -> None:
    """In the end the hole is real: it is told, and what came after it is delivered."""
    log = RoomLog("r1", 5)
    for late in (event(8), event(9), event(12)):
        log.accept(late)
    for _ in range(TRIES - 1):
        assert log.page([], more=False, oldest=1).ask
    step = log.page([], more=False, oldest=1)
    assert step.items[0] == Missed("r1", 5, 8)
    assert step.items[3] == Missed("r1", 9, 12)
    assert seqs([*step.items[1:3], step.items[4]]) == [8, 9, 12]
    assert not step.ask
    assert not log.asking


def test_pages_that_never_end_are_left() -> None:
    """A server that says `more` and gives nothing is not asked for ever."""
    log = RoomLog("r1", 5)
    log.lag()
    steps = [log.page([], more=True, oldest=1) for _ in range(TRIES)]
    assert [step.ask for step in steps] == [True] * (TRIES - 1) + [False]
    assert not log.asking


def test_what_is_held_back_is_bounded() -> None:
    """Beyond the bound live events are let go, and come again with the pages."""
    log = RoomLog("r1", 0)
    whole = chain(range(1, HELD_EVENTS + 20))
    for late in whole[1:]:
        log.accept(late)
    assert len(log._held) == HELD_EVENTS
    step = log.page(whole[:1], more=False, oldest=1)
    assert seqs(step.items) == list(range(1, HELD_EVENTS + 2))
    assert step.ask
    rest = log.page(whole[HELD_EVENTS + 1 :], more=False, oldest=1)
    assert seqs(rest.items) == list(range(HELD_EVENTS + 2, HELD_EVENTS + 20))
    assert not rest.ask


def test_what_was_let_go_and_never_comes_is_told() -> None:
    """An event that was seen, not held, and is in no answer, is a hole that is told."""
    log = RoomLog("r1", 0)
    for late in chain(range(1, HELD_EVENTS + 3))[1:]:
        log.accept(late)
    steps = [log.page([event(1)], more=False, oldest=1) for _ in range(TRIES + 1)]
    assert steps[-1].items == [Missed("r1", HELD_EVENTS + 1, HELD_EVENTS + 3)]
    assert not log.asking
    assert seqs(log.accept(event(HELD_EVENTS + 3)).items) == [HELD_EVENTS + 3]


def test_a_whole_replay_asks_nothing() -> None:
    """After a complete replay up to what is held, there is nothing to ask."""
    log = RoomLog("r1", 5)
    log.accept(event(6))
    assert log.resumed(6, complete=True) == Step((), ask=False)


def test_a_replay_that_lacks_its_end_is_asked_for() -> None:
    """A replay said to be complete up to more than came is checked, not believed."""
    log = RoomLog("r1", 5)
    assert log.resumed(6, complete=True) == Step((), ask=True)


def test_too_long_a_gap_is_paged() -> None:
    """`complete` false with a higher `to` means paging from what is held."""
    log = RoomLog("r1", 5)
    assert log.resumed(1000, complete=False) == Step((), ask=True)
    assert log.last == 5


def test_a_lost_log_is_told_and_gone_on_with() -> None:
    """`to` below what is held: what is above is told to be gone, and the new log is asked for.

    A message that was lost and is sent again with its old key is shown again.
    """
    log = RoomLog("r1", 0)
    for seq in (1, 2, 3):
        log.accept(event(seq))
    step = log.resumed(1, complete=False)
    assert step == Step([Rewound("r1", 1, 3)], ask=True)
    assert log.last == 1
    again = event(10**9, 0, key="key-3")
    assert log.accept(again).items == ()
    assert log.page([again], more=False, oldest=1).items == [again]
    assert log.accept(event(10**9 + 1, key="key-1")).items == ()


def test_a_late_answer_changes_nothing() -> None:
    """A page that nobody waits for any more is ignored."""
    log = RoomLog("r1", 5)
    assert log.page([event(9)], more=False, oldest=9) == Step((), ask=False)
    assert log.last == 5


def test_a_lost_connection_forgets_what_was_held_back() -> None:
    """The next connection resumes from what was delivered, so nothing else need be kept."""
    log = RoomLog("r1", 5)
    log.accept(event(9))
    log.disconnected()
    assert not log.asking
    assert log.resumed(5, complete=True) == Step((), ask=False)


class Server:
    """A room's true log, and what `sync` and resume answer of it."""

    def __init__(self, seqs_: Sequence[int]) -> None:
        self.log = chain(seqs_)

    def after(self, last: int) -> list[LogEvent]:
        """Give all events above `last`."""
        return [item for item in self.log if (item.seq or 0) > last]


@st.composite
def stories(draw: st.DrawFn) -> tuple[Server, list[tuple[str, int]]]:
    """Draw a log, and a disorderly telling of it: lost, doubled, early and late events."""
    gaps = draw(st.lists(st.integers(1, 4), min_size=1, max_size=30))
    seqs_ = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    kinds = st.sampled_from(["event"] * 6 + ["answer", "lost"])
    story = draw(st.lists(st.tuples(kinds, st.integers(0, len(gaps) - 1)), max_size=80))
    return Server(seqs_), story


@given(stories(), st.integers(1, 5), st.booleans())
def test_any_disorder_gives_the_log_once_in_order(
    told: tuple[Server, list[tuple[str, int]]],
    page_size: int,
    stale: bool,  # noqa: FBT001 - drawn, not called by people
) -> None:
    """Events lost, doubled and out of order, answers late and stale, connections lost:

    what comes out is the log, each event once and in order, with no marker, since it lacks nothing.
    """
    server, story = told
    log, out, asked = RoomLog("r1", 0), list[Item](), False

    def take(step: Step) -> None:
        nonlocal asked
        out.extend(step.items)
        asked = asked or step.ask

    def answer(known: list[LogEvent]) -> None:
        nonlocal asked
        asked = False
        rest = [item for item in known if (item.seq or 0) > log.last]
        take(log.page(rest[:page_size], more=len(rest) > page_size, oldest=1))

    seen = 0  # how much of the log exists at this point of the story
    for kind, index in story:
        if kind == "event":
            seen = max(seen, index + 1)
            take(log.accept(server.log[index]))
        elif kind == "lost":
            asked = False
            log.disconnected()
            rest = server.after(log.last)
            for item in rest:
                take(log.accept(item))
            take(log.resumed(log.last, complete=True))
            seen = len(server.log)
        elif asked and log.tries < 2:
            answer(server.log[: max(0, seen - 1)] if stale else server.log)
    take(log.known(server.log[-1].seq or 0))
    while asked:
        answer(server.log)
    assert seqs(out) == [item.seq for item in server.log]
    assert log.last == server.log[-1].seq
    assert not log.asking


# Held back, then told to be missed, then given up for.
@example([(6, 6, 4), (0, 7, 1), *[(0, 0, 1)] * 5])
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 5)), max_size=40))
def test_no_fault_of_a_server_raises_or_breaks_order(nonsense: list[tuple[int, int, int]]) -> None:
    """Whatever a server says, in whatever order: no exception, and seqs only fall where told."""
    log = RoomLog("r1", 5)
    out: list[Item] = []
    for seq, other, what in nonsense:
        match what:
            case 0:
                page: list[LogEvent] = [event(seq, other), reaction(other, seq)]
                out += log.page(page, more=False, oldest=seq).items
            case 1:
                out += log.page([event(seq)], more=True, oldest=other).items
            case 2:
                out += log.resumed(seq, complete=bool(other % 2)).items
            case 3:
                log.disconnected()
            case _:
                out += log.accept(event(seq, other)).items
    last = 5
    for item in out:
        match item:
            case Missed(_, after, before):
                assert last <= after < before
                last = after
            case Rewound(_, to, held):
                assert to < held
                last = to
            case Placed():
                assert (item.seq or 0) > last
                last = item.seq or 0
