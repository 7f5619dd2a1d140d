"""Prints the Secrets of an installation on Kubernetes, at random; it talks to no cluster.

    python -m services.deploy.kubernetes [--nats HOST …] [--postgres HOST] | kubectl apply -f -

Once: a second run makes other passwords, which the servers do not know.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from proto import subjects
from services.deploy import init

NATS: Final = ("nats-0.nats", "nats-1.nats", "nats-2.nats")
"""The pods of components/nats-cluster."""
POSTGRES: Final = "postgres-rw"
"""What components/cloudnative-pg is reached by."""


def nats_key(service: str) -> str:
    """Name the address of NATS in the Secret `parley` that is this service's, with its user."""
    return f"PARLEY_NATS_URL_{service.upper()}"


def secrets(nats: Sequence[str], postgres: str) -> list[dict[str, Any]]:
    """Make new ones."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / init.OWN).mkdir()
        init.hand_out(folder, init.kept(folder / init.OWN), nats)
        made = {path.relative_to(folder).as_posix(): path.read_text() for path in _files(folder)}
    url = made["history/postgres_url"].replace("@postgres:", f"@{postgres}:")
    return [
        _secret(
            "parley",
            PARLEY_POSTGRES_URL=url,
            PARLEY_REDIS_URL=made["presence/redis_url"],
            **{nats_key(service): made[f"{service}/nats_url"] for service in subjects.RIGHTS},
        ),
        _secret(
            "parley-nats",
            **{name: made[f"nats/{name}"] for name in ("users.conf", "routes.conf")},
        ),
        _secret(
            "parley-postgres",
            "kubernetes.io/basic-auth",
            username="parley",
            password=made["postgres/password"],
        ),
        _secret("parley-valkey", **{"valkey.conf": made["valkey/valkey.conf"]}),
    ]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _secret(name: str, type_: str = "Opaque", /, **data: str) -> dict[str, Any]:
    kept: Mapping[str, str] = data
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "parley"}},
        "type": type_,
        "stringData": dict(kept),
    }


def main() -> None:
    """Print them as one JSON list, which kubectl takes."""
    parser = argparse.ArgumentParser(prog="python -m services.deploy.kubernetes")
    parser.add_argument("--nats", nargs="+", default=NATS, metavar="HOST", help="its nodes")
    parser.add_argument("--postgres", default=POSTGRES, metavar="HOST")
    given = parser.parse_args()
    items = secrets(given.nats, given.postgres)
    sys.stdout.write(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}) + "\n")


if __name__ == "__main__":
    main()
