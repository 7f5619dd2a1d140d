"""Compares what clients were promised with what there is: pure, and itself tried on bad runs.

The guarantees are those of docs/reference/guarantees.md. Each kind of violation is one way in which
one of them can be broken; a run that breaks none gives an empty list.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.faults import amendments, ghosts
from tests.faults.fold import Truth, truths
from tests.faults.record import Entry, Gap, Held, Holding, Rewind, Run, Sending
from tests.faults.violation import Kind, Violation

__all__ = ["Kind", "Violation", "check"]

ENDS = frozenset({"member.left", "member.removed"})
"""After one of these about oneself nothing of the room is shown to one."""
BEGINS = "member.joined"


def check(run: Run) -> list[Violation]:
    """Find everything that is wrong with a run, sendings first, then rooms, then clients."""
    stuck = [Violation(Kind.STUCK, "", run.stuck)] if run.stuck else []
    known = truths(run)
    return [
        *stuck,
        *_sendings(run),
        *_own_order(run),
        *_stores(run, known),
        *_holdings(run, known),
        *amendments.check(run, known),
        *ghosts.check(run.sockets, run.sights),
    ]


# ------------------------------------------------------------------------------- what was answered


def _sendings(run: Run) -> Iterator[Violation]:
    """Acknowledged: there, once, in its place. Refused: nowhere. Unknown: at most once."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for room, entries in run.stored.items():
        for entry in entries:
            if entry.kind == "message":
                found[room, entry.who, entry.key].append(entry.seq)
    meant = {(one.room, one.user, one.key): one for one in run.sendings}
    for place, seqs in found.items():
        if len(seqs) > 1:
            yield Violation(
                Kind.DOUBLED, place[0], f"{_name(place)} is stored at {seqs}", "", seqs[1]
            )
        if place not in meant:
            yield Violation(
                Kind.STRANGE, place[0], f"nobody said {_name(place)} at {seqs}", "", seqs[0]
            )
    for sending in run.sendings:
        yield from _sending(run, sending, found[sending.room, sending.user, sending.key])


def _sending(run: Run, sending: Sending, seqs: Sequence[int]) -> Iterator[Violation]:
    name = f"{sending.text!r} of {sending.client}"
    if sending.outcome == "ok" and not seqs and not run.reborn:
        what = f"{name}, acknowledged at {sending.seq}, is gone"
        yield Violation(Kind.LOST, sending.room, what, sending.client, sending.seq or 0)
    if sending.outcome == "ok" and seqs and sending.seq not in seqs:
        what = f"{name} was acknowledged at {sending.seq}, and stands at {list(seqs)}"
        yield Violation(Kind.REORDERED, sending.room, what, sending.client, seqs[0])
    if sending.outcome == "refused" and seqs:
        what = f"{name} was refused for good, and stands at {list(seqs)}"
        yield Violation(Kind.GHOST, sending.room, what, sending.client, seqs[0])


def _own_order(run: Run) -> Iterator[Violation]:
    """What one client said in a room stands in the order in which it was said."""
    said: dict[tuple[str, str], list[Sending]] = defaultdict(list)
    for sending in run.sendings:
        if sending.outcome == "ok" and sending.seq is not None and not sending.repeat:
            said[sending.client, sending.room].append(sending)
    for (client, room), sendings in said.items():
        sendings.sort(key=lambda one: one.number)
        for one, following in itertools.pairwise(sendings):
            if (one.seq or 0) >= (following.seq or 0):
                what = f"{client} said {one.text!r} ({one.seq}) before {following.text!r}"
                what = f"{what} ({following.seq})"
                yield Violation(Kind.REORDERED, room, what, client, following.seq or 0)


# ------------------------------------------------------------------------------- what is kept


def _stores(run: Run, known: Mapping[str, Truth]) -> Iterator[Violation]:
    """History's order is strict, and the log holds the same wherever it still holds anything."""
    for room, entries in run.stored.items():
        for one, following in itertools.pairwise(entries):
            if one.seq >= following.seq:
                what = f"history has {following.seq} after {one.seq}"
                yield Violation(Kind.REORDERED, room, what, "", following.seq)
    for room in sorted({*run.stored, *run.logged}):
        yield from _split(run, room, known.get(room) or Truth((), {}))


def _split(run: Run, room: str, truth: Truth) -> Iterator[Violation]:
    logged = {entry.seq: entry for entry in run.logged.get(room, ())}
    for seq, entry in logged.items():
        if seq not in truth.by_seq:
            if not run.stuck:  # else history was not waited for
                yield Violation(Kind.LOST, room, f"{seq} is in the log, not in Postgres", "", seq)
        elif not truth.agrees(entry):
            yield Violation(Kind.SPLIT, room, f"log and Postgres differ at {seq}", "", seq)
    if run.reborn:
        return  # the log begins anew above everything that Postgres has
    for seq in truth.by_seq:
        if seq not in logged and seq > run.trimmed and not truth.is_erased(seq):
            yield Violation(Kind.SPLIT, room, f"{seq} is in Postgres, and not in the log", "", seq)


# ------------------------------------------------------------------------------- what was shown


def _holdings(run: Run, known: Mapping[str, Truth]) -> Iterator[Violation]:
    for holding in run.holdings:
        truth = known.get(holding.room) or Truth((), {})
        yield from _Reader(truth, holding, unsettled=bool(run.stuck)).read()


class _Reader:
    """Goes through what one client was shown of a room, beside what the room truly holds."""

    def __init__(self, truth: Truth, holding: Holding, *, unsettled: bool) -> None:
        self._unsettled = unsettled
        self._truth = truth
        self._order = truth.order
        self._holding = holding
        self._last = holding.member_from
        self._keys: set[tuple[str, str]] = set()
        # From which seq on the user was a member, and was none: the lists go together.
        self._changes, self._member, self._back_ms = [0], [True], [0]
        for entry in truth.membership:
            if entry.seq > holding.member_from and entry.who == holding.user:
                if entry.kind == BEGINS:
                    self._change(entry.seq, entry.ms, member=True)
                elif entry.kind in ENDS:
                    # One is shown one's own end.
                    self._change(entry.seq + 1, entry.ms, member=False)

    def _change(self, seq: int, ms: int, *, member: bool) -> None:
        self._changes.append(seq)
        self._back_ms.append(ms)
        self._member.append(member)

    def read(self) -> Iterator[Violation]:
        """Everything that is wrong with it."""
        for item in self._holding.items:
            yield from self._item(item)
        if self._holding.at_end and not self._unsettled:
            missing = [seq for seq in self._between(self._last, None) if self._visible(seq)]
            if missing:
                what = f"settled, but holds nothing after {self._last}: {_some(missing)} are there"
                yield self._violation(Kind.LOST, what, missing[0])

    def _item(self, item: Held) -> Iterator[Violation]:
        match item:
            case Entry():
                yield from self._entry(item)
            case Gap():
                self._last = max(self._last, item.before - 1)
            case Rewind():
                self._last = min(self._last, item.to)
            case _:
                pass  # told that it is out: what it is shown after that is what counts

    def _entry(self, entry: Entry) -> Iterator[Violation]:
        if entry.seq <= self._last:
            seen = "again" if entry.seq == self._last else f"after {self._last}"
            kind = Kind.DOUBLED if entry.seq == self._last else Kind.REORDERED
            yield self._violation(kind, f"was shown {entry.seq} {seen}", entry.seq)
            return
        if entry.key and (entry.who, entry.key) in self._keys:
            what = f"was shown {entry.text!r} again at {entry.seq}"
            yield self._violation(Kind.DOUBLED, what, entry.seq)
        self._keys.add((entry.who, entry.key))
        if not self._truth.agrees(entry):
            what = f"was shown {entry.text!r} at {entry.seq}"
            yield self._violation(Kind.STRANGE, what, entry.seq)
        missing = [seq for seq in self._between(self._last, entry.seq) if self._visible(seq)]
        if missing:
            what = f"was shown {entry.seq} right after {self._last}, without {_some(missing)}"
            yield self._violation(Kind.HOLE, what, entry.seq)
        if not self._visible(entry.seq) and not self._was_back(entry):
            what = f"was shown {entry.seq}, being no member then"
            yield self._violation(Kind.LEAKED, what, entry.seq)
        self._last = entry.seq

    def _visible(self, seq: int) -> bool:
        """Whether the client's user was a member when the event took its place."""
        return self._member[bisect_right(self._changes, seq) - 1]

    def _was_back(self, entry: Entry) -> bool:
        """Whether they were a member again when they heard what was said in their absence.

        Members may read everything from before.
        """
        following = bisect_right(self._changes, entry.seq)
        return following < len(self._changes) and entry.ms >= self._back_ms[following]

    def _between(self, after: int, before: int | None) -> list[int]:
        end = len(self._order) if before is None else bisect_left(self._order, before)
        return self._order[bisect_right(self._order, after) : end]

    def _violation(self, kind: Kind, what: str, seq: int) -> Violation:
        holding = self._holding
        return Violation(kind, holding.room, f"{holding.client} {what}", holding.client, seq)


def _name(place: tuple[str, str, str]) -> str:
    return f"message {place[2]} of {place[1]}"


def _some(seqs: Iterable[int]) -> str:
    listed = list(seqs)
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return ", ".join(map(str, listed[:3])) + more
