"""How much a batch adds to what was said, and what of it has to be looked at one by one."""

from history import batch
from history.tally import Tally
from proto import events
from tests.history.records import record
from tests.history.test_batch import said


def of(*happened: events.LogEvent, doubles: int = 0) -> Tally:
    """The tally of events at 1, 2, …, of which the first so many are there already."""
    taken = batch.read([record(seq, event) for seq, event in enumerate(happened, 1)], {})
    return Tally(taken, taken.messages[:doubles])


def test_what_is_said_outside_threads_counts() -> None:
    """In each room by itself; also that which is deleted later."""
    tally = of(said("a"), said("b"), said("a", thread=1), said("a"), deletion("a", 4))
    assert [tally.said("a", after) for after in (0, 1, 3, 4)] == [2, 1, 1, 0]
    assert [tally.said(room) for room in ("b", "c")] == [1, 0]


def test_what_is_there_already_does_not_count() -> None:
    """It is no message of its own."""
    tally = of(said("a", mentions=["bob"]), said("a"), doubles=1)
    assert (tally.said("a"), tally.plain("a")) == (1, 0)


def test_it_is_known_how_much_was_said_where_the_end_is_known() -> None:
    """By what came after; of a room whose end is not known nothing is."""
    tally = of(said("a"), said("a"), said("a"))
    assert tally.up_to("a", 2) is None
    tally.totals = {"a": 10}
    assert [tally.up_to("a", seq) for seq in (1, 2, 3)] == [8, 9, 10]
    assert tally.up_to("b", 2) is None


def test_mentions_and_deletions_are_no_matter_of_numbers() -> None:
    """Nor is an edit that mentions somebody; the last of such places counts."""
    assert of(said(), said(mentions=["bob"]), said()).plain("r") == 2
    assert of(said(), said(everyone=True)).plain("r") == 2
    assert of(said(), said(mentions=["bob"], thread=1)).plain("r") == 0
    assert of(said(), said(), deletion("r", 2), deletion("r", 1)).plain("r") == 2
    assert of(said(), edit(1, mentions=["bob"])).plain("r") == 1
    assert of(said(), edit(1, everyone=True)).plain("r") == 1
    assert of(said(), edit(1)).plain("r") == 0


def deletion(room: str, target: int) -> events.MessageDeleted:
    """The end of a message."""
    return events.MessageDeleted(room=room, target=target, by="ada", ts=8)


def edit(target: int, **fields: object) -> events.MessageEdited:
    """Another text, and whom it mentions."""
    given: dict[str, object] = {"text": "new", "by": "ada", "ts": 8, **fields}
    return events.MessageEdited(room="r", target=target, **given)  # type: ignore[arg-type]
