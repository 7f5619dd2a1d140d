"""One fault of every kind while people talk: nothing lost, doubled, reordered, leaked or hidden."""

from __future__ import annotations

from pathlib import Path

from tests.faults import harness, report, schedule
from tests.faults.fold import AMENDS

SIZES = (2, 3, 8)
EACH_PER_SECOND = 0.7
NO_OK_SECONDS = 15.0
"""Nobody waits longer for an acknowledgement, whatever happens (a bar of the project)."""


async def test_one_fault_of_every_kind_breaks_no_promise(tmp_path: Path) -> None:
    """A fixed schedule on the whole stack, three NATS nodes and all; never repeated to green."""
    lines: list[str] = []
    verdict = await harness.run(
        tmp_path / "data",
        schedule.short(),
        seed=1,
        sizes=SIZES,
        each_per_second=EACH_PER_SECOND,
        tell=lines.append,
    )
    found = "\n".join([*lines, report.text(verdict)])
    assert verdict.violations == [], found
    assert verdict.longest_without_ok_ms < NO_OK_SECONDS * 1000, found
    assert len(verdict.run.faults) == len(schedule.short())
    assert sum(one.outcome == "ok" for one in verdict.run.sendings) > 200, found
    assert {one.kind for one in verdict.run.amendings if one.outcome == "ok"} == AMENDS, found
