"""What a process has cost, by the kernel's own accounting (proc(5)); it starts nothing."""

from __future__ import annotations

import contextlib
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")


class Cpu(NamedTuple):
    """Seconds of processor time, in the program itself and in the kernel for it."""

    user: float
    system: float

    @property
    def all(self) -> float:
        """Both."""
        return self.user + self.system

    def since(self, before: Cpu) -> Cpu:
        """What came since."""
        return Cpu(self.user - before.user, self.system - before.system)


def cpu(pids: Iterable[int]) -> Cpu:
    """What these processes have used so far, together; to a hundredth of a second each."""
    user = system = 0
    for pid in pids:
        # The name, which may hold anything, ends at the last parenthesis.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        user += int(fields[11])
        system += int(fields[12])
    return Cpu(user / _TICKS, system / _TICKS)


def family(pid: int) -> dict[int, float]:
    """Seconds of a process and of each of its children: Postgres has one for each connection."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    used = {}
    for one in (pid, *map(int, children.split())):
        # One of Postgres' helpers may have ended meanwhile.
        with contextlib.suppress(FileNotFoundError):
            used[one] = cpu([one]).all
    return used


def since(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """Seconds between two answers of `family`, of those who were there both times."""
    return sum(used - before.get(pid, used) for pid, used in after.items())


def busy() -> tuple[float, float]:
    """Seconds so far that the machine's cores worked, for whomever, and that there were of them."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / _TICKS, sum(ticks) / _TICKS


def uss_bytes(pid: int) -> int:
    """What a process has to itself: the memory that would be free if it ended."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kinds = ("Private_Clean:", "Private_Dirty:")
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(kinds))


def spread(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """Give the median of several rounds, the least and the most."""
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
    }


def percentiles(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """Give percentiles of all samples themselves, not of a histogram of them.

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    last = len(ordered) - 1
    shares = {"p50": 0.50, "p90": 0.90, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
    return {name: round(ordered[round(share * last)], digits) for name, share in shares.items()}
