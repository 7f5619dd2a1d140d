"""A run of log records taken apart into what is stored."""

import os
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from history import batch
from history.batch import Joined
from proto import events, ids, limits, subjects, wire
from services.bus import Record
from services.headers import encode
from tests.history.records import record


def key(n: int = 0) -> str:
    """A message key, the same for the same number."""
    return ids.uuid7(1_700_000_000_000 + n, bytes(10))


def said(room: str = "r", sender: str = "ada", n: int = 0, **fields: object) -> events.Message:
    """A message."""
    given: dict[str, object] = {"text": "hi", "sender_name": "Ada", "ts": 7, **fields}
    return events.Message(room=room, sender=sender, id=key(n), **given)  # type: ignore[arg-type]


def test_a_message_becomes_an_event_and_a_message() -> None:
    """The event keeps the very bytes of the log, the message what is asked of it."""
    event = said(thread=3, mentions=["bob"], everyone=True)
    found = batch.read([record(9, event)], {"r": 4})
    assert found.up_to == 9
    assert found.events == [batch.Event("r", 9, 4, 7, "message", wire.encode(event))]
    (stored,) = found.messages
    assert stored == ("r", 9, "ada", key(), 7, 3, True, ("bob",))
    assert found.heads == {"r": 9}
    assert [found.changes, found.joined, found.relayed, found.set_aside] == [[], [], [], []]


def test_texts_with_links_are_to_be_looked_up() -> None:
    """Those that are said, and those that a message is given; others leave no note."""
    link = "see https://a.example/"
    edit = events.MessageEdited(room="r", target=2, by="ada", text=link, ts=8)
    plain = events.MessageEdited(room="r", target=2, by="ada", text="none", ts=8)
    records = [record(9, said(text=link)), record(10, edit), record(11, plain), record(12, said())]
    found = batch.read(records, {})
    assert found.unpreviewed == [batch.Unpreviewed(9, "r", 9, 7), batch.Unpreviewed(10, "r", 2, 8)]


def test_a_record_is_an_event_or_nothing() -> None:
    """As the writer would understand it."""
    event = said()
    assert batch.event_of(record(9, event)) == event
    assert batch.event_of(record(9, b"{}")) is None
    assert batch.event_of(record(9, event, room="another")) is None


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1), st.integers(0, 1000))
def test_prev_chains_the_events_of_each_room(rooms: list[str], start: int) -> None:
    """Whatever rooms are mixed: each event's prev is the one before it in its room, or the head."""
    heads = {"a": start} if start else {}
    records = [record(start + 1 + n, said(room, n=n)) for n, room in enumerate(rooms)]
    found = batch.read(records, heads)
    last = dict(heads)
    for event in found.events:
        assert event.prev == last.get(event.room, 0)
        last[event.room] = event.seq
    assert found.heads == {room: last[room] for room in set(rooms)}
    assert batch.rooms(records) == sorted(set(rooms))


def test_what_is_stored_already_is_no_news() -> None:
    """A redelivery brings only what lies above the position."""
    records = [record(seq, said(n=seq)) for seq in (3, 4, 5)]
    assert [fresh.seq for fresh in batch.fresh(records, 4)] == [5]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a JSON object"),
        (b"\xff\xfe", "not a JSON object"),
        (b' {"type":"message"}', "not a JSON object"),
        (b'{"type":"message"}', "not a log event"),
        (b'{"a":' * 2_000 + b"1" + b"}" * 2_000, "not a log event: maximum recursion"),
        (b'{"type":"nonsense","room":"r","ts":1}', "not a log event"),
        (b'{"type":"room.deleted","room":"r","ts":1,"by":"\xff"}', "not a log event"),
        (b'{"type":"room.deleted","room":"r","ts":1,"by":"a.b"}', "not a log event"),
        (b'{"type":"room.deleted","room":"other","ts":1,"by":"a"}', "an event of room other"),
        (b'{"type":"room.deleted","room":"r","ts":1,"by":"a","seq":4}', "it has a place already"),
        (wire.encode(msgspec.structs.replace(said(), id="no-uuid")), "its id is no message key"),
    ],
)
def test_what_cannot_be_understood_is_set_aside(data: bytes, reason: str) -> None:
    """It is kept whole with the reason, and what comes after it is stored as if it were not."""
    found = batch.read([record(1, data), record(2, said())], {})
    (aside,) = found.set_aside
    assert (aside.seq, aside.data) == (1, data)
    assert aside.reason.startswith(reason)
    assert [(event.seq, event.prev) for event in found.events] == [(2, 0)]


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_no_bytes_whatever_stop_the_batch(data: bytes, message_id: bytes) -> None:
    """Any data, and any message id, is stored or set aside, and what is set aside can be kept."""
    odd = encode({"Nats-Msg-Id": "x"}).replace(b": x", b": " + message_id)
    found = batch.read([Record("room.log.r", 1, 1, data, odd)], {})
    assert found.up_to == 1
    for aside in found.set_aside:
        for text in (aside.subject, aside.message_id, aside.reason):
            assert "\0" not in text
            assert len(text.encode()) <= 2_000


def test_a_subject_without_a_room_is_set_aside() -> None:
    """No id, no room."""
    (aside,) = batch.read([Record("room.log.a.b", 1, 1, b"{}", b"")], {}).set_aside
    assert aside.reason == "the subject names no room"


def test_a_record_the_database_refuses_is_set_aside_whole() -> None:
    """The position moves past it; nothing else is stored of it."""
    found = batch.refused(record(5, said()), "nul \0 byte")
    assert (found.up_to, found.events, found.heads) == (5, [], {})
    assert found.set_aside[0].reason == "nul  byte"


def test_outbox_rows_are_known_again_by_their_message_id() -> None:
    """The row of a member.joined also says which membership it began; odd ids say nothing."""
    row = uuid4()
    joined = events.MemberJoined(room="r", user="bob", by="ada", role="member", ts=1)
    renamed = events.RoomUpdated(room="r", by="ada", name="x", ts=1)
    records = [
        record(1, joined, subjects.outbox_id(str(row))),
        record(2, renamed, subjects.outbox_id(str(UUID(int=7)))),
        record(3, renamed, "outbox/not-a-uuid"),
        record(4, said(), subjects.message_id("r", "ada", key())),
        record(5, joined),
    ]
    found = batch.read(records, {})
    assert found.relayed == [(row, 1), (UUID(int=7), 2)]
    assert found.joined == [Joined("r", "bob", row, 1)]


def test_changes_keep_their_order() -> None:
    """They are applied after the batch is stored, so the target may be in it; a run is one kind."""
    edit = events.MessageEdited(room="r", target=1, by="ada", text="ho", ts=1)
    deletion = events.MessageDeleted(room="r", target=1, by="ada", ts=1)
    happened: list[events.LogEvent] = [said(), edit, edit, deletion]
    found = batch.read([record(n, event) for n, event in enumerate(happened, 1)], {})
    assert found.changes == [("r", 2, edit), ("r", 3, edit), ("r", 4, deletion)]
    assert [len(run) for run in batch.runs(found.changes)] == [2, 1]


def test_who_speaks_has_read() -> None:
    """The mark of each sender in each room goes to their last message."""
    found = batch.read(
        [record(1, said(n=1)), record(2, said(sender="bob", n=2)), record(3, said(n=3))], {}
    )
    assert batch.own_marks(found.messages) == {("r", "ada"): 3, ("r", "bob"): 2}


def test_a_double_is_what_was_not_stored() -> None:
    """Told by the places that were; it is withdrawn in its sender's name."""
    found = batch.read([record(1, said()), record(2, said())], {})
    (double,) = batch.doubles(found, [("r", 1)])
    assert double.seq == 2
    event = wire.decode_event(batch.withdrawal(double, 99))
    assert event == events.MessageDeleted(room="r", target=2, by="ada", ts=99)


def test_the_largest_message_is_taken() -> None:
    """A text at its limit, of the longest sender and name, goes through."""
    event = said(sender="s" * 64, text="x" * limits.TEXT_BYTES, sender_name=os.urandom(32).hex())
    assert batch.read([record(1, event)], {}).messages


def test_a_message_id_that_names_no_row_is_none() -> None:
    """Whatever wrote the record: it is stored, and no outbox row is settled by it."""
    said = events.RoomDeleted(room="r", ts=1, by="u1")
    found = batch.read([record(7, said, subjects.outbox_id("no uuid"))], {})
    assert [event.seq for event in found.events] == [7]
    assert found.relayed == []
