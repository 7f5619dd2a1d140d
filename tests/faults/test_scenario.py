"""The two scenarios, small: what thousands do, dozens do too, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

from tests.faults import scenario

SIZE = scenario.Size(sockets=60, rooms=2)


async def test_a_herd_comes_back_with_everything(tmp_path: Path) -> None:
    """All sockets lose their gateway at once; each is back and caught up, and no promise broken."""
    played = await scenario.herd(tmp_path / "data", SIZE, seed=1, tell=lambda _line: None)
    assert played.violations == []
    assert played.figures["sockets"] == SIZE.sockets
    assert played.figures["ended_by_themselves"] == []
    assert played.figures["gateways_that_drained"] == 0
    assert played.figures["ends"]["1006"] >= SIZE.sockets
    assert played.figures["back_seconds"] < scenario.BACK_SECONDS
    assert sum(len(holding.items) for holding in played.run.holdings) > SIZE.sockets
