"""What may be done to a message, by what is stored and what is decided on top of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from history import message
from history.message import State
from proto import events, limits, wire
from proto.codes import ErrorCode
from proto.previews import LinkPreview
from proto.wire import Fault

SAID = State(5, "ada", "hi", kinds={"👍": 2}, own=frozenset("👍"), pins=frozenset({5, 7}))
EMOJI = ["👍", "🎉", "❤️"]


def react(emoji: str, by: str = "ada", *, on: bool = True, target: int = 5) -> events.LogEvent:
    """A reaction that is added or taken back."""
    kind = events.ReactionAdded if on else events.ReactionRemoved
    return kind(room="r", target=target, by=by, emoji=emoji, ts=1)


def delete(target: int = 5) -> events.LogEvent:
    """A deletion."""
    return events.MessageDeleted(room="r", target=target, by="ada", ts=1)


def test_a_deleted_message_has_nothing_left_and_takes_nothing() -> None:
    """No text, no reaction, no pin; it is not edited, reacted to or pinned."""
    gone = message.after(SAID, [delete()], "ada")
    assert gone == State(5, "ada", deleted=True, kinds={}, pins=frozenset({7}))
    edit = events.MessageEdited(room="r", target=5, by="ada", text="late", ts=1)
    assert message.after(gone, [edit], "ada") == gone
    refusals = [
        message.check_edit(gone),
        message.check_reaction(gone, "👍"),
        message.check_pin(gone),
    ]
    assert [fault and fault.code for fault in refusals] == [ErrorCode.NOT_FOUND] * 3


def test_what_is_decided_counts_before_it_is_stored() -> None:
    """Edits, reactions of oneself and of others, pins; what is about others does nothing."""
    edit = events.MessageEdited(room="r", target=5, by="ada", text="ho", ts=1)
    decided = [
        edit,
        react("🎉", "bob"),
        react("👍", on=False),
        react("👍", target=6),
        events.MessageUnpinned(room="r", target=5, by="ada", ts=1),
        events.MessagePinned(room="r", target=9, by="ada", ts=1),
        delete(7),
        events.RoomUpdated(room="r", by="ada", name="x", ts=1),
    ]
    now = message.after(SAID, decided, "ada")
    expected = State(5, "ada", "ho", edits=1, kinds={"👍": 1, "🎉": 1}, pins=frozenset({9}))
    assert now == expected
    assert (SAID.pinned, now.pinned) == (True, False)


@given(st.lists(st.tuples(st.sampled_from(EMOJI), st.sampled_from("ab"), st.booleans())))
def test_reactions_count_people(steps: list[tuple[str, str, bool]]) -> None:
    """Whatever is decided one after another: each emoji counts those who have it, and is gone
    with the last of them."""
    having: set[tuple[str, str]] = set()
    state = State(5, "ada")
    for emoji, by, on in steps:
        if ((emoji, by) in having) is not on:
            having ^= {(emoji, by)}
            state = message.after(state, [react(emoji, by, on=on)], "a")
    counts = {emoji: sum(e == emoji for e, _ in having) for emoji, _ in having}
    assert (state.kinds or {}) == counts
    assert state.own == {emoji for emoji, by in having if by == "a"}


def test_previews_are_what_was_decided_last() -> None:
    """In place of those before; an edit keeps those whose link is left, a deletion none."""
    a, b = (LinkPreview(url=f"https://{name}.example/", title=name) for name in "ab")
    first = wire.decode_event(message.previewed("r", SAID, [a, b], 9))
    assert first == events.MessagePreview(room="r", target=5, previews=[a, b], ts=9)
    other = events.MessagePreview(room="r", target=6, previews=[a], ts=9)
    state = message.after(SAID, [first, other], "ada")
    assert state.previews == (a, b)
    assert message.previews_after(state, f"only {b.url} `{a.url}`") == (b,)
    assert message.previews_after(state, "none") == ()
    last = events.MessagePreview(room="r", target=5, previews=[b], ts=9)
    assert message.after(state, [last], "ada").previews == (b,)
    assert message.after(state, [delete(), first], "ada").previews == ()


def test_bounds() -> None:
    """One edit, kind of reaction or pin too many is a conflict; what is there already is none."""
    often = replace(SAID, edits=limits.EDITS)
    assert message.check_edit(replace(SAID, edits=limits.EDITS - 1)) is None
    full = replace(SAID, kinds={f"e{n}": 1 for n in range(limits.REACTION_KINDS)})
    assert message.check_reaction(full, "e3") is None
    assert message.check_reaction(SAID, "new") is None
    pins = frozenset(range(limits.PINS))
    assert message.check_pin(replace(SAID, pins=pins)) is None
    assert message.check_pin(SAID) is None
    refusals = [
        message.check_edit(often),
        message.check_reaction(full, "new"),
        message.check_pin(replace(SAID, seq=1000, pins=pins)),
    ]
    assert [fault and fault.code for fault in refusals] == [ErrorCode.CONFLICT] * 3


def test_an_emoji_that_there_is_no_more_is_open_where_somebody_used_it() -> None:
    """To everybody; it is added nowhere else, nor to what is deleted."""
    lacking = Fault(ErrorCode.INVALID, "there is no such emoji", "emoji")
    used = replace(SAID, kinds={":party:": 1})
    assert message.check_reaction(used, ":party:", lacking) is None
    assert message.check_reaction(SAID, ":party:", lacking) is lacking
    refused = message.check_reaction(replace(SAID, deleted=True), ":party:", lacking)
    assert (refused and refused.code) == ErrorCode.NOT_FOUND


@pytest.mark.parametrize("on", [True, False])
def test_events_say_what_was_decided(on: bool) -> None:  # noqa: FBT001 - the case
    """Each has its target, who did it and when; `everyone` only where it is so."""
    edit = message.edited("r", SAID, "ada", "ho", ["bob"], everyone=on, now_ms=9)
    assert wire.decode_event(edit) == events.MessageEdited(
        room="r", target=5, by="ada", text="ho", mentions=["bob"],
        everyone=True if on else UNSET, ts=9,
    )  # fmt: skip
    assert wire.decode_event(message.deleted("r", SAID, "ada", 9)) == events.MessageDeleted(
        room="r", target=5, by="ada", ts=9
    )
    reaction = wire.decode_event(message.reacted("r", SAID, "bob", "👍", 9, on=on))
    assert reaction == (events.ReactionAdded if on else events.ReactionRemoved)(
        room="r", target=5, by="bob", emoji="👍", ts=9
    )
    pin = wire.decode_event(message.pinned("r", SAID, "bob", 9, on=on))
    assert pin == (events.MessagePinned if on else events.MessageUnpinned)(
        room="r", target=5, by="bob", ts=9
    )
