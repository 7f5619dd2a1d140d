"""What a message costs in rooms of ten spread over two gateways, everything in: by process."""

from __future__ import annotations

import argparse
import asyncio

import msgspec

from bench.meter import Cpu, cpu, spread
from bench.pace import Crowd
from bench.profile_perf import Profile, profile
from bench.servers import Stack, parley

SUMMARY = "rooms of 10 over two gateways: processor time a message, by process"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Sockets, rate and time."""
    parser.add_argument("--conns", type=int, default=1_000, help="sockets in rooms of 10")
    parser.add_argument("--rate", type=float, default=1_000.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give microseconds a message for each process, and for both gateways together."""
    rounds: list[dict[str, float]] = []
    async with parley(gateways=2) as stack:
        crowd = Crowd(given.conns)
        try:
            await crowd.gather(stack, stack.urls)
            await crowd.talk(given.rate, 2.0)
            for _ in range(given.rounds):
                rounds.append(await _round(stack, crowd, given))
            seen = await _watched(stack, crowd, given)
        finally:
            await crowd.load.close()
    spent = {name: spread([one[name] for one in rounds], 1) for name in rounds[0]}
    return {
        "sockets": given.conns,
        "messages_per_second": given.rate,
        "microseconds_a_message": spent,
        "profile": None if seen is None else msgspec.to_builtins(seen),
        "rounds": rounds,
    }


async def _watched(stack: Stack, crowd: Crowd, given: argparse.Namespace) -> Profile | None:
    """Say where the gateways' time goes, of a round that is no figure, as watching costs."""
    looking = asyncio.create_task(profile(stack.gateway_pids, given.seconds))
    await crowd.talk(given.rate, given.seconds)
    return await looking


async def _round(stack: Stack, crowd: Crowd, given: argparse.Namespace) -> dict[str, float]:
    measured = {
        name: [pid] for name, pid in stack.pids.items() if name not in ("postgres", "caddy")
    }
    measured["gateways"] = list(stack.gateway_pids)
    before = {name: cpu(pids) for name, pids in measured.items()}
    samples = await crowd.talk(given.rate, given.seconds)
    assert not samples.errors, f"{samples.errors} sends were refused"
    spent = {name: cpu(pids).since(before[name]) for name, pids in measured.items()}
    spent["gateways, in the kernel"] = Cpu(0.0, spent["gateways"].system)
    return {name: round(1e6 * used.all / len(samples.ok), 1) for name, used in spent.items()}
