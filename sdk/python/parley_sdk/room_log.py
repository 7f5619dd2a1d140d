"""One room's log as this client holds it: each event once, in order. It asks nobody itself.

Live events come in order and may be missing, doubled or early (a server's fault, a lost socket);
answers to `sync` are the truth. Whatever comes in, nothing is raised: what goes out are the
events in order and, where the log itself has a hole, a marker that says so.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET

from proto.events import LogEvent, Message

HELD_EVENTS = 256
"""Events kept while a gap before them is being filled; later ones come again by `sync`."""
PAIRS = 256
"""Latest (sender, id) pairs remembered against doubles."""
TRIES = 5
"""Answers that may lack what was already seen live, before the hole is declared real."""


class Missed(NamedTuple):
    """Events of `room` above `after` and below `before` are not to be had any more."""

    room: str
    after: int
    before: int


class Rewound(NamedTuple):
    """The room's log ends at `to`: what was delivered from there up to `held` is lost to all."""

    room: str
    to: int
    held: int


class Gone(NamedTuple):
    """The user is no longer in `room`, and events up to that moment may be missing."""

    room: str


Item = LogEvent | Missed | Rewound | Gone


class Step(NamedTuple):
    """What follows from an input: items for the user in order, and whether to ask `sync`."""

    items: Sequence[Item]
    ask: bool


_NOTHING = Step((), ask=False)
_ASK = Step((), ask=True)


class RoomLog:
    """The place in one room's log.

    `last`: everything up to it has been delivered. `asking`: a `sync` after `last` is wanted or
    under way; until its answer is applied, live events are held back. `tries`: how many answers
    in a row brought nothing new, for whoever paces the asking.
    """

    __slots__ = ("_dropped", "_held", "_pairs", "asking", "last", "room", "tries")

    def __init__(self, room: str, last: int) -> None:
        self.room = room
        self.last = last
        self.asking = False
        self.tries = 0
        self._held: dict[int, LogEvent] = {}
        self._dropped = 0
        self._pairs: OrderedDict[tuple[str, str], int] = OrderedDict()

    def accept(self, event: LogEvent) -> Step:
        """Take a live or replayed event: delivered, a double, held back, or sign of a gap."""
        seq, prev = event.seq, event.prev
        if seq is UNSET or prev is UNSET or seq <= self.last:
            return _NOTHING
        if self.asking:
            self._hold(seq, event)
            return _NOTHING
        if prev > self.last:
            self._hold(seq, event)
            return self.lag()
        return Step(self._deliver(seq, event), ask=False)

    def lag(self) -> Step:
        """Note that there is more than was delivered: ask, unless that is under way."""
        if self.asking:
            return _NOTHING
        self.asking = True
        self.tries = 0
        return _ASK

    def known(self, seq: int) -> Step:
        """Note that the server's log reaches `seq`."""
        return self.lag() if seq > self.last else _NOTHING

    def resumed(self, to: int, *, complete: bool) -> Step:
        """Take the end of a replay; `complete` false and a lower `to` mean that the log was lost.

        What is above `to` is then told to be gone, and whatever the log now goes on with is asked.
        """
        if complete or to >= self.last:
            return self.known(to)
        rewound = Rewound(self.room, to, self.last)
        self.last = to
        for pair in [pair for pair, seq in self._pairs.items() if seq > to]:
            del self._pairs[pair]
        return Step([rewound], ask=self.lag().ask)

    def page(self, events: Sequence[LogEvent], *, more: bool, oldest: int) -> Step:
        """Take the answer to a `sync` after `last`: the truth about what follows."""
        if not self.asking:
            return _NOTHING
        before = self.last
        items: list[Item] = []
        if oldest > before + 1:
            items.append(Missed(self.room, before, oldest))
        for seq, event in _placed(events):
            if seq > self.last:
                items += self._deliver(seq, event)
        self.last = max(self.last, oldest - 1)
        self.tries = 0 if self.last > before else self.tries + 1
        if not more:
            # Only the last page: a lowered `prev` must not let a held event overtake later pages.
            self._release(items)
            if not self._held and self._dropped <= self.last:
                return self._whole(items)
        if self.tries >= TRIES:
            self._give_up(items)
            return self._whole(items)
        return Step(items, ask=True)

    def disconnected(self) -> None:
        """Forget what was held back: the next connection resumes from `last`. Idempotent."""
        self._held.clear()
        self._dropped = 0
        self.asking = False
        self.tries = 0

    def _whole(self, items: list[Item]) -> Step:
        self.disconnected()
        return Step(items, ask=False)

    def _deliver(self, seq: int, event: LogEvent) -> Sequence[Item]:
        self.last = seq
        if isinstance(event, Message):
            pair = (event.sender, event.id)
            if pair in self._pairs:
                return ()
            self._pairs[pair] = seq
            if len(self._pairs) > PAIRS:
                self._pairs.popitem(last=False)
        return (event,)

    def _hold(self, seq: int, event: LogEvent) -> None:
        if seq in self._held or len(self._held) < HELD_EVENTS:
            self._held[seq] = event
        else:
            self._dropped = max(self._dropped, seq)

    def _release(self, items: list[Item]) -> None:
        """Deliver what was held back and now joins on; drop what the answer had already."""
        for seq in sorted(self._held):
            event = self._held[seq]
            if seq > self.last:
                if event.prev is UNSET or event.prev > self.last:
                    return
                items += self._deliver(seq, event)
            del self._held[seq]

    def _give_up(self, items: list[Item]) -> None:
        """Believe the answers: what they lack is lost, and said to be."""
        while self._held:
            lowest = min(self._held)
            event = self._held.pop(lowest)
            # What lies below the oldest that is kept was told to be missed already.
            if lowest > self.last:
                items.append(Missed(self.room, self.last, lowest))
                items += self._deliver(lowest, event)
                self._release(items)
        if self._dropped > self.last:
            items.append(Missed(self.room, self.last, self._dropped + 1))
            self.last = self._dropped


def _placed(events: Sequence[LogEvent]) -> list[tuple[int, LogEvent]]:
    """The events by their seq, which a page should have them in anyway."""
    placed = [(event.seq, event) for event in events if event.seq is not UNSET]
    return sorted(placed, key=lambda pair: pair[0])
