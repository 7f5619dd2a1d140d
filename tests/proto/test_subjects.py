"""Subjects: made of ids, and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto import ids, subjects

IDS = st.from_regex(ids.ID_PATTERN, fullmatch=True)


@given(IDS)
def test_room_round_trip(room: str) -> None:
    """A room's subjects give the room back, and match the stream's wildcards."""
    for subject, prefix in (
        (subjects.room_log(room), subjects.ROOM_LOG_ALL),
        (subjects.room_live(room), subjects.ROOM_LIVE_ALL),
    ):
        assert subjects.room_of(subject) == room
        assert subject.startswith(prefix.removesuffix(">"))
        assert subject.count(".") == 2


@pytest.mark.parametrize("subject", ["", "room", "room.log.", "room.live.a.b", "room.passing.r"])
def test_room_of_others(subject: str) -> None:
    """Other subjects are of no room's log."""
    assert subjects.room_of(subject) is None


@given(IDS, IDS)
def test_passing_subjects_are_apart(room: str, user: str) -> None:
    """Passing events are outside the log, and what is for one sort of people is not for others."""
    passing = {
        subjects.room_passing(room),
        subjects.user_passing(user),
        subjects.presence_changed(user),
        subjects.webhook_jobs(user),
    }
    assert len(passing) == 4
    assert all(subjects.room_of(subject) is None for subject in passing)


@given(IDS, IDS, IDS, IDS, IDS, IDS)
def test_message_id_is_unambiguous(a: str, b: str, c: str, d: str, e: str, f: str) -> None:
    """Two messages have one Msg-Id only when room, sender and key agree (keys in any case)."""
    same = (a, b, c.lower()) == (d, e, f.lower())
    assert (subjects.message_id(a, b, c) == subjects.message_id(d, e, f)) is same


@given(IDS, IDS)
def test_outbox_ids(row: str, room: str) -> None:
    """An outbox row is read back from its Msg-Id; a message's Msg-Id is of no row."""
    assert subjects.outbox_row(subjects.outbox_id(row)) == row
    for name in (room, "outbox"):
        assert subjects.outbox_row(subjects.message_id(name, "u", "k")) is None


def test_who_may_ask_how_the_log_is() -> None:
    """Who reads or writes it; an operator's own user has no name here."""
    known = {name for name in (*subjects.RIGHTS, None) if subjects.may_see_log(name)}
    assert known == {"history", "gateway", None}
