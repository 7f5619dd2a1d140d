"""How long a message takes through the load balancer: to the `ok`, and to the others."""

from __future__ import annotations

import argparse

from bench.meter import percentiles
from bench.pace import Crowd
from bench.servers import parley

SUMMARY = "small rooms at a steady rate through Caddy: send to ok and to seen, in milliseconds"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Sockets, rate and time."""
    parser.add_argument("--conns", type=int, default=1_000, help="sockets in rooms of 10")
    parser.add_argument("--rate", type=float, default=500.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give percentiles of all samples of each round."""
    rounds: list[dict[str, object]] = []
    async with parley(gateways=2) as stack:
        crowd = Crowd(given.conns)
        try:
            await crowd.gather(stack, [stack.front])
            await crowd.talk(given.rate, 2.0)
            for _ in range(given.rounds):
                samples = await crowd.talk(given.rate, given.seconds)
                rounds.append(
                    {
                        "ok_ms": percentiles(samples.ok),
                        "seen_ms": percentiles(samples.seen),
                        "load_late_ms": percentiles(samples.lag),
                        "oks": len(samples.ok),
                        "errors": samples.errors,
                        "lost_sockets": crowd.load.lost,
                    }
                )
        finally:
            await crowd.load.close()
    return {"sockets": given.conns, "messages_per_second": given.rate, "rounds": rounds}
