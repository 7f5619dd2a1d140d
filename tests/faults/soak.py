"""`python -m tests.faults.soak`: sockets come, talk and are cut for an hour; memory must not grow.

What is measured is the unshared memory (USS) of each gateway; nothing is judged of what was said.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from parley_sdk import Api
from parley_sdk.errors import ParleyError

from services import loop_uvloop
from tests.faults.cluster import Cluster, end_on_sigterm
from tests.faults.report import keep, machine
from tests.faults.scenario import Scene, Size, Tell, scene

SIZE = Size(sockets=200, rooms=10)
CUT_SHARE = 0.05
"""Of all sockets, each second: half of them without a word."""
GROWTH = 0.10
SETTLED_MINUTES = 5.0
"""Until then a gateway may grow as it likes; in a run below 15 minutes, for a third of it."""
SAMPLE_SECONDS = 5.0
COMPARED = 6
"""Samples whose median counts, half a minute's worth: when it has settled, and at the end."""
REFRESH_SECONDS = 600.0
RETRY_SECONDS = 5.0


async def soak(data: Path, minutes: float, *, size: Size, seed: int, tell: Tell) -> dict[str, Any]:
    """Let sockets come and go for so long, and give the figures; `grown` is a share.

    Raises:
        TimeoutError: at the end not all of them were back within a minute.
    """
    async with scene(data, size, seed, tell, keep=False) as here:
        await here.gather_mass()
        work = [asyncio.create_task(_churn(here, seed)), asyncio.create_task(_refresh(here))]
        try:
            samples = await _sample(here, minutes * 60)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
        async with asyncio.timeout(60):
            await here.mass.live()
        grown = {name: _grown(some, minutes) for name, some in samples.items()}
        return {
            "scenario": "soak",
            "command": f"python -m tests.faults.soak --minutes {minutes:g}"
            f" --sockets {size.sockets} --rooms {size.rooms}",
            "machine": machine(),
            "minutes": minutes,
            "settled_minutes": settled_minutes(minutes),
            "sockets": len(here.mass.sockets),
            "rooms": size.rooms,
            "hellos": here.mass.readies,
            "grown": max(share for share, _, _ in grown.values()),
            "uss_kilobytes": {n: {"settled": a, "end": b} for n, (_, a, b) in grown.items()},
            "ends": dict(here.mass.ends),
        }


def settled_minutes(minutes: float) -> float:
    """Give after how many minutes the first measurement counts."""
    return min(SETTLED_MINUTES, minutes / 3)


def _grown(samples: list[int], minutes: float) -> tuple[float, int, int]:
    """Give the share by which it grew, and both figures."""
    at = round(len(samples) * settled_minutes(minutes) / minutes)
    settled = statistics.median(samples[max(0, at - COMPARED) : max(1, at)])
    end = statistics.median(samples[-COMPARED:])
    return round(end / settled - 1, 4), round(settled), round(end)


def uss_kilobytes(pid: int) -> int:
    """What a process has to itself: the pages that would be free if it ended (proc(5))."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kinds = ("Private_Clean:", "Private_Dirty:")
    return sum(int(line.split()[1]) for line in lines if line.startswith(kinds))


async def _sample(here: Scene, seconds: float) -> dict[str, list[int]]:
    samples: dict[str, list[int]] = {name: [] for name in here.stack.names("gateway")}
    each = max(2 * COMPARED, round(seconds / SAMPLE_SECONDS))
    for number in range(each):
        await asyncio.sleep(seconds / each)
        for name, some in samples.items():
            some.append(uss_kilobytes(_pid(here.stack, name)))
        if number % 12 == 11:
            now = ", ".join(f"{name} {some[-1] / 1024:.1f} MB" for name, some in samples.items())
            here.tell(f"{(number + 1) * seconds / each / 60:.1f} min: {now}")
    return samples


def _pid(stack: Cluster, name: str) -> int:
    pid = stack.pid(name)
    assert pid is not None, f"{name} ended by itself"
    return pid


async def _churn(here: Scene, seed: int) -> None:
    """Cut some sockets, and close others properly, all the time."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    for _ in itertools.count():
        for socket in chance.sample(here.mass.sockets, round(here.size.sockets * CUT_SHARE)):
            if chance.random() < 0.5:
                socket.cut()
            else:
                socket.leave()
        await asyncio.sleep(1.0)


async def _refresh(here: Scene) -> None:
    """Get fresh tokens before the old ones run out: an hour is longer than they live."""
    while True:
        await asyncio.sleep(REFRESH_SECONDS)
        async with Api(here.stack.front_url) as api:
            for user, token in list(here.refresh_tokens.items()):
                try:
                    signed = await api.refresh(token)
                except ParleyError:
                    await asyncio.sleep(RETRY_SECONDS)
                    continue  # its sockets come back with the next round
                here.mass.tokens[user] = signed.access_token
                here.refresh_tokens[user] = signed.refresh_token or token


def main() -> int:
    """Run it; 1 if a gateway grew by more than a tenth."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--sockets", type=int, default=SIZE.sockets)
    parser.add_argument("--rooms", type=int, default=SIZE.rooms)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, default=None, help="where the figures go, too")
    parser.add_argument(
        "--results", action="store_true", help="the figures go into bench/results, too"
    )
    options = parser.parse_args()
    end_on_sigterm()
    data = Path(tempfile.mkdtemp(prefix="parley-soak-"))
    load = os.getloadavg()[0]
    size = Size(options.sockets, options.rooms)
    figures = loop_uvloop.run(soak(data, options.minutes, size=size, seed=options.seed, tell=_say))
    figures["load_average_before"] = round(load, 1)
    text = json.dumps(figures, indent=1)
    _say(text)
    if options.json is not None:
        options.json.write_text(text + "\n")
    if options.results:
        _say(keep("scenario-soak", figures))
    shutil.rmtree(data)
    return 1 if figures["grown"] > GROWTH else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
