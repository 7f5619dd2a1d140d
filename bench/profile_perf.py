"""Where the time of a process goes, of samples that the kernel takes of it (perf(1)).

It says which library the processor was in, and which of the kernel's calls it was in the kernel
for. Sampling costs a few percent: what is profiled is a round of its own, and no figure.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

_HERTZ = 499
"""No divisor of what loops and timers go by."""
_LIBRARIES = (
    ("[kernel", "the kernel"),
    ("[guest.kernel", "the kernel"),
    ("libpython", "the interpreter"),
    ("python", "the interpreter"),
    ("loop.", "uvloop"),
    ("_msgspec", "msgspec"),
    ("_core.", "msgspec"),
    ("picows", "picows"),
    ("node", "node"),
    ("perf-", "compiled JavaScript"),
    ("[JIT]", "compiled JavaScript"),
    ("libc.", "libc"),
)
_LINE = re.compile(r"^\s*(\d+\.\d+)%\s+(.+?)\s*$", re.MULTILINE)
_CALL = re.compile(r"^\[k\] (?:__(?:x64|arm64|se)_sys|__sys|ksys)_(\w+)$")
_LEAST = 0.5
"""Percent below which something is no line of its own."""


class Profile(msgspec.Struct, frozen=True):
    """Percent of the samples, the greatest first: the libraries are all, the calls the kernel's."""

    samples: int
    libraries: dict[str, float]
    calls: dict[str, float]


async def profile(pids: Sequence[int], seconds: float) -> Profile | None:
    """Watch these processes for so long; None where this machine has no perf, or it may not."""
    perf = shutil.which("perf")
    if perf is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "perf.data")
        watched = ",".join(map(str, pids))
        code, _ = await _run(
            *(perf, "record", "-q", "-F", str(_HERTZ), "-g", "-o", data, "-p", watched),
            *("--", "sleep", str(seconds)),
        )
        if code != 0:
            return None
        report = (perf, "report", "-i", data, "--stdio", "-g", "none", "--show-nr-samples")
        _, flat = await _run(*report, "--no-children", "--sort", "dso", "-F", "overhead,dso")
        _, deep = await _run(*report, "--children", "--sort", "sym", "-F", "overhead_children,sym")
        _, head = await _run(perf, "report", "-i", data, "--stdio", "--header", "-g", "none")
    return Profile(count(head), libraries(flat), calls(deep))


def libraries(report: str) -> dict[str, float]:
    """What `perf report --sort dso` says, by names that say what they are."""
    found: defaultdict[str, float] = defaultdict(float)
    for percent, name in _LINE.findall(report):
        kind = next((kind for start, kind in _LIBRARIES if name.startswith(start)), "the rest")
        found[kind] += float(percent)
    return _ordered(found)


def calls(report: str) -> dict[str, float]:
    """What `perf report --children --sort sym` says of the kernel's calls, callees included."""
    found: defaultdict[str, float] = defaultdict(float)
    for percent, name in _LINE.findall(report):
        if called := _CALL.search(name):
            # The entry and what it goes to first, of which a compiler may leave only one.
            found[called[1]] = max(found[called[1]], float(percent))
    return _ordered(found)


def count(report: str) -> int:
    """How many samples a report is made of; thousands are said as `12K`."""
    found = re.search(r"^# Samples: (\d+)([KM]?)", report, re.MULTILINE)
    return 0 if found is None else int(found[1]) * {"": 1, "K": 1_000, "M": 1_000_000}[found[2]]


def _ordered(found: Mapping[str, float]) -> dict[str, float]:
    by_part = sorted(found.items(), key=lambda item: -item[1])
    return {name: round(part, 1) for name, part in by_part if part >= _LEAST}


async def _run(*words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C"},
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode(errors="replace")
