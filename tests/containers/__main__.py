"""Runs docker-compose.yml on a real engine, and does to it what an operator does; prints a report.

    python -m tests.containers [--base IMAGE --node IMAGE --busybox FILE] [--network host] [TRIAL …]

DOCKER_HOST names the engine. With `--base` (a Debian with python3, python3-venv, certificates) and
`--node` nothing is fetched from a registry: our image is built on them, and those of the others are
made from wheels (`images`). Everything is removed at the end. `make test` has none of it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.containers import images, procedures
from tests.containers.engine import Engine

TRIALS: Final[Mapping[str, Callable[[Engine], str]]] = {
    "talk": lambda engine: asyncio.run(procedures.kept(engine)),
    "check": procedures.check,
    "kill gateway": lambda engine: procedures.kill(engine, "gateway"),
    "kill history": lambda engine: procedures.kill(engine, "history"),
    "kill auth": lambda engine: procedures.kill(engine, "auth"),
    "scale": procedures.scale,
    "upgrade": procedures.upgrade,
    "prometheus": procedures.watched,
    "restore": procedures.restore,
    "rotate": procedures.rotate,
    "cluster": procedures.cluster,
}
"""In this order: each finds the stack as the one before left it."""


def say(name: str, said: str) -> None:
    """Report at once."""
    sys.stdout.write(f"{name:<14} {said}\n")
    sys.stdout.flush()


def build(engine: Engine, given: argparse.Namespace) -> None:
    """Make our image, and without a registry those of the others."""
    options = ["--network", given.network] if given.network else []
    for name, image in (("BASE", given.base), ("NODE", given.node)):
        options += ["--build-arg", f"{name}={image}"] if image else []
    engine.docker("build", "--quiet", "--tag", "parley:local", *options, ".")
    if given.base:
        images.build(given.base, given.busybox, engine.docker)


def trials(engine: Engine, names: list[str]) -> None:
    """Bring the stack up, and do everything in turn."""
    began = time.monotonic()
    engine.compose("up", "-d", "--wait")
    say("up", f"everything healthy after {time.monotonic() - began:.0f} s")
    engine.trust()
    if "/" not in engine.compose("logs", "admin"):
        raise SystemExit("no link for the first admin")
    for name in names:
        say(name, TRIALS[name](engine))


def main() -> None:
    """Build, try, and remove everything again."""
    parser = argparse.ArgumentParser(prog="python -m tests.containers")
    parser.add_argument("--base", help="an image to build on, instead of one from a registry")
    parser.add_argument("--node", help="the same, with node and npm")
    parser.add_argument("--busybox", help="a static busybox, with --base")
    parser.add_argument("--network", help="of the build")
    parser.add_argument("--no-build", action="store_true", help="the images are there")
    parser.add_argument("trials", nargs="*", metavar="TRIAL", help=", ".join(TRIALS))
    given = parser.parse_args()
    if unknown := set(given.trials) - TRIALS.keys():
        parser.error(f"no trial: {', '.join(unknown)}")
    with tempfile.TemporaryDirectory(prefix="parley-containers-") as directory:
        engine = Engine(Path(directory))
        if not given.no_build:
            build(engine, given)
        try:
            trials(engine, given.trials or list(TRIALS))
        finally:
            procedures.clean(engine)


if __name__ == "__main__":
    main()
