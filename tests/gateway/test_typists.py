"""Who types where: how often it counts, what ends it, and who is shown, by revision."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.typists import (
    REMEMBERED_SECONDS,
    ROOMS,
    SHOWN_SECONDS,
    SHOWN_USERS,
    Shown,
    Typists,
)
from proto import limits

NOW_MS = 1_800_000_000_000


def _say(typists: Typists, now: float, room: str = "r", *, active: bool = True) -> int | None:
    return typists.say("u", room, "c1", now, NOW_MS + int(now * 1000), active=active)


def test_a_beginning_counts_and_what_comes_too_soon_does_not() -> None:
    """One change or repetition in 2 s, whichever it is; then it counts again."""
    typists = Typists()
    assert _say(typists, 0.0) == NOW_MS
    assert _say(typists, 1.9) is None
    assert _say(typists, 1.9, active=False) is None
    assert _say(typists, 2.0) == NOW_MS + 2_000
    assert _say(typists, 4.0, active=False) == NOW_MS + 4_000
    assert _say(typists, 5.9) is None
    assert _say(typists, 6.0) == NOW_MS + 6_000


def test_an_end_without_a_beginning_is_let_go_by() -> None:
    """Nobody was told of any; nothing is kept of it."""
    typists = Typists()
    assert _say(typists, 0.0, active=False) is None
    assert len(typists) == 0
    _say(typists, 0.0)
    assert _say(typists, limits.TYPING_SECONDS, active=False) is None
    assert typists.spoke("u", "r", 0.1, NOW_MS) == NOW_MS + 1
    assert _say(typists, 2.0, active=False) is None


def test_rooms_and_people_do_not_hold_each_other_back() -> None:
    """The bound is for a person in a room."""
    typists = Typists()
    assert _say(typists, 0.0) is not None
    assert _say(typists, 0.0, "r2") is not None
    assert typists.say("v", "r", "c2", 0.0, NOW_MS, active=True) is not None


def test_a_message_ends_typing_at_once() -> None:
    """Inside the 2 s, too, and once; `at_ms` rises though the clock did not."""
    typists = Typists()
    assert typists.spoke("u", "r", 0.0, NOW_MS) is None
    assert _say(typists, 0.0) == NOW_MS
    assert typists.spoke("u", "r2", 0.0, NOW_MS) is None
    assert typists.spoke("u", "r", 0.0, NOW_MS - 5_000) == NOW_MS + 1
    assert typists.spoke("u", "r", 0.5, NOW_MS + 500) is None


def test_what_ran_out_needs_no_end() -> None:
    """Presence ends after 6 s what was not repeated."""
    typists = Typists()
    _say(typists, 0.0)
    assert typists.spoke("u", "r", limits.TYPING_SECONDS, NOW_MS) is None
    assert typists.left("u", "c1", limits.TYPING_SECONDS, NOW_MS) == []


def test_the_end_of_a_connection_ends_what_was_typed_there() -> None:
    """Not what was typed on another device since; and once."""
    typists = Typists()
    assert typists.left("u", "c1", 0.0, NOW_MS) == []
    _say(typists, 0.0, "r1")
    _say(typists, 0.0, "r2")
    typists.say("u", "r2", "c2", 2.0, NOW_MS + 2_000, active=True)
    assert typists.left("u", "c1", 3.0, NOW_MS + 3_000) == [("r1", NOW_MS + 3_000)]
    assert typists.left("u", "c1", 3.0, NOW_MS + 3_000) == []
    typists.forget("u")
    typists.forget("u")
    assert len(typists) == 0


def test_a_person_types_in_so_many_rooms() -> None:
    """One more is let go by, until one of the others ran out."""
    typists = Typists()
    for number in range(ROOMS):
        assert _say(typists, float(number > 0), f"r{number}") is not None
    assert _say(typists, 5.0, "other") is None
    assert _say(typists, limits.TYPING_SECONDS, "other") is not None
    assert _say(typists, limits.TYPING_SECONDS, "another") is None


def test_a_change_is_shown_once_in_the_order_of_revisions() -> None:
    """What is older than what is known is dropped, and so is a repetition."""
    shown = Shown()
    assert shown.take("u", 5, 0.0, active=True)
    assert not shown.take("u", 5, 0.0, active=True)
    assert not shown.take("u", 4, 0.0, active=False)
    assert not shown.take("u", 6, 0.0, active=True)
    assert shown.take("u", 7, 0.0, active=False)
    assert not shown.take("u", 6, 0.0, active=True)
    assert shown.take("v", 1, 0.0, active=True)


def test_an_end_whose_beginning_nobody_saw_is_remembered_and_not_shown() -> None:
    """The beginning may come after it."""
    shown = Shown()
    assert not shown.take("u", 2, 0.0, active=False)
    assert not shown.take("u", 1, 0.0, active=True)


def test_all_who_are_shown_can_be_ended() -> None:
    """Each once; what was ended can begin again, later."""
    shown = Shown()
    shown.take("u", 1, 0.0, active=True)
    shown.take("v", 1, 0.0, active=True)
    shown.take("v", 2, 0.0, active=False)
    assert shown.end() == ["u"]
    assert shown.end() == []
    assert not shown.take("u", 1, 0.0, active=True)
    assert not shown.take("u", 2, 0.0, active=False)
    assert shown.take("u", 3, 0.0, active=True)


def test_what_is_over_is_forgotten_and_nobody_is_shown_for_ever() -> None:
    """Ends after a while; a beginning without an end becomes one."""
    shown = Shown()
    shown.take("u", 1, 0.0, active=True)
    shown.take("v", 1, 0.0, active=False)
    assert shown.prune(REMEMBERED_SECONDS - 0.1) == []
    assert len(shown) == 2
    assert shown.prune(REMEMBERED_SECONDS) == []
    assert len(shown) == 1
    assert shown.prune(SHOWN_SECONDS) == ["u"]
    assert shown.prune(SHOWN_SECONDS) == []
    assert len(shown) == 0


def test_a_room_keeps_track_of_so_many() -> None:
    """Who stopped makes room for who begins; if nobody did, there is none."""
    shown = Shown()
    for number in range(SHOWN_USERS):
        assert shown.take(f"u{number}", 1, 0.0, active=True)
    assert not shown.take("one more", 1, 0.0, active=True)
    assert shown.take("u7", 2, 0.0, active=False)
    assert shown.take("one more", 1, 0.0, active=True)
    assert len(shown) == SHOWN_USERS


_CHANGE = st.tuples(st.sampled_from("uv"), st.integers(0, 9), st.booleans())


@given(st.lists(_CHANGE))
def test_what_is_shown_alternates_and_ends_with_the_highest_revision(
    changes: list[tuple[str, int, bool]],
) -> None:
    """Whatever the order of arrival: begin, end, begin …, for each person."""
    shown = Shown()
    told: dict[str, bool] = {}
    for user, rev, active in changes:
        if shown.take(user, rev, 0.0, active=active):
            assert told.get(user, False) is not active
            told[user] = active
    assert sorted(shown.end()) == sorted(user for user, active in told.items() if active)
