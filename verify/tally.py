"""What was said, acknowledged and seen in one round, and whether the promise was kept; a core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Verdict:
    """Figures of a round. Times are in seconds, sorted."""

    acknowledged: int
    lost: int
    """Acknowledged, but not seen by somebody, or not in the room's history."""
    doubled: int
    """Seen more than once by somebody, or more than once in the history."""
    disordered: int
    """Seen by somebody after one with a higher place in the room."""
    gaps: int
    """Markers in place of events that could not be had: said, not hidden, but not kept either."""
    ok: Sequence[float]
    seen: Sequence[float]

    @property
    def kept(self) -> bool:
        """Whether the promise was kept."""
        return not (self.lost or self.doubled or self.disordered or self.gaps)


@dataclass(slots=True)
class _Listener:
    counts: dict[int, int] = field(default_factory=dict)
    last_seq: int = 0
    disordered: int = 0
    gaps: int = 0


class Tally:
    """Keeps count of one room; messages are told apart by their number."""

    def __init__(self, listeners: Iterable[str]) -> None:
        self._listeners = {name: _Listener() for name in listeners}
        self._said: dict[int, float] = {}
        self._acknowledged: dict[int, int] = {}
        self._ok: list[float] = []
        self._seen: list[float] = []

    def said(self, number: int, now: float) -> None:
        """Somebody is about to say it."""
        self._said[number] = now

    def acknowledged(self, number: int, seq: int, now: float) -> None:
        """It was answered `ok`."""
        self._acknowledged[number] = seq
        self._ok.append(now - self._said[number])

    def seen(self, listener: str, number: int, seq: int, now: float) -> None:
        """A listener was shown it."""
        who = self._listeners[listener]
        before = who.counts.get(number, 0)
        who.counts[number] = before + 1
        who.disordered += seq < who.last_seq
        who.last_seq = max(who.last_seq, seq)
        if not before and number in self._said:
            self._seen.append(now - self._said[number])

    def gap(self, listener: str) -> None:
        """A listener was told that something could not be had."""
        self._listeners[listener].gaps += 1

    @property
    def complete(self) -> bool:
        """Whether every listener has seen everything that was acknowledged."""
        return all(
            self._acknowledged.keys() <= who.counts.keys() for who in self._listeners.values()
        )

    def verdict(self, history: Mapping[int, Sequence[int]]) -> Verdict:
        """Judge; `history` has the places in the room by number, as the pages have them."""
        everywhere = list(self._listeners.values())
        lost = {
            number
            for number, seq in self._acknowledged.items()
            if seq not in history.get(number, ())
            or any(number not in who.counts for who in everywhere)
        }
        doubled = {number for number, places in history.items() if len(places) > 1}
        for who in everywhere:
            doubled |= {number for number, count in who.counts.items() if count > 1}
        return Verdict(
            acknowledged=len(self._acknowledged),
            lost=len(lost),
            doubled=len(doubled),
            disordered=sum(who.disordered for who in everywhere),
            gaps=sum(who.gaps for who in everywhere),
            ok=sorted(self._ok),
            seen=sorted(self._seen),
        )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed; 0 of none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
