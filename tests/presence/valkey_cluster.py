"""A Redis Cluster of three masters, made of Valkey, for the tests of one module."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from services.local import passwords, ports, servers

SLOTS = 16_384
NODES = 3
START_SECONDS = 30.0


class ValkeyCluster:
    """Three processes; what they hold ends with them."""

    def __init__(self, data: Path) -> None:
        """Start it, and wait until every node knows who has which slots."""
        secret = passwords.load(data)
        found = ports.free_ports(2 * NODES)
        self.ports, buses = found[:NODES], found[NODES:]
        self.url = servers.redis_url(self.ports[0], secret)
        self._processes = [
            subprocess.Popen(  # noqa: S603  our own program
                [
                    *servers.valkey(_folder(data, port), port, secret, {}).argv,
                    *("--cluster-enabled", "yes", "--cluster-port", str(bus)),
                    *("--cluster-node-timeout", "5000"),
                ],
                env={"PATH": os.environ["PATH"]},
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            for port, bus in zip(self.ports, buses, strict=True)
        ]
        try:
            self._join([Redis.from_url(servers.redis_url(p, secret)) for p in self.ports], buses)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """End it. Idempotent."""
        for process in self._processes:
            process.kill()
            process.wait()

    def _join(self, nodes: list[Redis], buses: list[int]) -> None:
        _until(lambda: all(node.ping() for node in nodes))
        share = -(-SLOTS // NODES)
        for number, node in enumerate(nodes):
            _cluster(node, "SET-CONFIG-EPOCH", number + 1)
            last = min((number + 1) * share, SLOTS) - 1
            _cluster(node, "ADDSLOTSRANGE", number * share, last)
        for node in nodes[1:]:
            _cluster(node, "MEET", ports.HOST, self.ports[0], buses[0])
        _until(lambda: all(_is_whole(node) for node in nodes))
        for node in nodes:
            node.close()


def _folder(data: Path, port: int) -> Path:
    folder = data / str(port)
    folder.mkdir()
    return folder


def _cluster(node: Redis, word: str, *args: str | int) -> Any:  # noqa: ANN401 - as Redis has it
    return node.execute_command(f"CLUSTER {word}", *args)  # type: ignore[no-untyped-call]


def _is_whole(node: Redis) -> bool:
    info = _cluster(node, "INFO")
    return info["cluster_state"] == "ok" and int(info["cluster_known_nodes"]) == NODES


def _until(condition: Callable[[], bool]) -> None:
    """Ask every 20 ms: servers tell nobody that they are ready."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if condition():
                return
        except RedisError:
            pass
        assert time.monotonic() < deadline, "the cluster does not come to be"
        time.sleep(0.02)
