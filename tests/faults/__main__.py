"""`python -m tests.faults`: what one runs before a release; exits with 1 on a broken promise."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from tests.faults import harness, report, schedule, timeline

SIZES = (2, 3, 8, 16)


def say(line: str) -> None:
    """Tell the person at the keyboard at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run it; the data of a run that went wrong stays where it is told."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="repeats a run")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--short", action="store_true", help="one fault of every kind")
    parser.add_argument("--rate", type=float, default=1.0, help="messages a second, each, a room")
    parser.add_argument("--html", type=Path, default=None, help="where the run is drawn")
    parser.add_argument("--json", type=Path, default=None, help="where the figures go, too")
    options = parser.parse_args()
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    steps = schedule.short() if options.short else schedule.draw(seed, options.minutes * 60)
    data = Path(tempfile.mkdtemp(prefix="parley-faults-"))
    verdict = asyncio.run(
        harness.run(data, steps, seed=seed, sizes=SIZES, each_per_second=options.rate, tell=say)
    )
    say(report.text(verdict))
    if options.json is not None:
        options.json.write_text(json.dumps(report.figures(verdict), indent=1) + "\n")
    drawn = options.html or (data / "timeline.html" if verdict.violations else None)
    if drawn is not None:
        drawn.write_text(timeline.page(verdict.run, verdict.violations))
        say(f"drawn: {drawn}")
    if verdict.violations:
        say(f"what the processes said and kept: {data}")
        return 1
    shutil.rmtree(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
