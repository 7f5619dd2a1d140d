"""A histogram of high dynamic range: any value to two significant digits; it draws nothing.

As HdrHistogram does, it keeps the same relative precision from microseconds to minutes, so that
rounds can be added up and the far end of a distribution is kept, in a few hundred numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

DIGITS = 2
SHARES = {"p50": 0.50, "p90": 0.90, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


def bound(value: float) -> float:
    """The upper end of the bucket that a value falls into; 0 for what is not above 0."""
    if value <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(value)) - DIGITS + 1)
    return float(f"{math.ceil(value / step) * step:.{DIGITS + 1}g}")


class Histogram:
    """How many values there were up to each bound, above the one before."""

    def __init__(self, counts: Mapping[float, int] | None = None) -> None:
        self._counts: Counter[float] = Counter(counts or {})

    def __len__(self) -> int:
        return sum(self._counts.values())

    def add(self, values: Iterable[float]) -> None:
        """Count values."""
        self._counts.update(map(bound, values))

    def merge(self, other: Histogram) -> None:
        """Count what another one counted."""
        self._counts.update(other._counts)

    def at(self, share: float) -> float:
        """The bound below which this share of the values lies.

        Raises:
            ValueError: there are none.
        """
        if not self._counts:
            raise ValueError("nothing was measured")
        wanted, seen = share * len(self), 0
        for value in sorted(self._counts):
            seen += self._counts[value]
            if seen >= wanted:
                break
        return value

    def percentiles(self) -> dict[str, float]:
        """The usual ones, by name."""
        return {name: self.at(share) for name, share in SHARES.items()}

    def plain(self) -> dict[str, int]:
        """As JSON has it: counts by their bounds, rising."""
        return {f"{value:g}": self._counts[value] for value in sorted(self._counts)}

    @classmethod
    def read(cls, plain: Mapping[str, int]) -> Histogram:
        """What `plain` gave."""
        return cls({float(value): count for value, count in plain.items()})
