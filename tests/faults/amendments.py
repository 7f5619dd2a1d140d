"""Checks what was done to messages after they were said: edits, deletions, reactions; pure.

An acknowledged change is there once; what the log, Postgres and each client hold adds up to the
same; and of a message whose deletion was acknowledged no word is left.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.faults import marks
from tests.faults.fold import ADDED, AMENDS, DELETED, EDITED, REMOVED, Truth, fold
from tests.faults.record import Amending, Entry, Holding, Run, Standing
from tests.faults.violation import Kind, Violation

_Name = tuple[str, int, str, str]
"""What becomes one event: kind, target, who, and the text or emoji where that tells them apart."""


def check(run: Run, truths: Mapping[str, Truth]) -> Iterator[Violation]:
    """Find everything that is wrong, rooms first, then clients, then what is left of the deleted.

    `truths` is what history holds of each room, as `fold.truths` gives it.
    """
    asked: dict[str, list[Amending]] = defaultdict(list)
    for one in run.amendings:
        asked[one.room].append(one)
    for room, truth in truths.items():
        yield from _Changes(run, room, truth, asked[room]).check()
        yield from _sums(run, room, truth)
    for holding in run.holdings:
        if holding.room in truths and holding.room in run.standing:
            yield from _shown(run, holding, truths[holding.room])
    yield from _left(run, truths)


# ----------------------------------------------------------------------------- what was answered


class _Changes:
    """What people asked for in one room, beside what stands in history."""

    def __init__(self, run: Run, room: str, truth: Truth, asked: Sequence[Amending]) -> None:
        self._run, self._room, self._truth = run, room, truth
        self._asked: dict[_Name, list[Amending]] = defaultdict(list)
        self._there: dict[_Name, list[Entry]] = defaultdict(list)
        for one in sorted(asked, key=lambda amending: amending.number):
            self._asked[self._name(one.kind, one.target, one.user, one.text)].append(one)
        for entry in truth.entries:
            if entry.kind in AMENDS:
                name = self._name(entry.kind, entry.target, entry.who, entry.text)
                self._there[name].append(entry)

    def _name(self, kind: str, target: int, who: str, text: str) -> _Name:
        """Edits of a deleted message have lost their texts: they are told apart no more."""
        told = text if kind in (ADDED, REMOVED) or target not in self._truth.gone else ""
        return kind, target, who, told

    def check(self) -> Iterator[Violation]:
        for name, asked in self._asked.items():
            yield from self._answered(name, asked, self._there.get(name, []))
        for name, there in self._there.items():
            if name not in self._asked:
                what = f"nobody asked for {_told(name)} at {there[0].seq}"
                yield Violation(Kind.STRANGE, self._room, what, "", there[0].seq)
        yield from self._deletions()
        for target, amends in self._truth.amends.items():
            yield from self._reactions(target, amends)
        yield from self._last_words()

    def _answered(
        self, name: _Name, asked: Sequence[Amending], there: Sequence[Entry]
    ) -> Iterator[Violation]:
        """Acknowledged: there. Refused: not. No more often than it was asked for."""
        kind, target = name[:2]
        client = asked[0].client
        oks = sum(one.outcome == "ok" for one in asked)
        most = sum(one.attempts for one in asked if one.outcome != "refused")
        if kind == EDITED and len(there) < oks:
            what = f"{_told(name)} of {client} was acknowledged {oks} times, is there {len(there)}"
            yield Violation(Kind.LOST, self._room, what, client, target)
        if kind == DELETED and oks and target not in self._truth.gone:
            what = f"{_told(name)} of {client} was acknowledged, and it is still there"
            yield Violation(Kind.LOST, self._room, what, client, target)
        if there and not most:
            what = f"{_told(name)} of {client} was refused for good, and stands at {there[0].seq}"
            yield Violation(Kind.GHOST, self._room, what, client, there[0].seq)
        elif len(there) > most:
            places = [entry.seq for entry in there]
            what = f"{_told(name)} of {client} was asked for {most} times, and stands at {places}"
            yield Violation(Kind.DOUBLED, self._room, what, client, there[-1].seq)

    def _deletions(self) -> Iterator[Violation]:
        """A message is deleted once, whoever asked for it how often."""
        for target, amends in self._truth.amends.items():
            places = [entry.seq for entry in amends if entry.kind == DELETED]
            if len(places) > 1:
                what = f"{target} is deleted at {places}"
                yield Violation(Kind.DOUBLED, self._room, what, "", places[1])

    def _reactions(self, target: int, amends: Sequence[Entry]) -> Iterator[Violation]:
        """Somebody reacts, takes it back, reacts: never the same twice in a row."""
        last: dict[tuple[str, str], str] = {}
        for entry in amends:
            if entry.kind not in (ADDED, REMOVED):
                continue
            reaction = (entry.who, entry.text)
            if last.get(reaction, REMOVED) == entry.kind:
                what = f"{entry.kind} {entry.text} of {entry.who} for {target} changes nothing"
                yield Violation(Kind.DOUBLED, self._room, what, "", entry.seq)
            last[reaction] = entry.kind

    def _last_words(self) -> Iterator[Violation]:
        """What one was acknowledged last is how it is, if it is sure what was carried out."""
        standing = self._run.standing.get(self._room, {})
        by_place: dict[tuple[str, int, str], list[Amending]] = defaultdict(list)
        for one in itertools.chain.from_iterable(self._asked.values()):
            if one.kind != DELETED:
                emoji = "" if one.kind == EDITED else one.text
                by_place[one.client, one.target, emoji].append(one)
        for (client, target, emoji), some in by_place.items():
            some.sort(key=lambda amending: amending.number)
            last, stands = some[-1], standing.get(target)
            sure = all(one.attempts == 1 and one.outcome != "unknown" for one in some)
            if not sure or last.outcome != "ok" or stands is None or stands.deleted:
                continue
            if emoji and ((last.user, emoji) in stands.reactions) is not (last.kind == ADDED):
                what = f"{last.kind} {emoji} of {client} for {target} was acknowledged, and is not"
                yield Violation(Kind.LOST, self._room, what, client, target)
            if not emoji and stands.text != last.text:
                what = f"{client} edited {target} to {last.text!r}, and it says {stands.text!r}"
                yield Violation(Kind.LOST, self._room, what, client, target)


# ------------------------------------------------------------------------------- what it adds up to


def _sums(run: Run, room: str, truth: Truth) -> Iterator[Violation]:
    """The log and the events that history keeps add up to the messages that it keeps."""
    standing = run.standing.get(room)
    if standing is None or run.reborn or run.stuck:
        return
    logged = [entry for entry in run.logged.get(room, ()) if entry.seq > run.trimmed]
    for where, entries in (("the log", logged), ("what history keeps of it", truth.entries)):
        for seq, sum_ in fold(entries).items():
            if sum_ != (stands := standing.get(seq)):
                what = f"{seq} is {_seen(stands)} in Postgres; {where} adds up to {_seen(sum_)}"
                yield Violation(Kind.SPLIT, room, what, "", seq)


def _shown(run: Run, holding: Holding, truth: Truth) -> Iterator[Violation]:
    """So does what a client holds, wherever it was shown all that was done to a message."""
    standing = run.standing[holding.room]
    shown = {item.seq for item in holding.items if isinstance(item, Entry)}
    for seq, sum_ in fold(holding.items).items():
        stands = standing.get(seq)
        whole = all(entry.seq in shown for entry in truth.amends.get(seq, ()))
        if stands is not None and whole and sum_ != stands:
            what = f"{holding.client} holds {_seen(sum_)} at {seq}; it is {_seen(stands)}"
            yield Violation(Kind.SPLIT, holding.room, what, holding.client, seq)


# --------------------------------------------------------------------------- what must be no more


def _left(run: Run, truths: Mapping[str, Truth]) -> Iterator[Violation]:
    """No server keeps a word of what was deleted, and none says one to whoever comes later."""
    for one in run.amendings:
        if one.kind != DELETED or one.outcome != "ok" or one.room not in truths:
            continue
        words: set[str] = set()
        for text in truths[one.room].texts.get(one.target, ()):
            words |= marks.found(text)
        for where, kept in run.words.items():
            if words & kept:
                what = f"a word of {one.target}, which {one.client} deleted, is still in {where}"
                yield Violation(Kind.LEAKED, one.room, what, one.client, one.target)
        for client, heard in run.heard.items():
            if any(heard.get(word, 0) > one.ended_ms for word in words):
                what = f"{client} came back after {one.target} was deleted, and was shown its text"
                yield Violation(Kind.LEAKED, one.room, what, client, one.target)


def _told(name: _Name) -> str:
    kind, target, who, text = name
    return " ".join(filter(None, (kind, repr(text) if text else "", f"of {target} by {who}")))


def _seen(standing: Standing | None) -> str:
    if standing is None:
        return "no message"
    reactions = "".join(f" {emoji} of {who}" for who, emoji in sorted(standing.reactions))
    return f"{'deleted' if standing.deleted else repr(standing.text)}{reactions}"
