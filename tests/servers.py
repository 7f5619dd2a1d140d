"""The servers that tests run against, and what starts them; tests ask for fixtures only.

Run as a program (`python -m tests.servers`) it is the process that owns the local servers: it
tells their addresses in one line and ends them when its standard input is closed, so they also end
when the test run that asked for them is killed.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from services.local import passwords, ports, servers
from services.local.process import Spec
from services.local.stack import Stack


class Servers(msgspec.Struct, frozen=True):
    """Where the real servers of this run are."""

    postgres_url: str
    nats_url: str
    redis_url: str


@contextmanager
def local() -> Iterator[Servers]:
    """Start the servers of the local stack in a directory of their own, and end them."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers"],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is the test run's; it closes the input in its own time
    ) as owner:
        assert owner.stdin is not None
        assert owner.stdout is not None
        line = owner.stdout.readline()
        assert line, "the local servers did not start"
        yield msgspec.json.decode(line, type=Servers)
        owner.stdin.close()


@contextmanager
def external() -> Iterator[Servers]:
    """Use servers that somebody else runs; databases in them are made and flushed freely."""
    yield Servers(
        os.environ["PARLEY_POSTGRES_URL"],
        os.environ["PARLEY_NATS_URL"],
        os.environ["PARLEY_REDIS_URL"],
    )


def _hasty(spec: Spec) -> Spec:
    """Let Postgres not wait for the disk: hundreds of databases are made and dropped in a run.

    Only a machine that loses its power would tell; what ends here is at most the process.
    """
    return replace(spec, argv=(*spec.argv, "-c", "fsync=off", "-c", "full_page_writes=off"))


async def _own(data: Path) -> None:
    secret = passwords.load(data)
    environment = {"PATH": os.environ["PATH"]}
    postgres, nats, valkey = ports.free_ports(3)
    servers.make_postgres(data, secret, environment)
    specs = [
        _hasty(servers.postgres(data, postgres, environment)),
        servers.nats(data, nats, secret, environment),
        servers.valkey(data, valkey, secret, environment),
    ]
    stack = Stack(specs, data)
    await stack.start()
    addresses = Servers(
        servers.postgres_url(postgres, secret),
        servers.nats_url(nats, secret),
        servers.redis_url(valkey, secret),
    )
    sys.stdout.buffer.write(msgspec.json.encode(addresses) + b"\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await stack.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="parley-test-") as directory:
        asyncio.run(_own(Path(directory)))
