"""One flush a turn and one timer for all endings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from gateway.parcel import Parcel
from gateway.turns import SLICE, Endings, Turns
from gateway.wave import Wave
from services.clock import monotonic


class Connection:
    """Notes what is asked of it."""

    def __init__(self, name: str, log: list[str], turns: Turns | None = None) -> None:
        self.name = name
        self.log = log
        self.turns = turns
        self.aborted = asyncio.Event()
        self.aborted_at = 0.0

    def flush(self) -> int:
        """Note it, and ask again if there is whom to ask; as many frames as the name is long."""
        self.log.append(self.name)
        if self.turns is not None:
            turns, self.turns = self.turns, None
            turns.flush_later(self)
        return len(self.name)

    def write_joined(self, frames: Mapping[int, bytes]) -> bool:
        """Note it."""
        assert frames[0]
        self.log.append(self.name)
        return True

    def abort(self) -> None:
        """Note it."""
        self.log.append(self.name)
        self.aborted_at = monotonic()
        self.aborted.set()


async def test_flushes_come_after_the_turn_in_order() -> None:
    """Nothing is flushed while the turn runs; then everyone, as they asked."""
    turns, log = Turns(), list[str]()
    for name in "abc":
        turns.flush_later(Connection(name, log))
    assert log == []
    await asyncio.sleep(0)
    assert log == ["a", "b", "c"]


async def test_asking_within_a_flush_is_for_the_next_turn() -> None:
    """A flush that leads to another send cannot keep the loop from turning."""
    turns, log = Turns(), list[str]()
    turns.flush_later(Connection("a", log, turns))
    await asyncio.sleep(0)
    assert log == ["a"]
    await asyncio.sleep(0)
    assert log == ["a", "a"]


async def test_a_turn_tells_how_much_it_joined() -> None:
    """Once for all: the frames, and the writes they left in; who had none left wrote none."""
    told: list[tuple[int, int]] = []
    turns = Turns(lambda frames, writes: told.append((frames, writes)))
    for name in ("a", "bbb", ""):
        turns.flush_later(Connection(name, []))
    await asyncio.sleep(0)
    assert told == [(4, 2)]


async def test_a_storm_in_a_large_room_delays_nobody_else_by_more_than_a_slice() -> None:
    """5,000 are written to in slices, in their order; who is elsewhere comes in between."""
    turns, log = Turns(), list[str]()
    many = [Connection(f"large-{number}", log) for number in range(5_000)]
    turns.begin(Wave(many, Parcel(b"a")))
    turns.flush_later(Connection("small", log))
    await asyncio.sleep(0)
    assert log.index("small") == 0
    assert len(log) == 1 + SLICE
    turns.flush_later(Connection("another", log))
    await asyncio.sleep(0)
    assert log.index("another") == 1 + SLICE
    for _ in range(5_000 // SLICE):
        await asyncio.sleep(0)
    others = [name for name in log if name.startswith("large")]
    assert others == [f"large-{number}" for number in range(5_000)]


async def test_endings_come_in_order_and_each_in_its_time() -> None:
    """One that began to end later is aborted later, and none before its time."""
    log, endings = list[str](), Endings(0.05)
    connections = [Connection(name, log) for name in "ab"]
    began: list[float] = []
    for connection in connections:
        began.append(monotonic())
        endings.abort_later(connection)
        await asyncio.sleep(0.03)  # so that they are due at different times
    async with asyncio.timeout(20):
        await connections[1].aborted.wait()
    assert log == ["a", "b"]
    waited = [one.aborted_at - start for one, start in zip(connections, began, strict=True)]
    assert min(waited) >= 0.05


async def test_endings_start_again_after_a_pause() -> None:
    """The timer is there again for the next one when there was nothing to wait for."""
    log, endings = list[str](), Endings(0.01)
    for name in "ab":
        connection = Connection(name, log)
        endings.abort_later(connection)
        async with asyncio.timeout(20):
            await connection.aborted.wait()
    assert log == ["a", "b"]
