"""Makes the random secrets of an installation once, and hands each reader its own; starts nothing.

    python -m services.deploy.init FOLDER [NATS_NODE …]

In compose every folder below FOLDER is a volume that one reader alone mounts, at /run/parley; `own`
is nobody's: what was made is kept there, so that every later run hands out the same again, and a
reader that a newer version adds gets its part.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from services.local import nats_conf

OWN: Final = "own"
_KEPT: Final = "passwords.json"
_SERVERS: Final = ("grafana", "nats", "postgres", "valkey")

NODES: Final = ("nats",)
"""The hosts where a node of NATS runs, unless others are named."""

Passwords = Mapping[str, str]
Nodes = Sequence[str]


def _nats_url(service: str) -> Callable[[Passwords, Nodes], str]:
    """Each service comes in by its own name, and may do there what is its own to do."""

    def made_for(made: Passwords, nodes: Nodes) -> str:
        password = nats_conf.password_of(made["nats"], service)
        return ",".join(f"nats://{service}:{password}@{node}:4222" for node in nodes)

    return made_for


def _postgres_url(made: Passwords, _: Nodes) -> str:
    return f"postgresql://parley:{made['postgres']}@postgres:5432/parley"


def _redis_url(made: Passwords, _: Nodes) -> str:
    return f"redis://:{made['valkey']}@valkey:6379/0"


def _nats_users(made: Passwords, _: Nodes) -> str:
    return nats_conf.users(made["nats"]) + "\n"


def _nats_routes(made: Passwords, nodes: Nodes) -> str:
    listen = [f"{node}:{nats_conf.ROUTE_PORT}" for node in nodes]
    return nats_conf.routes(made["nats"], listen) + "\n"


def _valkey_conf(made: Passwords, _: Nodes) -> str:
    # Presence is leases of seconds: nothing there is worth keeping.
    return (
        f"requirepass {made['valkey']}\n"
        'save ""\nappendonly no\nmaxmemory 256mb\nmaxmemory-policy noeviction\n'
    )


FILES: Final[Mapping[str, Mapping[str, Callable[[Passwords, Nodes], str]]]] = {
    "auth": {
        "nats_url": _nats_url("auth"),
        "postgres_url": _postgres_url,
        "redis_url": _redis_url,
    },
    "history": {"nats_url": _nats_url("history"), "postgres_url": _postgres_url},
    "presence": {"nats_url": _nats_url("presence"), "redis_url": _redis_url},
    "media": {"nats_url": _nats_url("media"), "postgres_url": _postgres_url},
    "notify": {"nats_url": _nats_url("notify"), "postgres_url": _postgres_url},
    "gateway": {"nats_url": _nats_url("gateway")},
    "nats": {"users.conf": _nats_users, "routes.conf": _nats_routes},
    "postgres": {"password": lambda made, _: made["postgres"]},
    "valkey": {"valkey.conf": _valkey_conf},
    "grafana": {"password": lambda made, _: made["grafana"]},
}
"""What each reader finds in its folder."""


def kept(folder: Path) -> dict[str, str]:
    """Read the passwords of this installation, and make those that it does not have yet.

    Raises:
        OSError: the folder can't be written.
        ValueError: the file is not what this module wrote: it is never made anew, because the
            servers would not know the new passwords.
    """
    path = folder / _KEPT
    try:
        made = json.loads(path.read_text()) if path.exists() else {}
    except json.JSONDecodeError:
        made = None
    if not isinstance(made, dict) or not all(isinstance(one, str) for one in made.values()):
        raise ValueError(f"{path} is damaged: restore it, or remove the volumes to begin anew")
    missing = [name for name in _SERVERS if name not in made]
    if missing:
        made |= {name: secrets.token_hex(24) for name in missing}
        _write(path, json.dumps(made))
    return made


def hand_out(folder: Path, made: Passwords, nodes: Nodes = NODES) -> None:
    """Write the files of every reader below the folder. Idempotent.

    Raises:
        OSError: a folder can't be written.
    """
    for reader, files in FILES.items():
        for name, text in files.items():
            _write(folder / reader / name, text(made, nodes), 0o444)


def _write(path: Path, text: str, mode: int = 0o400) -> None:
    """Replace a file at once, whenever this process is killed.

    Readers have users of their own, so what is theirs may be read by all who see it: that is who
    mounts the volume.
    """
    path.parent.mkdir(exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    beside.touch(mode)
    beside.chmod(mode | 0o200)
    beside.write_text(text)
    beside.chmod(mode)
    beside.replace(path)


def main() -> int:
    """Hand out below the folder that is named, and give the exit code."""
    folder, nodes = Path(sys.argv[1]), sys.argv[2:] or NODES
    (folder / OWN).mkdir(exist_ok=True)
    try:
        hand_out(folder, kept(folder / OWN), nodes)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"init: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
