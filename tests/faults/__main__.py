"""`python -m tests.faults`: what one runs before a release; exits with 1 on a broken promise."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services import loop_uvloop
from tests.faults import cluster, deaf, harness, report, scenario, schedule, timeline
from tests.faults.checker import Violation
from tests.faults.record import Run

SIZES = (2, 3, 8, 16)
SCENARIOS = {"rolling": scenario.rolling, "herd": scenario.herd, "deaf": deaf.deaf}


def say(line: str) -> None:
    """Tell the person at the keyboard at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run it; the data of a run that went wrong stays where it is told."""
    options = _parser().parse_args()
    cluster.end_on_sigterm()
    if options.scenario:
        return _play(options)
    if options.kept:
        return max(_faults(options, one.seed, one.minutes) for one in schedule.kept())
    return _faults(options, _seed(options), options.minutes)


def _seed(options: argparse.Namespace) -> int:
    return secrets.randbelow(10**6) if options.seed is None else int(options.seed)


def _data() -> Path:
    return Path(tempfile.mkdtemp(prefix="parley-faults-"))


def _faults(options: argparse.Namespace, seed: int, minutes: float) -> int:
    """Work through a schedule."""
    steps = schedule.short() if options.short else schedule.draw(seed, minutes * 60)
    data, before = _data(), os.getloadavg()[0]

    async def run() -> harness.Verdict:
        async with cluster.cluster(data) as stack:
            return await harness.run(
                stack, steps, seed=seed, sizes=SIZES, each_per_second=options.rate, tell=say
            )

    verdict = asyncio.run(run())
    say(report.text(verdict))
    what = "--short" if options.short else f"--minutes {minutes:g}"
    load = {"load_average_before": round(before, 1)}
    command = {"command": f"python -m tests.faults {what} --seed {seed}", **load}
    figures = {**command, **report.figures(verdict)}
    name = f"faults-{seed}"
    return _keep(options, data, verdict.run, verdict.violations, figures, name)


def _play(options: argparse.Namespace) -> int:
    """Play a scenario."""
    size = scenario.Size(options.sockets, options.rooms, options.connects)
    data = _data()

    async def play() -> scenario.Played:
        keep = options.scenario != "deaf"
        async with scenario.scene(data, size, _seed(options), say, keep=keep) as here:
            return await SCENARIOS[options.scenario](here)

    run, violations, figures = loop_uvloop.run(play())
    say(json.dumps(figures, indent=1))
    for one in violations[: report.SHOWN]:
        say(f"  {one.kind}: room {one.room}: {one.what}")
    name = f"scenario-{options.scenario}"
    return _keep(options, data, run, violations, figures, name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="repeats a run")
    parser.add_argument("--minutes", type=float, default=20.0, help="of faults; recovery is extra")
    parser.add_argument("--short", action="store_true", help="one fault of every kind")
    parser.add_argument("--kept", action="store_true", help="every seed that once went wrong")
    parser.add_argument("--rate", type=float, default=1.0, help="messages a second, each, a room")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), help="instead of a schedule")
    parser.add_argument("--sockets", type=int, default=2_000, help="of a scenario")
    parser.add_argument("--rooms", type=int, default=50, help="of a scenario")
    parser.add_argument("--connects", default="200/1", help="PARLEY_LIMIT_CONNECTS in a scenario")
    parser.add_argument("--json", type=Path, default=None, help="where the figures go, too")
    parser.add_argument(
        "--results", action="store_true", help="the figures go into bench/results, too"
    )
    parser.add_argument("--html", type=Path, default=None, help="where the run is drawn")
    return parser


def _keep(
    options: argparse.Namespace,
    data: Path,
    run: Run,
    violations: Sequence[Violation],
    figures: dict[str, Any],
    name: str,
) -> int:
    """Write what was asked for, and leave the data of a run that went wrong."""
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    if options.results:
        say(report.keep(name, figures))
    drawn = options.html or (data / "timeline.html" if violations else None)
    if drawn is not None:
        drawn.write_text(timeline.page(run, violations))
        say(f"drawn: {drawn}")
    if violations or figures["ended_by_themselves"]:
        say(f"what the processes said and kept: {data}")
    else:
        shutil.rmtree(data)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
