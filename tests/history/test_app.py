"""History as a process: killed without a word, told to stop, refused for its settings."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from services.bus import BusError
from services.local.ports import free_ports
from tests.history.databases_postgres import fetch
from tests.history.running import Peer, environment, message, until
from tests.nats_server import NatsServer


@contextmanager
def process(postgres_url: str, nats_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start `python -m history`, and see that it is gone afterwards."""
    port, private_port = free_ports(2)
    settings = environment(postgres_url, nats_url)
    settings |= {"PARLEY_PORT": str(port), "PARLEY_PRIVATE_PORT": str(private_port)}
    started = subprocess.Popen(
        [sys.executable, "-m", "history"],
        env={"PATH": os.environ["PATH"], **settings},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


async def stored(database: str) -> list[tuple[object, ...]]:
    """The places of everything that is stored."""
    return await fetch(database, "SELECT seq FROM events ORDER BY seq")


async def test_killed_again_and_again_it_stores_each_message_once(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """SIGKILL at whatever moment, between reading, storing and the next: none lost, none twice."""
    seqs: list[int] = []
    done = asyncio.Event()

    async def talk() -> None:
        while not done.is_set():
            event = message(f"r{len(seqs) % 7}", "ada")
            # The same one until it is acknowledged: one whose answer is lost may be in the log.
            while True:
                try:
                    seqs.append((await own_peer.publish(event, event.id)).seq)
                    break
                except BusError:  # history, which makes the stream, is not up yet
                    await asyncio.sleep(0.05)

    async def grown(more: int) -> None:
        least = len(await stored(database)) + more

        async def enough() -> bool:
            return len(await stored(database)) >= least

        await until(enough)

    talking = asyncio.create_task(talk())
    for _ in range(4):
        with process(database, own_nats.url) as running:
            await grown(20)
            running.send_signal(signal.SIGKILL)
    done.set()
    await talking
    with process(database, own_nats.url):

        async def all_of_them() -> bool:
            return len(await stored(database)) >= len(seqs)

        await until(all_of_them)
    assert await stored(database) == [(seq,) for seq in seqs]


async def test_told_to_stop_it_ends_in_order(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """SIGTERM: exit code 0, after what it was at is stored."""
    with process(database, own_nats.url) as running:

        async def up() -> bool:
            try:
                await own_peer.log.state()
            except BusError:
                return False
            return True

        await until(up)
        running.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(running.wait, 60) == 0


def test_a_wrong_setting_ends_it_at_once() -> None:
    """Exit code 2, and one line for each on standard error."""
    env = {"PATH": os.environ["PATH"], "PARLEY_LOG_KEEP_HOURS": "never", "PARLEY_PORT": "-1"}
    ended = subprocess.run(
        [sys.executable, "-m", "history"], env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    names = {line.partition(":")[0] for line in ended.stderr.splitlines()}
    assert names == {"PARLEY_LOG_KEEP_HOURS", "PARLEY_PORT", "PARLEY_POSTGRES_URL"}
