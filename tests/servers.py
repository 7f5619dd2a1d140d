"""The servers that tests run against and what starts them; a test module asks for fixtures only."""

import asyncio
import os
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from services.local import passwords, ports, servers
from services.local.process import Spec
from services.local.stack import Stack

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the real servers of this run are."""

    postgres_url: str
    nats_url: str
    redis_url: str


class Background:
    """An event loop in a thread, for processes that outlive the loop of a single test."""

    def __init__(self) -> None:
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="servers", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there, and wait for what it gives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def local() -> Iterator[Servers]:
    """Start the servers of the local stack in a directory of their own, and end them."""
    background = Background()
    try:
        with tempfile.TemporaryDirectory(prefix="parley-test-") as directory:
            data = Path(directory)
            secret = passwords.load(data)
            environment = {"PATH": os.environ["PATH"]}
            postgres, nats, valkey = ports.free_ports(3)
            servers.make_postgres(data, secret, environment)
            stack = background.run(
                _make(
                    data,
                    [
                        servers.postgres(data, postgres, environment),
                        servers.nats(data, nats, secret, environment),
                        servers.valkey(data, valkey, secret, environment),
                    ],
                )
            )
            background.run(stack.start())
            try:
                yield Servers(
                    servers.postgres_url(postgres, secret),
                    servers.nats_url(nats, secret),
                    servers.redis_url(valkey, secret),
                )
            finally:
                background.run(stack.stop())
    finally:
        background.close()


async def _make(data: Path, specs: list[Spec]) -> Stack:
    return Stack(specs, data)


@contextmanager
def external() -> Iterator[Servers]:
    """Use servers that somebody else runs; databases in them are made and flushed freely."""
    yield Servers(
        os.environ["PARLEY_POSTGRES_URL"],
        os.environ["PARLEY_NATS_URL"],
        os.environ["PARLEY_REDIS_URL"],
    )
