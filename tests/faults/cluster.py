"""The whole of Parley with more than one of everything that may be killed; it kills nothing itself.

Three NATS nodes (R3), three gateways, two of history, two of presence, one of each other service,
one Postgres, one Valkey, Caddy in front; a wire before each of the servers, and before Caddy.
Whatever ends is started again by the same supervisor as in `parley up`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from auth.password_cost import LEAST_KIB
from services.local import datadir, nats_conf, probes, servers
from services.local.caddyfile import render
from services.local.executables import executable
from services.local.members import foreign_environment
from services.local.passwords import load, write_private
from services.local.ports import HOST, free_ports
from services.local.process import Child, Spec
from services.local.stack import Stack
from tests.faults import processor
from tests.faults.wire import Wire

NODES = 3
SERVICES: Mapping[str, int] = {
    "auth": 1,
    "history": 2,
    "presence": 2,
    "media": 1,
    "notify": 1,
    "gateway": 3,
}
DRAIN_SECONDS = 3
READY_SECONDS = 60.0
_LOOK_SECONDS = 0.05


class Cluster:
    """Its processes by name: `nats-1`, `gateway-2`, `history-1`, `auth-1`, `caddy`, …

    All methods on one event loop.
    """

    def __init__(
        self,
        data: Path,
        environment: Mapping[str, str] | None = None,
        drain_seconds: int = DRAIN_SECONDS,
    ) -> None:
        """Choose ports and write the files; nothing is started."""
        self._drain_seconds = drain_seconds
        datadir.prepare(data)
        self.data = data
        self.passwords = load(data)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PARLEY_")}
        # In an image everything is compiled already. Without, whatever is started again first
        # compiles all that it imports, at the very moment when the others have their hands full.
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        self._inherited = {**inherited, **(environment or {})}
        self._foreign = foreign_environment(data, inherited)
        names = [f"{kind}-{n + 1}" for kind, count in SERVICES.items() for n in range(count)]
        found = iter(free_ports(3 * NODES + 7 + 2 * len(names)))
        self.ports = {name: (next(found), next(found)) for name in names}
        self.nats_ports = [next(found) for _ in range(NODES)]
        routes = [next(found) for _ in range(NODES)]
        self.postgres_port, self.valkey_port, self.port, health = (next(found) for _ in range(4))
        self.wires = {f"nats-{n + 1}": Wire(next(found), self.nats_ports[n]) for n in range(NODES)}
        self.wires["postgres"] = Wire(next(found), self.postgres_port)
        self.wires["valkey"] = Wire(next(found), self.valkey_port)
        self.wires["clients"] = Wire(next(found), self.port)
        self.url = f"http://{HOST}:{self.wires['clients'].port}"
        specs = [
            *(self._nats(n, routes) for n in range(NODES)),
            self._postgres(),
            servers.valkey(data, self.valkey_port, self.passwords, self._foreign),
            *(self._service(name) for name in names),
            self._caddy(health),
        ]
        self.falls: list[str] = []
        """Whoever ended though nobody here had asked for it, and how."""
        self._pids: dict[str, int] = {}
        self._signalled: set[int] = set()
        self.stack = Stack(specs, data / datadir.LOGS, self._changed)
        self._change = asyncio.Event()

    @property
    def nats_urls(self) -> str:
        """Every node itself, past the wires, with commas between."""
        return ",".join(servers.nats_url(port, self.passwords) for port in self.nats_ports)

    @property
    def postgres_url(self) -> str:
        """The database itself, past its wire."""
        return servers.postgres_url(self.postgres_port, self.passwords)

    def gateway_url(self, name: str) -> str:
        """One gateway itself, past Caddy and its wire."""
        return f"http://{HOST}:{self.ports[name][0]}"

    @property
    def front_url(self) -> str:
        """Caddy itself: what is carried for thousands does not go through a wire of ours."""
        return f"http://{HOST}:{self.port}"

    def names(self, kind: str) -> list[str]:
        """The processes of a kind, such as `gateway` or `nats`, in order."""
        return [name for name in self.stack.children if name.partition("-")[0] == kind]

    async def start(self) -> None:
        """Start everything; return when all is ready.

        Raises:
            LocalError: something could not be brought up; nothing is left running.
        """
        await asyncio.to_thread(servers.make_postgres, self.data, self.passwords, self._foreign)
        for wire in self.wires.values():
            await wire.start()
        try:
            await self.stack.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Drain and stop everything. Idempotent."""
        for wire in self.wires.values():
            wire.mend()
        await self.stack.stop()
        for wire in self.wires.values():
            await wire.stop()

    def kill(self, name: str, sign: signal.Signals = signal.SIGKILL) -> int:
        """Send a process a signal; give its pid."""
        pid = self._child(name).pid
        assert pid is not None, f"{name} does not run"
        if sign not in (signal.SIGSTOP, signal.SIGCONT):
            self._signalled.add(pid)
        os.kill(pid, sign)
        return pid

    def pid(self, name: str) -> int | None:
        """Give the pid of a process; None while it does not run."""
        return self._child(name).pid

    def processor(self) -> dict[int, tuple[str, float]]:
        """Give what each process has taken of the processor so far."""
        return processor.seconds({name: child.pid for name, child in self.stack.children.items()})

    def end(self, name: str) -> int:
        """Ask a process to end as its operator would; give its pid."""
        return self.kill(name, self._child(name).spec.stop_signal)

    async def started_again(self, name: str, old_pid: int) -> None:
        """Wait until another process is ready under the name.

        Raises:
            TimeoutError: it was not within a minute.
        """
        child = self._child(name)
        async with asyncio.timeout(READY_SECONDS):
            while not child.ready or child.pid == old_pid:
                self._change.clear()
                await self._change.wait()

    async def ready(self) -> None:
        """Wait until every process answers that it can do its job, as a probe sees it.

        Raises:
            TimeoutError: one did not within a minute.
        """
        async with asyncio.timeout(READY_SECONDS):
            for child in self.stack.children.values():
                while not (child.ready and await child.spec.probe()):  # noqa: ASYNC110 - asked
                    await asyncio.sleep(_LOOK_SECONDS)

    async def unwell(self) -> list[str]:
        """Name every process that is not ready just now."""
        children = self.stack.children.items()
        return [n for n, c in children if not (c.ready and await c.spec.probe())]

    def _child(self, name: str) -> Child:
        return self.stack.children[name]

    def _changed(self, child: Child) -> None:
        name = child.spec.name
        if child.pid is not None:
            self._pids[name] = child.pid
        elif self._pids.get(name) not in self._signalled and not child.stopping:
            self.falls.append(f"{name} {child.end}")
        self._change.set()

    def _nats(self, number: int, routes: Sequence[int]) -> Spec:
        name, port = f"nats-{number + 1}", self.nats_ports[number]
        nodes = [f"{HOST}:{route}" for route in routes]
        others = nats_conf.routes(self.passwords.nats, nodes)
        text = servers.nats_config(
            name,
            port,
            self.data / name,
            self.passwords,
            nats_conf.Others(nodes[number], others),
        )
        config = self.data / f"{name}.conf"
        write_private(config, text)
        return Spec(
            name=name,
            argv=(executable("nats-server"), "-c", str(config)),
            environment=self._foreign,
            probe=probes.nats(port),
            port=port,
            stop_order=servers.STOP_ORDER,
        )

    def _postgres(self) -> Spec:
        """Postgres as in `parley up`, which besides counts what it is asked."""
        spec = servers.postgres(self.data, self.postgres_port, self._foreign)
        counting = ("-c", "shared_preload_libraries=pg_stat_statements")
        return replace(spec, argv=(*spec.argv, *counting))

    def _service(self, name: str) -> Spec:
        kind = name.partition("-")[0]
        port, private_port = self.ports[name]
        jwks = f"http://{HOST}:{self.ports['auth-1'][0]}/.well-known/jwks.json"
        wires = {name: wire.port for name, wire in self.wires.items()}
        # Its own user, as everywhere: what it has no right to shows here as it would there.
        nats = (
            servers.nats_url(wires[f"nats-{n + 1}"], self.passwords, kind) for n in range(NODES)
        )
        own = {
            "PARLEY_HOST": HOST,
            "PARLEY_PORT": str(port),
            "PARLEY_PRIVATE_PORT": str(private_port),
            "PARLEY_GATEWAY_NAME": name,
            "PARLEY_POSTGRES_URL": servers.postgres_url(wires["postgres"], self.passwords),
            "PARLEY_NATS_URL": ",".join(nats),
            "PARLEY_NATS_REPLICAS": str(NODES),
            "PARLEY_REDIS_URL": servers.redis_url(wires["valkey"], self.passwords),
            "PARLEY_JWKS_URL": jwks,
            "PARLEY_PUBLIC_URL": self.url,
            "PARLEY_REGISTRATION": "open",
            "PARLEY_TRUSTED_PROXIES": HOST,
            "PARLEY_MEDIA_FOLDER": str(self.data / "media"),
            "PARLEY_DRAIN_SECONDS": str(self._drain_seconds),
            "PARLEY_LOG_MAX_BYTES": str(1024**3),
            # The crowd says more than people may: its limits are what a gateway can bear.
            "PARLEY_PASSWORD_MEMORY_KIB": str(LEAST_KIB),
            "PARLEY_LIMIT_SENDS": "100000/10",
            "PARLEY_LIMIT_SENDS_ROOM": "100000/10",
            "PARLEY_LIMIT_FRAMES": "0",
            "PARLEY_LIMIT_SOCKETS": "0",
            "PARLEY_LIMIT_EXEMPT": "127.0.0.0/8",
        }
        first = {
            "gateway": ("auth-1", "history-1", "presence-1", "media-1"),
            "notify": ("history-1", "presence-1"),
        }
        return Spec(
            name=name,
            argv=(sys.executable, "-P", "-m", kind),
            environment={**self._inherited, **own},
            probe=probes.http(private_port, "/readyz"),
            port=port,
            private_port=private_port,
            after=first.get(kind, (*(f"nats-{n + 1}" for n in range(NODES)), "postgres", "valkey")),
            stop_order=0 if kind == "gateway" else 2,
            stop_seconds=self._drain_seconds + 10.0,
        )

    def _caddy(self, health: int) -> Spec:
        def listens(name: str) -> str:
            return f"{HOST}:{self.ports[name][0]}"

        kinds = [kind for kind in SERVICES if kind != "gateway"]
        gateways = [name for name in self.ports if name.startswith("gateway")]
        text = render(
            self.port,
            services={
                kind: " ".join(listens(n) for n in self.ports if n.startswith(kind))
                for kind in kinds
            },
            gateways={listens(name): f"{HOST}:{self.ports[name][1]}" for name in gateways},
            health=f"{HOST}:{health}",
            bind=HOST,
        )
        config = self.data / "Caddyfile"
        write_private(config, text)
        return Spec(
            name="caddy",
            argv=(executable("caddy"), "run", "--adapter", "caddyfile", "--config", str(config)),
            environment=self._foreign,
            probe=probes.http(self.port, "/"),
            port=self.port,
            after=tuple(gateways),
            stop_order=1,
        )


def end_on_sigterm() -> None:
    """Let SIGTERM end this process as Ctrl-C does: with everything that it started."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


@asynccontextmanager
async def cluster(
    data: Path,
    environment: Mapping[str, str] | None = None,
    drain_seconds: int = DRAIN_SECONDS,
) -> AsyncIterator[Cluster]:
    """Run one, and stop it whatever happens."""
    made = Cluster(data, environment, drain_seconds)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
