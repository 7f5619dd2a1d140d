"""Which faults come when: drawn from a seed, the same each time; nothing is done here."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

Kind = Literal["kill", "term", "freeze", "cut", "sever", "slow", "silence"]

PROCESSES: dict[str, int] = {
    "gateway": 3,
    "history": 2,
    "presence": 2,
    "auth": 1,
    "nats": 3,
    "postgres": 0,
    "valkey": 0,
    "caddy": 0,
}
"""How many there are of each, numbered from 1; 0: one, without a number."""
WIRES = ("clients", "nats-1", "nats-2", "nats-3", "postgres", "valkey")
SEEDS = Path(__file__).with_name("seeds.json")
PAUSE_SECONDS = (1.0, 5.0)
LASTS_SECONDS = (1.0, 8.0)


class Step(NamedTuple):
    """One fault: after a pause, to whom, and for how long where it lasts.

    `leader` of target `nats` is whichever node leads the log's stream just then, and `follower`
    another one.
    """

    pause_seconds: float
    kind: Kind
    target: str
    seconds: float = 0.0


def draw(seed: int, seconds: float) -> list[Step]:
    """Draw faults that take about so long, each ended before the next begins."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    steps: list[Step] = []
    spent = 0.0
    while spent < seconds:
        step = _one(chance)
        steps.append(step)
        spent += step.pause_seconds + step.seconds
    return steps


class Kept(NamedTuple):
    """A seed that once showed a broken promise, and for how long it has to run to show it."""

    seed: int
    minutes: float
    why: str


def kept() -> list[Kept]:
    """Give every one of them; once broken, it is tried before each release."""
    return [Kept(**one) for one in json.loads(SEEDS.read_text())]


def short() -> list[Step]:
    """One of every kind, of every sort of process, in a fixed order."""
    return [step for steps in SHORT.values() for step in steps]


_P = 0.5
SHORT: dict[str, Sequence[Step]] = {
    "services": (
        Step(_P, "kill", "gateway-1"),
        Step(_P, "term", "gateway-2"),
        Step(_P, "freeze", "gateway-3", 2.0),
        Step(_P, "kill", "history-1"),
        Step(_P, "term", "history-2"),
        Step(_P, "freeze", "history-1", 2.0),
        Step(_P, "kill", "presence-1"),
        Step(_P, "kill", "auth-1"),
    ),
    "servers": (
        Step(_P, "kill", "nats-leader"),
        Step(_P, "kill", "nats-follower"),
        Step(_P, "freeze", "nats-leader", 2.0),
        Step(_P, "kill", "postgres"),
        Step(_P, "kill", "valkey"),
    ),
    "ways": (
        Step(_P, "kill", "caddy"),
        Step(_P, "sever", "clients"),
        Step(_P, "cut", "nats-1", 1.0),
        Step(_P, "cut", "postgres", 2.0),
        Step(_P, "slow", "nats-2", 2.0),
        Step(_P, "silence", "clients", 3.0),
    ),
}
"""What `make test` does, a part a test: no test may last as long as one that hangs."""


def _one(chance: random.Random) -> Step:
    pause = round(chance.uniform(*PAUSE_SECONDS), 1)
    lasts = round(chance.uniform(*LASTS_SECONDS), 1)
    if chance.random() < 0.3:
        wire = chance.choice(WIRES)
        kind: Kind = chance.choice(_of_wire(wire))
        return Step(pause, kind, wire, 0.0 if kind == "sever" else lasts)
    sort = chance.choice(list(PROCESSES))
    what: Kind = chance.choice(("kill", "kill", "term", "freeze"))
    return Step(pause, what, _name(chance, sort), lasts if what == "freeze" else 0.0)


def _of_wire(wire: str) -> Sequence[Kind]:
    every: tuple[Kind, ...] = ("cut", "slow", "silence", "sever")
    # Postgres and Valkey are asked in small pieces: cutting one of them is cutting it whole.
    return every if wire == "clients" or wire.startswith("nats") else every[:3]


def _name(chance: random.Random, sort: str) -> str:
    if sort == "nats":
        return chance.choice(("nats-leader", "nats-follower"))
    count = PROCESSES[sort]
    return f"{sort}-{chance.randint(1, count)}" if count else sort
