"""How long a message takes through the load balancer: to the `ok`, and to the others.

At the rate that is promised, several rounds; and once at lower ones, for the curve: how much of it
is the way of a message, and how much is waiting for a core.
"""

from __future__ import annotations

import argparse
from contextlib import AsyncExitStack

from bench.histogram import Histogram
from bench.meter import busy, percentiles
from bench.pace import Crowd
from bench.servers import parley
from services.local.nats_conf import SYNC

SUMMARY = "small rooms at a steady rate through Caddy: send to ok and to seen, in milliseconds"
KINDS = ("ok", "seen")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Sockets, rates and time."""
    parser.add_argument("--conns", type=int, default=1_000, help="sockets in rooms of 10")
    parser.add_argument("--rate", type=float, default=500.0, help="messages a second")
    parser.add_argument(
        "--curve", type=float, nargs="*", default=[50.0, 100.0, 200.0], help="rates of a round each"
    )
    parser.add_argument(
        "--sync", nargs="*", choices=SYNC, default=["always", "2m"], help="when NATS flushes"
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give percentiles of each round, and how all samples of a rate are spread, by `--sync`."""
    rounds: dict[str, list[dict[str, object]]] = {sync: [] for sync in given.sync}
    curve: dict[str, dict[str, dict[str, object]]] = {sync: {} for sync in given.sync}
    spread = {sync: {kind: Histogram() for kind in KINDS} for sync in given.sync}
    async with AsyncExitStack() as closing:
        crowds: dict[str, Crowd] = {}
        for sync in given.sync:
            stack = await closing.enter_async_context(parley(2, PARLEY_NATS_SYNC=sync))
            crowd = crowds[sync] = Crowd(given.conns)
            closing.push_async_callback(crowd.load.close)
            await crowd.gather(stack, [stack.front])
            await crowd.talk(given.rate, 2.0)
        # By turns, so that what else the machine does meets all alike.
        for rate in given.curve:
            for sync, crowd in crowds.items():
                curve[sync][f"{rate:g}"] = await _round(crowd, rate, given.seconds)
        for _ in range(given.rounds):
            for sync, crowd in crowds.items():
                one = await _round(crowd, given.rate, given.seconds, spread[sync])
                rounds[sync].append(one)
    return {
        "sockets": given.conns,
        "messages_per_second": given.rate,
        "by_sync_interval": rounds,
        "curve": curve,
        "histograms": {
            sync: {f"{kind}_ms": found.plain() for kind, found in of.items()}
            for sync, of in spread.items()
        },
    }


async def _round(
    crowd: Crowd, rate: float, seconds: float, spread: dict[str, Histogram] | None = None
) -> dict[str, object]:
    worked, there = busy()
    samples = await crowd.talk(rate, seconds)
    worked_then, there_then = busy()
    for kind, histogram in (spread or {}).items():
        histogram.add(samples.ok if kind == "ok" else samples.seen)
    return {
        "ok_ms": percentiles(samples.ok),
        "seen_ms": percentiles(samples.seen),
        "load_late_ms": percentiles(samples.lag),
        "cores_busy_percent": round(100 * (worked_then - worked) / (there_then - there)),
        "oks": len(samples.ok),
        "errors": samples.errors,
        "lost_sockets": crowd.load.lost,
    }
