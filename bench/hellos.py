"""What a hello costs by how many rooms one is in, and by whether the gateway knows them already.

One is the first of one's rooms on a gateway after a deploy; in a house that runs, others of them are
there. Letting rooms go again is no part of a hello, and has a line of its own.
"""

from __future__ import annotations

import asyncio
import re
import urllib.request
from collections.abc import Sequence
from contextlib import AsyncExitStack

from bench.meter import family, percentiles, since
from bench.servers import Stack
from tests.system.raw import Raw

_ROOMS = re.compile(rb"^parley_gateway_rooms (\d+)", re.MULTILINE)
_LOOK_SECONDS = 2.0
_LET_GO_SECONDS = 300.0

Figures = dict[str, float]


async def hellos(
    stack: Stack, *, small: str, large: str, many: Sequence[str]
) -> dict[str, dict[str, Figures]]:
    """Give milliseconds of time and of each process, a hello, by who says it where.

    `small` and `large` are tokens of people in one such room, `many` those of people who each are
    in many rooms that they share with nobody.
    """
    count = len(many)
    async with AsyncExitStack() as closing:
        # What is prepared when it is asked for the first time is no part of the others.
        await _measure(stack, closing, [small, large, many[0]] * 8)
    await _until_let_go(stack)
    found = {}
    async with AsyncExitStack() as closing:
        found["in one small room"] = await _measure(stack, closing, [small] * count)
        found["in one large room"] = await _measure(stack, closing, [large] * count)
        found["in many rooms, the first of them there"] = await _measure(stack, closing, many)
        found["in many rooms that are known there"] = await _measure(stack, closing, many)
    before = _used(stack)
    await _until_let_go(stack)
    gone = _spent(before, _used(stack), count)
    async with AsyncExitStack() as closing:
        await _measure(stack, closing, many)
    found["in many rooms, back within seconds"] = await _measure(stack, AsyncExitStack(), many)
    return {**found, "letting many rooms go, nobody waits for it": {"ms": {}, "cpu_ms": gone}}


async def _measure(
    stack: Stack, closing: AsyncExitStack, tokens: Sequence[str]
) -> dict[str, Figures]:
    """One hello after another; the sockets stay until `closing` is left."""
    loop, taken, before = asyncio.get_running_loop(), [], _used(stack)
    for token in tokens:
        began = loop.time()
        await closing.enter_async_context(Raw(stack.urls[0], token))
        taken.append((loop.time() - began) * 1000)
    return {"ms": percentiles(taken), "cpu_ms": _spent(before, _used(stack), len(tokens))}


def _used(stack: Stack) -> dict[str, dict[int, float]]:
    return {name: family(pid) for name, pid in stack.pids.items() if name != "caddy"}


def _spent(
    before: dict[str, dict[int, float]], after: dict[str, dict[int, float]], count: int
) -> Figures:
    """Milliseconds of each process, and of all."""
    spent = {name: 1000 * since(used, after[name]) / count for name, used in before.items()}
    return {name: round(ms, 2) for name, ms in {"all": sum(spent.values()), **spent}.items()}


async def _until_let_go(stack: Stack) -> None:
    """Wait until the gateway follows no room any more.

    Raises:
        TimeoutError: it does so still after a long time.
    """
    async with asyncio.timeout(_LET_GO_SECONDS):
        while await asyncio.to_thread(_followed, stack):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(_LOOK_SECONDS)


def _followed(stack: Stack) -> int:
    with urllib.request.urlopen(stack.metrics_url("gateway-1")) as answer:  # noqa: S310 - our own
        found = _ROOMS.search(answer.read())
    assert found is not None
    return int(found[1])
