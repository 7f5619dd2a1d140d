"""Brings schemas up to date and ends, or waits until somebody else has; it serves nothing.

    python -m services.deploy.migrate SERVICE …
    python -m services.deploy.migrate --wait SERVICE …

A schema bears the name of its service, whose folder `migrations` has its files. Services do the
same at their start; on Kubernetes a Job does it first, so that of many new pods none is in the way.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import sys
from pathlib import Path
from typing import Final

from services import migrations_yoyo
from services.problem import Unavailable
from services.settings import Env, Secret, SettingsError

PAUSE_SECONDS: Final = 1.0


def directory(service: str) -> Path:
    """Give where the migrations of a service are.

    Raises:
        MigrationError: there is no such service, or it has none.
    """
    found = importlib.util.find_spec(service)
    if found is None or found.origin is None:
        raise migrations_yoyo.MigrationError(f"there is no service {service!r}")
    return Path(found.origin).parent / "migrations"


async def wait(url: str, service: str) -> None:
    """Return when the schema has everything that this version brings, or more.

    Raises:
        MigrationError: the service has no migrations.
    """
    while True:
        try:
            left = await migrations_yoyo.missing(url, service, directory(service))
        except Unavailable as error:
            sys.stderr.write(f"migrate: {error}\n")
        else:
            if not left:
                return
        await asyncio.sleep(PAUSE_SECONDS)


async def run(url: str, services: list[str], *, only_wait: bool) -> None:
    """Go through the services in turn."""
    for service in services:
        if only_wait:
            await wait(url, service)
        else:
            applied = await migrations_yoyo.migrate(url, service, directory(service))
            sys.stdout.write(f"{service}: {', '.join(applied) or 'nothing to do'}\n")


def main() -> int:
    """Read the words and the setting, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m services.deploy.migrate")
    parser.add_argument("--wait", action="store_true", help="change nothing")
    parser.add_argument("services", nargs="+", metavar="SERVICE")
    given = parser.parse_args()
    env = Env()
    url = env.secret_url("PARLEY_POSTGRES_URL", None, ("postgresql", "postgres"))
    try:
        env.finish()
        asyncio.run(run(Secret(url), given.services, only_wait=given.wait))
    except (SettingsError, migrations_yoyo.MigrationError, Unavailable, TimeoutError) as error:
        sys.stderr.write(f"migrate: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
