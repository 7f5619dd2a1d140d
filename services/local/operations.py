"""What an operator does by hand to an installation: whose module it is, and with what settings.

The work belongs to the service that owns the data. This package imports none: it becomes the
process that does it.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

from services.local import servers, state
from services.local.errors import LocalError
from services.local.passwords import load
from services.local.ports import HOST
from services.local.settings import inherited

MODULES: Final[Mapping[str, str]] = {
    "dead-letters": "history.dead_letters",
    "discard-log": "history.discard_log",
    "admin": "auth.command",
}
"""By the word after `parley`."""
_NEEDED: Final = "PARLEY_POSTGRES_URL"


def become(command: str, words: Sequence[str], data: Path) -> NoReturn:
    """Turn into the process that carries out the command.

    Raises:
        LocalError: the environment names no installation, and none runs in `data`.
    """
    asks = bool({"-h", "--help"} & set(words))
    environment = inherited() if asks else environment_of(data, inherited())
    argv = [sys.executable, "-P", "-m", MODULES[command], *words]
    os.execve(sys.executable, argv, environment)  # noqa: S606 - our own module, no shell


def environment_of(data: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Give the settings of the installation that is meant.

    The environment names it, as in a container of it; else it is the local stack in `data`.

    Raises:
        LocalError: as `become`.
    """
    found = found_in(data, given)
    if found is None:
        raise LocalError(f"{_NEEDED} is not set, and nothing runs in {data}.")
    return found


def found_in(data: Path, given: Mapping[str, str]) -> dict[str, str] | None:
    """Give the settings that `environment_of` gives; None if no installation is meant."""
    if _names_one(given):
        return dict(given)
    found = state.running(data)
    if found is None:
        return None
    ports = {process.name: process.port for process in found.processes}
    passwords = load(data)
    return {
        **given,
        _NEEDED: servers.postgres_url(ports["postgres"], passwords),
        "PARLEY_NATS_URL": servers.nats_url(ports["nats"], passwords),
        "PARLEY_REDIS_URL": servers.redis_url(ports["valkey"], passwords),
        "PARLEY_PUBLIC_URL": found.url,
        # Of auth itself: the address of all has, with TLS, an authority of its own.
        "PARLEY_JWKS_URL": f"http://{HOST}:{ports['auth']}/.well-known/jwks.json",
    }


def nats_monitor(data: Path, given: Mapping[str, str]) -> int | None:
    """Give the port of NATS' own monitoring, where what is meant is the local stack in `data`."""
    found = None if _names_one(given) else state.running(data)
    if found is None:
        return None
    return {process.name: process.monitor for process in found.processes}["nats"]


def _names_one(given: Mapping[str, str]) -> bool:
    return bool(given.get(_NEEDED) or given.get(f"{_NEEDED}_FILE"))
