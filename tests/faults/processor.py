"""What the processes of a stack take of the processor, by kind, as proc(5) counts it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def seconds(pids: Mapping[str, int | None]) -> dict[int, tuple[str, float]]:
    """Give for each living process, and each child of one, its kind and its CPU seconds so far.

    `pids` are those started, by name: `gateway-2` is of the kind `gateway`. Children are of the
    kind of their parent: Postgres has one for each connection.
    """
    kinds = {pid: name.partition("-")[0] for name, pid in pids.items() if pid is not None}
    found: dict[int, tuple[str, float]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue  # it ended meanwhile
        # The name in brackets may hold anything, brackets and blanks too.
        fields = stat.rpartition(")")[2].split()
        pid, parent = int(entry.name), int(fields[1])
        kind = kinds.get(pid) or kinds.get(parent)
        if kind is not None:
            found[pid] = (kind, (int(fields[11]) + int(fields[12])) / _TICKS)
    return found


def spent(
    before: Mapping[int, tuple[str, float]], after: Mapping[int, tuple[str, float]]
) -> dict[str, float]:
    """Give the CPU seconds of each kind between two looks, the most first.

    What a process took that ended in between is not known.
    """
    total: dict[str, float] = {}
    for pid, (kind, now) in after.items():
        total[kind] = total.get(kind, 0.0) + now - before.get(pid, (kind, 0.0))[1]
    most = sorted(total.items(), key=lambda item: -item[1])
    return {kind: round(some, 2) for kind, some in most}
