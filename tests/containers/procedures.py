"""What docs/howto has an operator do, done as it is written, with what must be so afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from parley_sdk import Api

from tests.containers.engine import PROJECT, Engine
from tests.prometheus import Prometheus
from verify.people import signed_in
from verify.talk import Plan, talk
from verify.tally import percentile

PERSON = ("keeper", "correct horse battery")
CLUSTER = "docker-compose.yml:docker-compose.nats-cluster.yml"


async def kept(engine: Engine, meanwhile: Callable[[], None] = lambda: None) -> str:
    """Talk through Caddy until something is done to the stack; give the figures.

    Raises:
        SystemExit: the promise was broken, or somebody could not talk.
    """
    rounds, waits = 0, [0.0]
    async with signed_in(engine.url, []) as people:
        doing = asyncio.create_task(asyncio.to_thread(meanwhile))
        while not rounds or not doing.done():
            verdict = await talk(engine.url, people, Plan(messages=60, cuts=3, pause_seconds=0.1))
            if not verdict.kept:
                raise SystemExit(f"BROKEN: {verdict}")
            rounds += 1
            waits += verdict.ok
        await doing
    waits.sort()
    return (
        f"{len(waits) - 1} acknowledged, 0 lost, doubled or out of order;"
        f" ok p50 {percentile(waits, 0.5) * 1000:.0f} ms, longest {waits[-1]:.1f} s"
    )


def kill(engine: Engine, service: str) -> str:
    """Kill one container of a service while people talk, and bring it back."""
    (container, *_) = engine.containers(service)

    def killed() -> None:
        time.sleep(1.0)
        engine.docker("kill", container)

    said = asyncio.run(kept(engine, killed))
    engine.compose("up", "-d", "--wait")
    return said


def check(engine: Engine) -> str:
    """Ask each service in its own place whether all is well."""
    for service in ("auth", "history", "presence", "media", "notify", "gateway"):
        engine.compose("exec", "-T", service, "parley", "check", service)
    return "`parley check` finds nothing wrong in any container"


def scale(engine: Engine) -> str:
    """Four gateways, and two again."""
    engine.howto("scale.md", "docker compose up", {"kubectl": "# kubectl"})
    four = len(engine.containers("gateway"))

    def back() -> None:
        engine.compose("up", "-d", "--wait")

    said = asyncio.run(kept(engine, back))
    two = len(engine.containers("gateway"))
    if (four, two) != (4, 2):
        raise SystemExit(f"{four} gateways, then {two}")
    return said


def upgrade(engine: Engine) -> str:
    """Replace everything by an image of another id, while people talk; nothing old is left."""
    services = ("gateway", "history", "auth", "presence", "media", "notify")
    old = {one for service in services for one in engine.containers(service)}
    beside = engine.folder / "next"
    beside.mkdir(exist_ok=True)
    (beside / "Dockerfile").write_text(f"FROM parley:local\nLABEL next={time.time()}\n")

    def replaced() -> None:
        build = f"docker build -q -t parley:local {beside}"
        engine.howto("upgrade.md", "git pull", {"git pull && docker compose build": build})

    said = asyncio.run(kept(engine, replaced))
    now = [one for service in services for one in engine.containers(service)]
    if old.intersection(now) or len(now) != 6:
        raise SystemExit(f"old and new: {old} {now}")
    return said


def watched(engine: Engine) -> str:
    """Prometheus hears of every process."""
    prometheus = Prometheus(engine.prometheus)
    prometheus.until('count(up{job="parley"} == 1) >= 6')
    prometheus.close()
    return "asks all six processes"


async def say(engine: Engine, texts: list[str], room: str | None = None) -> str:
    """Have a person say something in a room that stays, which they make first; give the room."""
    async with Api(engine.url) as api:
        if room is None:
            await api.register(*PERSON)
            room = (await api.create_room("private", name="Kept")).id
        else:
            await api.login(*PERSON)
        for text in texts:
            await api.post(room, text)
    return room


async def read(engine: Engine, room: str) -> list[str]:
    """What the room holds, as its person sees it."""
    async with Api(engine.url) as api:
        await api.login(*PERSON)
        return [message.text for message in (await api.messages(room)).messages]


def restore(engine: Engine) -> str:
    """Back up, and restore twice: where the log is still there, and where nothing is.

    The log has what was said after the dump; without it that is lost, and nothing else.
    """
    dump = str(engine.folder / "parley.dump")
    dumped, later = [f"before {n}" for n in range(20)], [f"after {n}" for n in range(5)]
    room = asyncio.run(say(engine, dumped))
    engine.howto("backup.md", "docker compose exec", {"parley-$(date +%F).dump": dump})
    asyncio.run(say(engine, later, room))
    restoring = {"parley-2026-11-26.dump": dump}
    engine.howto("backup.md", "docker compose stop", restoring)
    here = asyncio.run(read(engine, room))
    if here != dumped + later:
        raise SystemExit(f"restored beside its log: {here}")
    engine.compose("down")
    engine.lose()
    engine.howto("backup.md", "docker compose stop", restoring)
    elsewhere = asyncio.run(read(engine, room))
    if elsewhere != dumped:
        raise SystemExit(f"restored elsewhere: {elsewhere}")
    asyncio.run(say(engine, ["and on"], room))
    return f"all {len(here)} messages beside the log, the dump's {len(elsewhere)} elsewhere"


def rotate(engine: Engine) -> str:
    """New passwords for every server; accounts and rooms stay."""
    before = _passwords(engine)
    engine.howto("rotate-keys.md", "docker compose down")
    after = _passwords(engine)
    if before.keys() != after.keys() or set(before.values()) & set(after.values()):
        raise SystemExit("a password is still the old one")
    return f"{len(after)} passwords are new; {asyncio.run(kept(engine))}"


def _passwords(engine: Engine) -> dict[str, str]:
    found: dict[str, str] = {}
    for service in ("auth", "history", "presence", "media", "notify", "gateway"):
        files = engine.compose("exec", "-T", service, "sh", "-c", "grep . /run/parley/*")
        found |= {f"{service} {line.partition(':')[0]}": line for line in files.splitlines()}
    return found


def cluster(engine: Engine) -> str:
    """Move the log to three nodes, and kill the one that leads it while people talk."""
    engine.howto("nats-cluster.md", "docker compose stop")
    prometheus = Prometheus(engine.prometheus)
    prometheus.until("max(parley_history_lag_messages) == 0")
    prometheus.close()
    engine.howto("nats-cluster.md", "docker compose -f")
    engine.environment["COMPOSE_FILE"] = CLUSTER
    said = [asyncio.run(kept(engine))]
    for node in ("nats", "nats-2", "nats-3"):
        # One of the three is the leader.
        said.append(f"{node} killed: {kill(engine, node)}")
    return "\n               ".join(said)


def clean(engine: Engine) -> None:
    """Remove every container and volume of the project."""
    engine.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
    left = engine.docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={PROJECT}")
    if left:
        raise SystemExit(f"containers are left: {left}")
