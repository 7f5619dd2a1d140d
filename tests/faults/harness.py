"""One run in a stack that is up, to its verdict; what is done and judged is in other modules."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from msgspec.structs import replace
from parley_sdk.errors import ClosedError, ParleyError

from tests.faults import truth_nats, truth_postgres
from tests.faults.checker import Violation, check
from tests.faults.cluster import Cluster
from tests.faults.crowd import Crowd, now_ms
from tests.faults.doer import Doer
from tests.faults.passers import Passers
from tests.faults.record import Fault, Run, Sight
from tests.faults.schedule import Step

RECOVERY_SECONDS = 90.0
"""A stack that is not whole again after so long never will be."""
SETTLE_SECONDS = 60.0
_LOOK_SECONDS = 0.1
Tell = Callable[[str], None]


class Verdict(NamedTuple):
    """What was done, what came of it and how long things took (ms).

    `falls`: the processes that ended though nobody had asked for it, and how.
    """

    run: Run
    violations: list[Violation]
    recovery_ms: list[int]
    longest_without_ok_ms: int
    falls: list[str]


async def run(
    stack: Cluster,
    steps: Sequence[Step],
    *,
    seed: int,
    sizes: Sequence[int],
    each_per_second: float,
    tell: Tell,
) -> Verdict:
    """Let people talk in a stack that is up, do the faults, let all settle, and judge.

    What does not come back in time ends the run, and is a violation.
    """
    tell(f"the stack is up; seed {seed}, {len(steps)} faults, rooms of {list(sizes)}")
    crowd, before = Crowd(stack.url, seed), len(stack.falls)
    passers = Passers(crowd)
    try:
        await crowd.gather(sizes)
        await passers.gather()
        began = now_ms()
        crowd.talk(each_per_second)
        doer = Doer(stack, lambda: _recovered(stack, crowd), tell)
        stuck, ended = "", 0
        sights: list[Sight] = []
        try:
            await doer.run(steps)
            await crowd.hush()
            ended = now_ms()
            await passers.end()
            await settle(stack, crowd)
            sights = await passers.sights()
        except (TimeoutError, ClosedError, ParleyError):
            ended = ended or now_ms()
            stuck = await _unwell(stack, crowd)
            # What is said while the stores are read would seem to be in none of them.
            with suppress(TimeoutError, ClosedError):
                await crowd.hush()
        record = await record_of(stack, crowd, doer.done, seed, stuck)
        record = replace(record, sockets=passers.sockets(), sights=sights)
    finally:
        await passers.stop()
        await crowd.stop()
    times = [began, *sorted(crowd.oks), ended]
    longest = max(after - before for before, after in itertools.pairwise(times))
    return Verdict(record, check(record), doer.recovery_ms, longest, stack.falls[before:])


async def _recovered(stack: Cluster, crowd: Crowd) -> None:
    """Everything answers its probe, everyone is live, and something was acknowledged since."""
    async with asyncio.timeout(RECOVERY_SECONDS):
        await stack.ready()
        await crowd.live()
        before = len(crowd.oks)
        while len(crowd.oks) == before:  # noqa: ASYNC110 - what people do by themselves
            await asyncio.sleep(_LOOK_SECONDS)


async def settle(stack: Cluster, crowd: Crowd) -> None:
    """Say one last thing in each room, and wait until everyone and Postgres has it.

    What somebody never hears although they wait for it is not waited for longer than
    `SETTLE_SECONDS`: that is the checker's to find.
    """
    await stack.ready()
    await crowd.live()
    last = 0
    hearing: list[asyncio.Task[None]] = []
    inside = (await truth_postgres.stored(stack.postgres_url)).members
    for room, members in crowd.rooms.items():
        said = await members[0].say(room, "the end", members[0].key(), seconds=SETTLE_SECONDS)
        last = max(last, said.seq or 0)
        hearing += [
            asyncio.create_task(one.hear(room, "the end"))
            for one in members
            if one.user in inside[room]
        ]
    _, deaf = await asyncio.wait(hearing, timeout=SETTLE_SECONDS)
    for task in deaf:
        task.cancel()
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            kept = await truth_postgres.stored(stack.postgres_url)
            if kept.position >= last and not kept.waiting and not kept.unindexed:
                return
            await asyncio.sleep(_LOOK_SECONDS)


async def _unwell(stack: Cluster, crowd: Crowd) -> str:
    """Say what everybody waited for in vain."""
    found = [*(f"{name} is not ready" for name in await stack.unwell()), *crowd.unwell()]
    return ", ".join(found) or "nothing was acknowledged any more, or stored"


async def record_of(
    stack: Cluster, crowd: Crowd, faults: list[Fault], seed: int, stuck: str = ""
) -> Run:
    """Read what the stores hold of the rooms of a crowd, and what everyone there was told."""
    kept = await truth_postgres.stored(stack.postgres_url)
    standing = await truth_postgres.standing(stack.postgres_url)
    words = await truth_postgres.words(stack.postgres_url)
    log = await truth_nats.logged(stack.nats_urls)
    ours = {*crowd.rooms, *crowd.others}
    return Run(
        seed=seed,
        faults=faults,
        sendings=crowd.sendings,
        holdings=[held for talker in crowd.people for held in talker.holdings(kept.members)],
        stored={room: entries for room, entries in kept.events.items() if room in ours},
        logged={room: entries for room, entries in log.events.items() if room in ours},
        trimmed=log.first_seq - 1,
        stuck=stuck,
        amendings=crowd.amendings,
        standing={room: standing.get(room, {}) for room in crowd.rooms},
        words={**words, "the log": log.words},
        heard={talker.name: talker.words for talker in crowd.people},
    )
