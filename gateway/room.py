"""One room as one gateway knows it: an unbroken run of its log; not who is in it, no I/O.

The rule that everything rests on (protocol.md §4): each event names the one before it. An event
whose `prev` is at or below what we hold continues the run; a greater `prev` proves a hole, and
nothing later is released until the hole is filled.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from enum import Enum, auto
from typing import NamedTuple

import msgspec

from proto import events, limits, replay, wire

HELD_EVENTS = 1_024
"""Most events held behind a hole; beyond, the room is lost and its sockets start afresh."""
HELD_BYTES = 4 * limits.OUTBOX_BYTES


_MESSAGE = b'{"type":"message",'
_CHANGED = (b'{"type":"message.edited",', b'{"type":"message.preview",')
"""Of what a message says, or leads to: once it is deleted, they give it nothing."""
_DELETED = b'{"type":"message.deleted",'
# The last one is raised for what is nested too deeply.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class _Named(msgspec.Struct):
    type: str


_named = msgspec.json.Decoder(_Named)


def is_message(body: bytes) -> bool:
    """Say whether a log event is a message, which gateways alone write, in this very form."""
    return body.startswith(_MESSAGE)


def is_event(body: bytes) -> bool:
    """Say whether this is something a client can read, be it of a kind unknown here.

    What is not is set aside wherever it comes from, as history does: within a `sync` it would
    spoil every other event.
    """
    if is_message(body) and body.endswith(b"}"):
        return True
    try:
        _named.decode(body)
    except _UNREADABLE:
        return False
    return True


class Event(NamedTuple):
    """A log event at its place. `body` is as stored, `data` as clients get it."""

    seq: int
    prev: int
    body: bytes

    @property
    def data(self) -> bytes:
        """The JSON of the event with `seq` and `prev` in front."""
        return wire.place(self.body, self.seq, self.prev)

    @property
    def happened(self) -> events.LogEvent | None:
        """What it tells; None if it is of a kind this version does not know."""
        try:
            return wire.decode_event(self.body)
        except _UNREADABLE:
            return None


def join(after: int, older: Sequence[Event], newer: Sequence[Event]) -> list[Event]:
    """Make one run above `after` of two that meet: the second's first event names what is before.

    What was read from a place between two events names that place, as nobody knew the one before.
    Whoever holds that one would take it for a loss: a `prev` is never higher than what it names.
    """
    if not newer:
        return [*older]
    before = older[-1].seq if older else after
    first = newer[0]._replace(prev=min(newer[0].prev, before))
    return [*older, first, *newer[1:]]


def erased(run: Sequence[Event], further: Iterable[Event] = ()) -> list[Event]:
    """The events without a word of messages that one of them, or one of `further`, deletes."""
    gone = {target for event in (*run, *further) if (target := _deletes(event)) is not None}
    return [_without(event, gone) for event in run] if gone else list(run)


def lacks_deleted(run: Sequence[Event], after: int) -> bool:
    """Whether an event deletes a message above `after` of which the run holds no tombstone."""
    gone = {target for event in run if (target := _deletes(event)) is not None and target > after}
    return bool(gone) and not gone.issubset(event.seq for event in run)


def _deletes(event: Event) -> int | None:
    """Which message an event deletes, if it does that."""
    if not event.body.startswith(_DELETED):
        return None
    happened = event.happened
    return happened.target if isinstance(happened, events.MessageDeleted) else None


def _without(event: Event, gone: Container[int]) -> Event:
    """The event as it is replayed once these messages are deleted; history alone changes them."""
    if event.seq in gone:
        return event._replace(body=replay.tombstone(event.body))
    if event.body.startswith(_CHANGED):
        happened = event.happened
        kinds = events.MessageEdited | events.MessagePreview
        if isinstance(happened, kinds) and happened.target in gone:
            return event._replace(body=replay.emptied(event.body))
    return event


class State(Enum):
    """Where a room stands."""

    PRIMING = auto()
    """Subscribed, but what the log held before is not known yet; everything is held."""
    WHOLE = auto()
    """Everything up to `last` was released, in order."""
    HOLED = auto()
    """Something between `last` and the first held event is missing."""
    LOST = auto()
    """More had to be held than the bound: the run cannot be continued."""


class Room:
    """The run of a room's log from `tail_from` (exclusive) to `last`, as far as bytes allow.

    Every method returns the events that are due now, in order, each once in the room's life. Once a
    deletion has come, neither the tail nor what is held has a word of what it deletes.
    """

    __slots__ = ("_bytes", "_held", "_held_bytes", "_known", "_tail", "last", "state", "tail_from")

    def __init__(self) -> None:
        self.state = State.PRIMING
        self.last = 0
        self.tail_from = 0
        # Not a deque, which takes 760 bytes where there is nothing in it, as in most rooms.
        self._tail: list[Event] = []
        self._bytes = 0
        self._held: dict[int, Event] = {}
        self._held_bytes = 0
        self._known = 0

    def accept(self, seq: int, prev: int, body: bytes) -> Sequence[Event]:
        """Take an event from the live subscription."""
        if self.state is State.WHOLE and prev <= self.last:
            if seq <= self.last:
                return ()
            event = Event(seq, prev, body)
            if body.startswith(_DELETED):
                self._erase(event)
            self._append(event)
            return (event,)
        if self.state is State.LOST or (self.state is not State.PRIMING and seq <= self.last):
            return ()
        self._hold(Event(seq, prev, body))
        # It may be the very one that was known to be missing: then nothing has to be read.
        return self._release() if self.state is State.HOLED and prev <= self.last else ()

    def prime(self, last: int) -> Sequence[Event]:
        """Learn that the log's last event was `last` when the subscription already stood.

        What was held and lies above it is released; what lies below is in the log and is not ours
        to show.
        """
        if self.state is not State.PRIMING:
            return ()
        self.last = self.tail_from = last
        return self._release()

    def lacks(self, seq: int) -> bool:
        """Whether nothing is known of an event that was in the room, nor of what was before it.

        So it is where the log had let go of everything when the room was primed: no event names
        one that the log does not hold, and the run seems to begin with the room.
        """
        if self.state not in (State.WHOLE, State.HOLED) or self.tail_from > 0:
            return False
        return seq < (self._tail[0].seq if self._tail else seq + 1)

    def begin(self, seq: int) -> Sequence[Event]:
        """Learn that the log has let go of everything up to `seq`, which is in the room.

        Whoever begins here has it from history, and whoever missed some of it reads it there.
        """
        if not self.lacks(seq):
            return ()
        self.tail_from = seq
        self.last = max(self.last, seq)
        return self._release()

    def fill(self, found: Iterable[Event], up_to: int) -> Sequence[Event]:
        """Take what a read of the log gave for the range (`last`, `up_to`], all of it, in order."""
        if self.state is not State.HOLED:
            return ()
        due = []
        run = list(found)
        for event in run:
            self._erase(event)
        for event in erased(run, self._held.values()):
            if event.seq > self.last:
                # What was read is contiguous in the log as it is now; deleted events are no loss.
                placed = Event(event.seq, self.last, event.body)
                self._append(placed)
                due.append(placed)
        self.last = max(self.last, up_to)
        due.extend(self._release())
        return due

    def notice(self, last: int) -> bool:
        """Learn from outside that the log goes on to `last`; True if that shows a hole."""
        self._known = max(self._known, last)
        if self.state is State.WHOLE and last > self.last:
            self.state = State.HOLED
        return self.state is State.HOLED

    def hole(self) -> tuple[int, int] | None:
        """The first missing range (after, up to), the latter included; None if there is none."""
        if self.state is not State.HOLED:
            return None
        if self._held:
            return self.last, self._held[min(self._held)].prev
        return self.last, self._known

    def extend_back(self, found: Sequence[Event], after: int, up_to: int) -> None:
        """Put older events, read from the log, before the tail: all of (`after`, `up_to`].

        Nothing happens if the tail reaches as far already, or begins above `up_to` by now.
        """
        if after >= self.tail_from or up_to < self.tail_from:
            return
        run = erased(found, (*self._tail, *self._held.values()))
        older = [event for event in run if after < event.seq <= self.tail_from]
        if self._tail:
            (self._tail[0],) = join(after, older, [self._tail[0]])[len(older) :]
        self._tail[:0] = older
        self._bytes += sum(len(event.body) for event in older)
        self.tail_from = after
        self._trim()

    def since(self, after: int) -> list[Event] | None:
        """The events after a seq up to `last`; None if the tail does not reach back that far."""
        if after >= self.last:
            return []
        if after < self.tail_from:
            return None
        found = []
        for event in reversed(self._tail):
            if event.seq <= after:
                break
            found.append(event)
        found.reverse()
        return found

    def _erase(self, event: Event) -> None:
        """If it is a deletion, forget every word of what it deletes (protocol.md §4)."""
        target = _deletes(event)
        if target is None:
            return
        for index, kept in enumerate(self._tail):
            left = _without(kept, (target,))
            if left is not kept:
                self._bytes -= len(kept.body) - len(left.body)
                self._tail[index] = left
        for seq, held in self._held.items():
            left = _without(held, (target,))
            self._held_bytes -= len(held.body) - len(left.body)
            self._held[seq] = left

    def _append(self, event: Event) -> None:
        self.last = event.seq
        self._tail.append(event)
        self._bytes += len(event.body)
        self._trim()

    def _trim(self) -> None:
        while self._bytes > limits.TAIL_BYTES and self._tail:
            oldest = self._tail.pop(0)
            self._bytes -= len(oldest.body)
            self.tail_from = oldest.seq

    def _hold(self, event: Event) -> None:
        if self.state is State.WHOLE:
            self.state = State.HOLED
        if event.seq not in self._held:
            self._erase(event)
            self._held[event.seq] = event
            self._held_bytes += len(event.body)
        if len(self._held) > HELD_EVENTS or self._held_bytes > HELD_BYTES:
            self.state = State.LOST
            self._held.clear()

    def _release(self) -> list[Event]:
        """Release held events that continue the run; the rest stay behind the next hole."""
        due = []
        for seq in sorted(self._held):
            event = self._held[seq]
            if event.prev > self.last:
                break
            del self._held[seq]
            self._held_bytes -= len(event.body)
            if seq > self.last:
                self._append(event)
                due.append(event)
        whole = not self._held and self._known <= self.last
        self.state = State.WHOLE if whole else State.HOLED
        return due
