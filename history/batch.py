"""What a run of log records means for the tables, as columns to store; it stores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET

from history import links
from proto import events, ids, subjects, wire
from services.bus import Record

_REASON_CHARACTERS: Final = 500


class Event(NamedTuple):
    """A row of `events`."""

    room: str
    seq: int
    prev: int
    ts: int
    type: str
    body: bytes


class Said(NamedTuple):
    """A row of `messages`."""

    room: str
    seq: int
    sender: str
    key: str
    ts: int
    thread: int | None
    everyone: bool
    mentions: tuple[str, ...]


class Joined(NamedTuple):
    """A membership whose place in the log is now known; `row` is the outbox row it came from."""

    room: str
    user: str
    row: UUID
    seq: int


class Change(NamedTuple):
    """What an event does to an earlier message, at `event.target`; `seq` is the event's place."""

    room: str
    seq: int
    event: events.ChangeEvent


class Unindexed(NamedTuple):
    """A row of `unindexed`: the text of a message is new, other or gone since `seq` of the log."""

    seq: int
    room: str
    message: int


class Unpreviewed(NamedTuple):
    """A row of `unpreviewed`: a text with links was said, or is a message's, since `seq`."""

    seq: int
    room: str
    message: int
    said_ms: int


class SetAside(NamedTuple):
    """A record that cannot be understood."""

    seq: int
    subject: str
    message_id: str
    data: bytes
    reason: str


@dataclass(slots=True)
class Batch:
    """Everything there is to store of a run of records; `up_to` is the last one's place."""

    up_to: int
    events: list[Event] = field(default_factory=list)
    messages: list[Said] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    relayed: list[tuple[UUID, int]] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)
    unindexed: list[Unindexed] = field(default_factory=list)
    unpreviewed: list[Unpreviewed] = field(default_factory=list)


def fresh(records: Iterable[Record], after: int) -> list[Record]:
    """Those that are not stored yet, where everything up to `after` is: a redelivery is no news."""
    return [record for record in records if record.seq > after]


def rooms(records: Iterable[Record]) -> list[str]:
    """The rooms spoken of, each once."""
    found = (subjects.room_of(subject) for subject in {record.subject for record in records})
    return sorted(room for room in found if room is not None)


def read(records: Sequence[Record], heads: Mapping[str, int]) -> Batch:
    """Take a run of at least one record apart; `heads` has the last stored event of each room."""
    batch = Batch(records[-1].seq)
    last = dict(heads)
    # A run has few rooms and many records: each subject is looked at once.
    room_of = {subject: subjects.room_of(subject) for subject in {r.subject for r in records}}
    for record in records:
        event = _decode(record, room_of[record.subject])
        if isinstance(event, str):
            batch.set_aside.append(_aside(record, event))
            continue
        kind = str(event.__struct_config__.tag)
        prev = last.get(event.room, 0)
        batch.events.append(Event(event.room, record.seq, prev, event.ts, kind, record.data))
        last[event.room] = batch.heads[event.room] = record.seq
        _sort(batch, event, record.seq, _row(_message_id(record)))
    return batch


def event_of(record: Record) -> events.LogEvent | None:
    """The event that a record holds, None if it cannot be understood."""
    event = _decode(record, subjects.room_of(record.subject))
    return None if isinstance(event, str) else event


def refused(record: Record, reason: str) -> Batch:
    """What to store of a record that the database does not take: that it was there."""
    return Batch(record.seq, set_aside=[_aside(record, reason)])


def doubles(batch: Batch, stored: Iterable[tuple[str, int]]) -> list[Said]:
    """The messages whose sender and key the room has already, given the places that were stored."""
    first = set(stored)
    return [said for said in batch.messages if (said.room, said.seq) not in first]


def own_marks(said: Iterable[Said]) -> dict[tuple[str, str], int]:
    """Where each room and sender's read mark moves to: who speaks has read what was before."""
    marks: dict[tuple[str, str], int] = {}
    for message in said:
        key = (message.room, message.sender)
        marks[key] = max(message.seq, marks.get(key, 0))
    return marks


def runs(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """Changes in order, neighbours of one kind together: each run is stored at once."""
    for _, run in groupby(changes, key=lambda change: type(change.event)):
        yield list(run)


def withdrawal(said: Said, now_ms: int) -> bytes:
    """The event that takes back a message that got into the log a second time."""
    event = events.MessageDeleted(room=said.room, target=said.seq, by=said.sender, ts=now_ms)
    return wire.encode(event)


def _aside(record: Record, reason: str) -> SetAside:
    message_id = _plain(_message_id(record))
    return SetAside(record.seq, _plain(record.subject), message_id, record.data, _plain(reason))


def _plain(text: str) -> str:
    """A text that Postgres takes, whatever came from outside: no NUL, no half of a character."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:_REASON_CHARACTERS]


def _decode(record: Record, room: str | None) -> events.LogEvent | str:
    """The event, or why it is none."""
    if room is None:
        return "the subject names no room"
    if record.data[:1] != b"{":
        return "not a JSON object"
    try:
        event = wire.decode_event(record.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return f"not a log event: {error}"
    if event.room != room:
        return f"an event of room {event.room}"
    if event.seq is not UNSET or event.prev is not UNSET:
        return "it has a place already"
    if isinstance(event, events.Message) and ids.key_ms(event.id) is None:
        return "its id is no message key"
    return event


def _sort(batch: Batch, event: events.LogEvent, seq: int, row: UUID | None) -> None:
    """Put what an event means beyond itself where it belongs."""
    if isinstance(event, events.Message):
        said = Said(
            event.room,
            seq,
            event.sender,
            event.id,
            event.ts,
            event.thread,
            event.everyone,
            tuple(event.mentions),
        )
        batch.messages.append(said)
    elif isinstance(event, events.ChangeEvent):
        batch.changes.append(Change(event.room, seq, event))
    elif isinstance(event, events.MemberJoined) and row is not None:
        batch.joined.append(Joined(event.room, event.user, row, seq))
    if row is not None:
        batch.relayed.append((row, seq))
    if isinstance(event, events.Message):
        batch.unindexed.append(Unindexed(seq, event.room, seq))
    elif isinstance(event, events.MessageEdited | events.MessageDeleted):
        batch.unindexed.append(Unindexed(seq, event.room, event.target))
    if isinstance(event, events.Message | events.MessageEdited) and links.found(event.text):
        message = event.target if isinstance(event, events.MessageEdited) else seq
        batch.unpreviewed.append(Unpreviewed(seq, event.room, message, event.ts))


def _message_id(record: Record) -> str:
    try:
        return record.message_id
    except UnicodeDecodeError:
        return ""


def _row(message_id: str) -> UUID | None:
    """The outbox row of a message id, if it is one."""
    row = subjects.outbox_row(message_id)
    try:
        return UUID(row) if row is not None else None
    except ValueError:
        return None
