"""`python -m bench SCENARIO`: measure one thing, and keep the figures in bench/results; `report`
makes the page of all of them.

Loads are bounded in count and time, and go to this machine alone. Compare what one run gives, never
figures of two runs: a shared machine is half as fast from one minute to the next.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from bench import report
from bench.machine import machine, versions
from services import loop_uvloop

RESULTS = Path(__file__).parent / "results"
SCENARIOS = (
    "fanout",
    "encodings",
    "scaling",
    "smallrooms",
    "latency",
    "mixed",
    "resume",
    "history",
    "bus_nats",
    "idle",
    "connect",
    "sync",
    "signin",
    "frames",
    "large",
)
"""Each is a module of that name here."""


class Scenario(Protocol):
    """What a scenario's module has."""

    SUMMARY: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Coroutine[Any, Any, dict[str, object]]]
    """Gives the figures, as plain JSON."""


def main(words: list[str]) -> int:
    """Run one scenario, or say what there is, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    kinds = parser.add_subparsers(dest="scenario", required=True)
    modules: dict[str, Scenario] = {}
    for name in SCENARIOS:
        module: Scenario = import_module(f"bench.{name}")
        modules[name] = module
        kind = kinds.add_parser(name, help=module.SUMMARY, description=module.SUMMARY)
        kind.add_argument("--json", type=Path, default=RESULTS / f"bench-{name}.json")
        module.arguments(kind)
    told = "make docs/reference/performance.md of the results that there are"
    kinds.add_parser("report", help=told, description=told)
    given = parser.parse_args(words)
    if given.scenario == "report":
        sys.stdout.writelines(f"{path}\n" for path in report.write(RESULTS))
        return 0
    result = {
        "scenario": given.scenario,
        "summary": modules[given.scenario].SUMMARY,
        "command": " ".join(["python -m bench", *words]),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
    }
    result |= loop_uvloop.run(modules[given.scenario].run(given))
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    sys.stdout.write(text)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
