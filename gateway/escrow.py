"""Answers that wait for a position which only rises; a core, which gives none of them itself."""

from __future__ import annotations

import heapq
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class _Held(NamedTuple, Generic[T]):
    seq: int
    number: int
    deadline: float
    item: T


class Escrow(Generic[T]):
    """Items by the position they wait for; those of one position in the order put in.

    Unbounded by itself: who puts something in has a bound. Times are monotonic seconds.
    """

    def __init__(self) -> None:
        self.seq = 0
        """Everything up to here is released."""
        self._held: list[_Held[T]] = []
        self._number = 0

    def __len__(self) -> int:
        return len(self._held)

    def put(self, seq: int, deadline: float, item: T) -> bool:
        """Hold an item until `seq` or `deadline` is reached; False if `seq` is, and it is not held.

        `deadline` never falls from one item to the next of those whose order matters.
        """
        if seq <= self.seq:
            return False
        self._number += 1
        heapq.heappush(self._held, _Held(seq, self._number, deadline, item))
        return True

    def advance(self, seq: int) -> list[T]:
        """Move on to `seq`, never back; gives the items that waited for it, in order."""
        self.seq = max(self.seq, seq)
        released = []
        while self._held and self._held[0].seq <= self.seq:
            released.append(heapq.heappop(self._held).item)
        return released

    def expire(self, now: float) -> list[T]:
        """Give up the items whose time is over, in the order put in."""
        expired = sorted(
            (held for held in self._held if held.deadline <= now), key=lambda held: held.number
        )
        if expired:
            self._held = [held for held in self._held if held.deadline > now]
            heapq.heapify(self._held)
        return [held.item for held in expired]
