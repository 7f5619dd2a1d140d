"""What a hello costs, by how many rooms one is in and whether the gateway knows them already.

After a deploy one is the first of one's rooms on a gateway; in a house that runs, others of them
are there. Letting rooms go again is no part of a hello, and has a line of its own.
"""

from __future__ import annotations

import asyncio
import re
import urllib.request
from collections.abc import Sequence
from contextlib import AsyncExitStack

from bench.filling_postgres import mention
from bench.meter import family, percentiles, since
from bench.servers import Stack
from tests.system.raw import Raw

_ROOMS = re.compile(rb"^parley_gateway_rooms (\d+)", re.MULTILINE)
FIRST_THERE = "in many rooms, the first of them there"
KNOWN = "in many rooms that are known there"
BACK = 8
"""People who leave and come back: the gateway keeps 4,096 rooms for such."""
_LOOK_SECONDS = 5.0
_LET_GO_SECONDS = 300.0

Figures = dict[str, float]
Used = dict[str, dict[int, float]]
"""Seconds of each process and its children, by name."""


async def hellos(
    stack: Stack, *, first: str, small: str, large: str, many: Sequence[str]
) -> dict[str, dict[str, Figures]]:
    """Give milliseconds of time and of each process, a hello, by who says it where.

    `small` and `large` are tokens of people in one such room, `many` those of people who each are
    in many rooms that they share with nobody. What is prepared when it is asked for the first time
    is prepared for `first`, who is in many others.
    """
    count = len(many)
    async with AsyncExitStack() as closing:
        await _measure(stack, closing, [small, large, first] * 8)
    found = {}
    async with AsyncExitStack() as closing:
        found["in one small room"] = await _measure(stack, closing, [small] * count)
        found["in one large room"] = await _measure(stack, closing, [large] * count)
        found[FIRST_THERE] = await _measure(stack, closing, many)
        found[KNOWN] = await _measure(stack, closing, many)
    # No more than the gateway keeps for those who come back.
    some = many[:BACK]
    async with AsyncExitStack() as closing:
        await _measure(stack, closing, some)
    async with AsyncExitStack() as closing:
        found["in many rooms, back within seconds"] = await _measure(stack, closing, some)
        before = _used(stack)
    found["in many rooms, all of them let go of again"] = {
        "cpu_ms": await _letting_go(stack, before, len(some))
    }
    await mention(stack.postgres_url())
    async with AsyncExitStack() as closing:
        await _measure(stack, closing, many)
        found["in known rooms, with mentions in all"] = await _measure(stack, closing, many)
    return found


async def _letting_go(stack: Stack, before: Used, count: int) -> Figures:
    """What it took to follow rooms no longer, beside what the processes do all the time."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await _until_let_go(stack)
    seconds, after = loop.time() - began, _used(stack)
    await asyncio.sleep(seconds)
    idle = _spent(after, _used(stack), count)
    spent = _spent(before, after, count)
    return {name: round(max(0.0, ms - idle[name]), 2) for name, ms in spent.items()}


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


def _used(stack: Stack) -> Used:
    return {name: family(pid) for name, pid in stack.pids.items() if name != "caddy"}


def _spent(before: Used, after: Used, count: int) -> Figures:
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
