"""Runs docker-compose.yml on a real engine, and does to it what an operator does; prints a report.

    python -m tests.containers [--base IMAGE --node IMAGE --busybox FILE] [--network host]

DOCKER_HOST names the engine. With `--base` (a Debian with python3, python3-venv, certificates) and
`--node` nothing is fetched from a registry: our image is built on them, and those of the others are
made from wheels (`images`). Everything is removed at the end. `make test` has none of it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from services.local.ports import HOST, free_ports
from tests.containers import images
from tests.prometheus import Prometheus
from verify.people import signed_in
from verify.talk import Plan, talk
from verify.tally import percentile

ROOT: Final = Path(__file__).resolve().parents[2]
COMPOSE: Final = Path(sys.executable).parent / "docker-compose"
PROJECT: Final = "parleytest"


def say(line: str) -> None:
    """Report at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Engine:
    """An engine, and the stack on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        http, https, prometheus, grafana = free_ports(4)
        self.url = f"https://localhost:{https}"
        self.prometheus = f"http://{HOST}:{prometheus}"
        self.environment = {
            **os.environ,
            "DOCKER_BUILDKIT": "0",
            "DOCKER_CONFIG": str(folder),
            "COMPOSE_PROJECT_NAME": PROJECT,
            "PARLEY_HTTP_PORT": str(http),
            "PARLEY_HTTPS_PORT": str(https),
            "PARLEY_PUBLIC_URL": self.url,
            "PARLEY_REGISTRATION": "open",
            "PROMETHEUS_PORT": str(prometheus),
            "GRAFANA_PORT": str(grafana),
        }

    def docker(self, *words: str) -> str:
        """Run the command of the engine."""
        return self._run([shutil.which("docker") or "docker", *words])

    def compose(self, *words: str) -> str:
        """Run Compose on docker-compose.yml."""
        return self._run([str(COMPOSE), *words])

    def _run(self, words: list[str]) -> str:
        done = subprocess.run(  # noqa: S603 - our own words
            words, cwd=ROOT, env=self.environment, capture_output=True, check=False
        )
        said = done.stdout.decode(errors="replace")
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words[1:])}\n{said}{done.stderr.decode()[-3000:]}")
        return said

    def containers(self, service: str) -> list[str]:
        """Give the ids of a service's containers that run."""
        return self.compose("ps", "-q", service).split()


async def kept(engine: Engine, meanwhile: Callable[[], None], messages: int = 60) -> str:
    """Talk through Caddy while something is done to the stack; give the figures.

    Raises:
        SystemExit: the promise was broken.
    """
    async with signed_in(engine.url, []) as people:
        doing = asyncio.create_task(asyncio.to_thread(meanwhile))
        plan = Plan(messages=messages, cuts=3, pause_seconds=0.1)
        verdict = await talk(engine.url, people, plan)
        await doing
    if not verdict.kept:
        raise SystemExit(f"BROKEN: {verdict}")
    return (
        f"{verdict.acknowledged} acknowledged, 0 lost, doubled or out of order; ok p50"
        f" {percentile(verdict.ok, 0.5) * 1000:.0f} ms, longest {verdict.ok[-1]:.1f} s"
    )


def upgrade(engine: Engine) -> None:
    """Replace the gateways as docs/howto/upgrade.md says, by an image of another id."""
    old = engine.containers("gateway")
    engine.docker("build", "--quiet", "--tag", "parley:local", str(_next(engine.folder)))
    scaled = ("up", "-d", "--no-build", "--no-deps", "--no-recreate", "--wait")
    engine.compose(*scaled, "--scale", "gateway=4", "gateway")
    engine.compose("up", "-d", "--no-build", "--wait")
    left = set(old) & set(engine.containers("gateway"))
    if left:
        raise SystemExit(f"gateways of the old version are left: {left}")


def _next(folder: Path) -> Path:
    made = folder / "next"
    made.mkdir(exist_ok=True)
    (made / "Dockerfile").write_text("FROM parley:local\nLABEL next=1\n")
    return made


def restore(engine: Engine) -> int:
    """Back up, lose everything but the dump, and restore as docs/howto/backup.md says.

    Gives how many messages there are afterwards.
    """
    dump = engine.folder / "parley.dump"
    run = ("exec", "-T", "postgres")
    words = [str(COMPOSE), *run, "pg_dump", "-U", "parley", "-Fc", "parley"]
    with dump.open("wb") as file:
        subprocess.run(words, cwd=ROOT, env=engine.environment, stdout=file, check=True)  # noqa: S603
    engine.compose("down", "--volumes")
    engine.compose("up", "-d", "--no-build", "--wait", "init", "postgres")
    words = [str(COMPOSE), *run, "pg_restore", "-U", "parley", "-d", "parley"]
    with dump.open("rb") as file:
        subprocess.run(  # noqa: S603
            [*words, "--no-owner"], cwd=ROOT, env=engine.environment, stdin=file, check=True
        )
    engine.compose("up", "-d", "--no-build", "--wait")
    return counted(engine)


def counted(engine: Engine) -> int:
    """How many events of rooms Postgres has."""
    query = "SELECT count(*) FROM history.events"
    run = ("exec", "-T", "postgres", "psql", "-U", "parley", "-Atc", query)
    return int(engine.compose(*run))


def build(engine: Engine, given: argparse.Namespace) -> None:
    """Make our image, and without a registry those of the others."""
    options = ["--network", given.network] if given.network else []
    for name, image in (("BASE", given.base), ("NODE", given.node)):
        options += ["--build-arg", f"{name}={image}"] if image else []
    engine.docker("build", "--quiet", "--tag", "parley:local", *options, ".")
    if given.base:
        images.build(given.base, given.busybox, engine.docker)


def trials(engine: Engine) -> None:
    """Do everything in turn, and report."""
    began = time.monotonic()
    engine.compose("up", "-d", "--no-build", "--wait")
    say(f"up             everything healthy after {time.monotonic() - began:.0f} s")
    root = engine.folder / "root.crt"
    engine.compose("cp", "caddy:/data/caddy/pki/authorities/local/root.crt", str(root))
    os.environ["SSL_CERT_FILE"] = str(root)
    say(f"talk           {asyncio.run(kept(engine, lambda: None))}")
    gateway, *_ = engine.containers("gateway")
    say(f"kill gateway   {asyncio.run(kept(engine, lambda: _kill(engine, gateway)))}")
    history, *_ = engine.containers("history")
    say(f"kill history   {asyncio.run(kept(engine, lambda: _kill(engine, history)))}")
    engine.compose("up", "-d", "--no-build", "--wait")
    say(f"upgrade        {asyncio.run(kept(engine, lambda: upgrade(engine), 600))}")
    prometheus = Prometheus(engine.prometheus)
    prometheus.until('count(up{job="parley"} == 1) >= 6')
    say("prometheus     every service answers it")
    prometheus.close()
    before = counted(engine)
    after = restore(engine)
    if before != after:
        raise SystemExit(f"restored {after} of {before} events")
    engine.compose("cp", "caddy:/data/caddy/pki/authorities/local/root.crt", str(root))
    say(f"restore        all {after} events, into new volumes")
    say(f"talk again     {asyncio.run(kept(engine, lambda: None))}")


def _kill(engine: Engine, container: str) -> None:
    time.sleep(1.0)
    engine.docker("kill", container)


def main() -> None:
    """Build, try, and remove everything again."""
    parser = argparse.ArgumentParser(prog="python -m tests.containers")
    parser.add_argument("--base", help="an image to build on, instead of one from a registry")
    parser.add_argument("--node", help="the same, with node and npm")
    parser.add_argument("--busybox", help="a static busybox, with --base")
    parser.add_argument("--network", help="of the build")
    parser.add_argument("--no-build", action="store_true", help="the images are there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-containers-") as directory:
        engine = Engine(Path(directory))
        if not given.no_build:
            build(engine, given)
        try:
            trials(engine)
        finally:
            engine.compose("down", "--volumes", "--timeout", "5")


if __name__ == "__main__":
    main()
