"""How long a message takes through the load balancer: to the `ok`, and to the others."""

from __future__ import annotations

import argparse
from contextlib import AsyncExitStack

from bench.meter import percentiles
from bench.pace import Crowd
from bench.servers import parley
from services.local.nats_conf import SYNC

SUMMARY = "small rooms at a steady rate through Caddy: send to ok and to seen, in milliseconds"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Sockets, rate and time."""
    parser.add_argument("--conns", type=int, default=1_000, help="sockets in rooms of 10")
    parser.add_argument("--rate", type=float, default=500.0, help="messages a second")
    parser.add_argument(
        "--sync", nargs="*", choices=SYNC, default=["always", "2m"], help="when NATS flushes"
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give percentiles of all samples of each round, by when NATS flushes what it acknowledges."""
    rounds: dict[str, list[dict[str, object]]] = {sync: [] for sync in given.sync}
    async with AsyncExitStack() as closing:
        crowds: dict[str, Crowd] = {}
        for sync in given.sync:
            stack = await closing.enter_async_context(parley(2, PARLEY_NATS_SYNC=sync))
            crowd = crowds[sync] = Crowd(given.conns)
            closing.push_async_callback(crowd.load.close)
            await crowd.gather(stack, [stack.front])
            await crowd.talk(given.rate, 2.0)
        # By turns, so that what else the machine does meets all alike.
        for _ in range(given.rounds):
            for sync, crowd in crowds.items():
                samples = await crowd.talk(given.rate, given.seconds)
                rounds[sync].append(
                    {
                        "ok_ms": percentiles(samples.ok),
                        "seen_ms": percentiles(samples.seen),
                        "load_late_ms": percentiles(samples.lag),
                        "oks": len(samples.ok),
                        "errors": samples.errors,
                        "lost_sockets": crowd.load.lost,
                    }
                )
    return {
        "sockets": given.conns,
        "messages_per_second": given.rate,
        "by_sync_interval": rounds,
    }
