"""Turns of a room: one at a time, in order, bounded, and nothing is left behind."""

import asyncio

import pytest

from history import lanes
from history.lanes import Lanes
from services.problem import Unavailable


async def test_one_at_a_time_in_the_order_they_came() -> None:
    """In one room; another room does not wait."""
    rooms = Lanes()
    began: list[str] = []
    goes_on = asyncio.Event()

    async def take(room: str, name: str) -> None:
        async with rooms.turn(room):
            began.append(name)
            await goes_on.wait()

    waiting = [asyncio.create_task(take("r", str(n))) for n in range(3)]
    waiting.append(asyncio.create_task(take("other", "x")))
    while len(began) < 2:  # noqa: ASYNC110 - what is looked at has no event
        await asyncio.sleep(0)
    assert began == ["0", "x"]
    waiting[1].cancel()
    goes_on.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert began == ["0", "x", "2"]
    assert len(rooms) == 0


async def test_who_would_wait_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the number of those before, or by the time; and the lane is free afterwards."""
    monkeypatch.setattr(lanes, "WAITING", 2)
    monkeypatch.setattr(lanes, "WAIT_SECONDS", 0.05)
    rooms = Lanes()
    async with rooms.turn("r"):
        late = asyncio.create_task(_take(rooms))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await _take(rooms)
        with pytest.raises(Unavailable):
            await late
    await _take(rooms)
    assert len(rooms) == 0


async def _take(rooms: Lanes) -> None:
    async with rooms.turn("r"):
        pass
