"""What is measured: Parley whole, and the peers, each a process of its own on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from parley_sdk import Api
from parley_sdk.tokens import FixedToken

from bench.dialects import Centrifuge, Dialect, Parley, Plain, SocketIo
from services.local import passwords, ports, servers
from tests.local_stack import LocalStack
from tests.servers import local

HERE = Path(__file__).parent / "peers"
BUILT = Path(__file__).parent.parent / ".bench"
READY_SECONDS = 30.0
PASSWORD = "a bench has no secrets"  # noqa: S105 - of people who live for a minute
REGISTERING = 4
ROOM_MEMBERS = 100
"""Most that are named when a room is made; the others are added one by one."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server to compare with: how it is started, and what one has to know of it."""

    name: str
    file: str
    dialect: type[Plain] | type[SocketIo] | type[Centrifuge] = Plain
    needs_redis: bool = False
    processes: int = 1
    binary: str = ""
    """The program that it is, where that has to be there already."""
    bias: str = ""
    """What it does not do that Parley does, or the other way round."""

    def missing(self) -> str:
        """Why it cannot be measured here; nothing where it can."""
        there = not self.binary or shutil.which(self.binary) is not None
        return "" if there else f"no `{self.binary}` on PATH"


PEERS = (
    Peer("floor", "floor.py", bias="send() in a loop: no framing, no parsing, no checks, no queue"),
    Peer("ws", "ws.mjs", bias="no log, no order over processes, no resume, no tokens; one process"),
    Peer(
        "socket.io",
        "socketio.mjs",
        SocketIo,
        needs_redis=True,
        processes=2,
        bias="pub/sub over Redis, which stores nothing; two processes",
    ),
    Peer("starlette", "starlette_route.py", bias="an await a recipient; no log; one process"),
    Peer(
        "python-socketio",
        "python_socketio.py",
        SocketIo,
        needs_redis=True,
        bias="pub/sub over Redis, which stores nothing; one process",
    ),
    Peer(
        "channels",
        "django_channels.py",
        needs_redis=True,
        bias="each recipient's channel is a list in Redis; one process",
    ),
    Peer(
        "centrifugo",
        "centrifugo.py",
        Centrifuge,
        binary="centrifugo",
        bias="in memory, no history, no tokens; one process, which uses all cores",
    ),
)


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs: where its sockets are opened, and whose processor time counts."""

    name: str
    urls: Sequence[str]
    pids: Sequence[int]
    bias: str


async def install() -> None:
    """Bring the peers' packages to .bench, as their lock files say. Idempotent.

    Raises:
        subprocess.CalledProcessError: it can't be done; the command has said why.
    """
    locks = (HERE / "package-lock.json", HERE / "requirements.txt")
    key = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()
    stamp = BUILT / "stamp"
    if stamp.is_file() and stamp.read_text() == key:
        return
    BUILT.mkdir(exist_ok=True)
    pip = Path(__file__).parent.parent / "vendor" / "pip-26.3-py3-none-any.whl" / "pip"
    await asyncio.to_thread(
        _run,
        (sys.executable, str(pip), "install", "-q", "--disable-pip-version-check"),
        ("--require-hashes", "--no-deps", "--upgrade", "--target", str(BUILT / "python")),
        ("-r", str(locks[1])),
    )
    await asyncio.to_thread(_run, ("npm", "ci", "--no-audit", "--no-fund", "--prefix", str(HERE)))
    stamp.write_text(key)


@asynccontextmanager
async def peer(which: Peer) -> AsyncIterator[Server]:
    """Run a peer, with a Redis of its own where it wants one.

    Raises:
        RuntimeError: it did not start, with what it said.
        FileNotFoundError: this machine has no node, or no C compiler, or not its binary.
    """
    async with AsyncExitStack() as closing:
        arguments: list[str] = []
        if which.needs_redis:
            servers = await asyncio.to_thread(closing.enter_context, local())
            arguments = [servers.redis_url]
        elif which.name == "floor":
            arguments = [str(await asyncio.to_thread(_compile))]
        elif which.binary:
            arguments = [shutil.which(which.binary) or which.binary]
        urls, pids = [], []
        for port in ports.free_ports(which.processes):
            process = await closing.enter_async_context(_process(which.file, port, arguments))
            urls.append(f"http://{ports.HOST}:{port}")
            pids.append(process.pid)
        yield Server(which.name, urls, pids, which.bias)


class Stack:
    """Parley whole, with limits off, and people and rooms to measure it by."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self.front = stack.url
        now = stack.processes
        gateways = sorted(name for name in now if name.startswith("gateway-"))
        self.urls = [f"http://{ports.HOST}:{now[name].port}" for name in gateways]
        self.pids = {name: process.pid for name, process in now.items() if process.pid is not None}
        self.gateway_pids = [self.pids[name] for name in gateways]

    def postgres_url(self) -> str:
        """The address of the database, its password included."""
        port = self._stack.processes["postgres"].port
        assert port is not None
        return servers.postgres_url(port, passwords.load(self._stack.data))

    def nats_url(self) -> str:
        """The address of NATS for one who may do all, its password included."""
        port = self._stack.processes["nats"].port
        assert port is not None
        return servers.nats_url(port, passwords.load(self._stack.data))

    def history_url(self) -> str:
        """The address of history itself, past the load balancer."""
        return f"http://{ports.HOST}:{self._stack.processes['history'].port}"

    def metrics_url(self, name: str) -> str:
        """The address of what a process counts."""
        return f"http://{ports.HOST}:{self._stack.processes[name].private_port}/metrics"

    def kill(self, name: str) -> None:
        """End a process without a word; `until_back` waits for the next one."""
        os.kill(self.pids[name], signal.SIGKILL)

    async def until_back(self, name: str) -> None:
        """Wait until a process that was killed has a successor that is ready.

        Raises:
            AssertionError: it had none within a minute.
        """
        found = await asyncio.to_thread(self._stack.wait_restarted, name, self.pids[name])
        assert found.pid is not None
        self.pids[name] = found.pid

    def server(self) -> Server:
        """The gateways, to be compared with a peer."""
        bias = "durable log, one order, resume, tokens, membership: what no peer here does"
        return Server("parley", self.urls, self.gateway_pids, bias)

    async def people(self, count: int) -> dict[str, str]:
        """Register so many, and give the access token of each by their id."""
        gate = asyncio.Semaphore(REGISTERING)
        tokens: dict[str, str] = {}

        async def one(number: int) -> None:
            async with gate, Api(self.front) as api:
                name = f"bench-{number}-{os.urandom(4).hex()}"
                signed = await api.register(name, PASSWORD)
                tokens[signed.user.id] = signed.access_token

        await asyncio.gather(*map(one, range(count)))
        return tokens

    async def room(self, tokens: dict[str, str], members: Sequence[str]) -> str:
        """Have the first of the members make a room with the others, and give its id."""
        owner, *others = members
        async with Api(self.front, FixedToken(tokens[owner])) as api:
            at_once = others[: ROOM_MEMBERS - 1]
            room = (await api.create_room("private", name="Bench", members=at_once)).id
            for other in others[len(at_once) :]:
                await api.add_member(room, other)
        return room


@asynccontextmanager
async def parley(gateways: int = 1, **environment: str) -> AsyncIterator[Stack]:
    """Run Parley whole, with settings of its own, and take it away again."""
    data = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    unlimited = {
        f"PARLEY_LIMIT_{name}": "0"
        for name in (
            *("SENDS", "SENDS_ROOM", "SOCKETS", "CONNECTS", "FRAMES"),
            *("SEARCHES", "REGISTER", "LOGINS"),
        )
    }
    stack = LocalStack(data, gateways=gateways, environment=unlimited | environment)
    try:
        await asyncio.to_thread(stack.start)
        yield await asyncio.to_thread(Stack, stack)
    finally:
        await asyncio.to_thread(stack.stop)
        shutil.rmtree(data, ignore_errors=True)


def dialects(which: Peer, rooms: Sequence[str]) -> list[Dialect]:
    """A way to talk for each socket, which is in the room named."""
    return [which.dialect(room) for room in rooms]


def devices(tokens: dict[str, str], room: str, count: int) -> list[Dialect]:
    """So many sockets of these people in a room: each has several."""
    some = list(tokens.values())
    return [Parley(room, some[number % len(some)]) for number in range(count)]


@asynccontextmanager
async def _process(
    file: str, port: int, arguments: Sequence[str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    runner = "node" if file.endswith(".mjs") else sys.executable
    paths = {"PYTHONPATH": str(BUILT / "python")} if runner == sys.executable else {}
    # The folder of the file is left off the path: some are named like a package.
    words = (runner, *(("-P",) if paths else ()), str(HERE / file), str(port), *arguments)
    process = await asyncio.create_subprocess_exec(
        *words,
        env={**os.environ, **paths, "NODE_ENV": "production"},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(READY_SECONDS):
            line = await process.stdout.readline()
        if line.strip() != b"ready":
            raise RuntimeError(f"{file} did not start")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _compile() -> Path:
    """Make the floor's loop a library."""
    BUILT.mkdir(exist_ok=True)
    library = BUILT / "floor.so"
    compiler = os.environ.get("CC", "cc")
    _run((compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(HERE / "floor.c")))
    return library


def _run(*words: Sequence[str]) -> None:
    subprocess.run([word for some in words for word in some], check=True)  # noqa: S603  our own words
