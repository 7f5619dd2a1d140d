"""One of a thousand in a room does not read: what that costs, and what the others notice of it.

What is said is too much to be kept, so nothing else is judged.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Sequence
from typing import Any

import httpx

from tests.faults.record import Run
from tests.faults.report import machine
from tests.faults.scenario import Played, Scene, share
from tests.gateway.peer import connected, masked

CHARACTERS = 16_000
"""Of a message: so that there are not too many of them before 1 MiB waits."""
ALONE = 60
"""Messages before it comes, and after it went."""
MOST = 2_000
"""Messages until it is closed, or never is."""
HEARD_SECONDS = 60.0
RECEIVES_BYTES = 4_096
_OPEN, _CLOSED, _UNSENT = "connections", 'closes_total{code="4001"}', "outbox_bytes"
_LOOK_SECONDS = 0.001


async def deaf(here: Scene) -> Played:
    """Let the others talk without it, then beside it until it is closed, then without it again.

    Raises:
        TimeoutError: somebody did not hear a message within a minute.
        AssertionError: it was never closed.
    """
    gateway = here.stack.names("gateway")[0]
    await here.gather_mass(here.stack.gateway_url(gateway), talks=False)
    port, private_port = here.stack.ports[gateway]
    load, most_bytes = os.getloadavg()[0], 0.0
    beside: list[float] = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{private_port}") as http:
        alone = [await _alone(here, http) for _ in range(ALONE)]
        others = await _metric(http, _OPEN)
        async with connected(port, RECEIVES_BYTES) as peer:
            await peer.open()
            token = next(iter(here.mass.tokens.values()))
            peer.send(masked(1, f'{{"type":"hello","token":"{token}"}}'.encode()))
            here.tell(f"one beside {others:.0f} others does not read")
            while not await _metric(http, _CLOSED):
                beside.append(await _said(here))
                most_bytes = max(most_bytes, await _metric(http, _UNSENT))
                assert len(beside) < MOST, "it was never closed"
        alone += [await _alone(here, http) for _ in range(ALONE)]
    size = here.size
    figures = {
        "scenario": "deaf",
        "command": f"python -m tests.faults --scenario deaf --sockets {size.sockets}"
        f" --rooms {size.rooms}",
        "machine": machine(),
        "sockets": len(here.mass.sockets),
        "rooms": size.rooms,
        "messages_beside": len(beside),
        "unsent_bytes": round(most_bytes),
        **_delays("alone", alone),
        **_delays("beside", beside),
        "load_average_before": round(load, 1),
        "ends": dict(here.mass.ends),
        "ended_by_themselves": here.stack.falls,
    }
    run = Run(seed=here.seed, faults=[], sendings=[], holdings=[], stored={}, logged={})
    return Played(run, [], figures)


async def _said(here: Scene) -> float:
    """Say something in a room, and give how long it took until everybody there has heard it."""
    sockets, room = here.mass.sockets, here.rooms[0]
    talker = sockets[0]
    ends = {room: talker.position(room) + 1}
    began = time.monotonic()
    talker.say(room, CHARACTERS)
    async with asyncio.timeout(HEARD_SECONDS):
        while not all(socket.hears(ends) for socket in sockets):  # noqa: ASYNC110 - of thousands
            await asyncio.sleep(_LOOK_SECONDS)
    return time.monotonic() - began


async def _alone(here: Scene, http: httpx.AsyncClient) -> float:
    """The same, with the gateway asked in between as it is when somebody does not read."""
    await _metric(http, _UNSENT)
    await _metric(http, _CLOSED)
    return await _said(here)


async def _metric(http: httpx.AsyncClient, name: str) -> float:
    for line in (await http.get("/metrics")).text.splitlines():
        if line.startswith(f"parley_gateway_{name} "):
            return float(line.rpartition(" ")[2])
    return 0.0


def _delays(when: str, seconds: Sequence[float]) -> dict[str, Any]:
    """Until the last one of all had heard it: in the middle, and at worst but one in a hundred."""
    ms = [math.ceil(one * 1000) for one in seconds]
    return {f"median_ms_{when}": share(ms, 0.5), f"p99_ms_{when}": share(ms, 0.99)}
