"""One fault of every kind while people talk: nothing lost, doubled, reordered, leaked or hidden.

The whole stack is up once for all of it: each of its servers takes seconds to start.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults import harness, report, scenario, schedule
from tests.faults.cluster import Cluster, cluster
from tests.faults.fold import DELETED, EDITED

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIZES = (2, 3, 8)
EACH_PER_SECOND = 0.7
NO_OK_SECONDS = 15.0
"""Nobody waits longer for an acknowledgement, whatever happens (a bar of the project)."""
HERD = scenario.Size(sockets=60, rooms=2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """Give the whole stack, three NATS nodes and all."""
    async with cluster(tmp_path_factory.mktemp("faults") / "data") as made:
        yield made


@pytest.mark.parametrize("part", schedule.SHORT)
async def test_one_fault_of_every_kind_breaks_no_promise(stack: Cluster, part: str) -> None:
    """A fixed schedule; never repeated to green. People say, change and delete all the time."""
    lines: list[str] = []
    verdict = await harness.run(
        stack,
        schedule.SHORT[part],
        seed=1,
        sizes=SIZES,
        each_per_second=EACH_PER_SECOND,
        tell=lines.append,
    )
    found = "\n".join([*lines, report.text(verdict)])
    assert verdict.violations == [], found
    assert verdict.longest_without_ok_ms < NO_OK_SECONDS * 1000, found
    assert len(verdict.run.faults) == len(schedule.SHORT[part])
    assert sum(one.outcome == "ok" for one in verdict.run.sendings) > 50, found
    changed = {one.kind for one in verdict.run.amendings if one.outcome == "ok"}
    assert changed >= {EDITED, DELETED}, found


async def test_a_herd_comes_back_with_everything(stack: Cluster) -> None:
    """All sockets lose their gateway at once; each is back and caught up, and no promise broken."""
    async with scenario.staged(stack, HERD, 1, lambda _line: None) as here:
        played = await scenario.herd(here)
    assert played.violations == []
    assert played.figures["sockets"] == HERD.sockets
    assert played.figures["gateways_that_drained"] == 0
    assert played.figures["ends"]["1006"] >= HERD.sockets
    assert played.figures["back_seconds"] < scenario.BACK_SECONDS
    assert sum(len(holding.items) for holding in played.run.holdings) > HERD.sockets
