"""The foreign servers: each starts from nothing, wants its password and outlives a crash."""

import asyncio
import os
import resource
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import nats
import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError

from services import check
from services.local import executables, passwords, ports, probes, process, servers
from services.local.errors import LocalError
from services.local.logfile import LogFile
from services.local.passwords import Passwords
from services.local.process import Child, Spec

pytestmark = pytest.mark.servers
ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture
def secret(tmp_path: Path) -> Passwords:
    """Give the passwords of this test's data directory."""
    return passwords.load(tmp_path)


@pytest.fixture
def port() -> int:
    """Give a free port."""
    return ports.free_ports(1)[0]


@asynccontextmanager
async def running(
    spec: Spec, directory: Path, ready: "asyncio.Queue[int | None] | None" = None
) -> AsyncIterator[Child]:
    """Run a server for as long as the block lasts; `ready` gets its pid at each readiness."""

    def changed(child: Child) -> None:
        if ready is not None and child.ready:
            ready.put_nowait(child.pid)

    child = Child(spec, LogFile(directory / "server.log"), changed)
    try:
        await child.start()
        yield child
    finally:
        await child.stop()


async def answer_to_a_stranger(port: int) -> str:
    """Sign in to NATS with a wrong password, in its own words, and give what it says."""
    reader, writer = await asyncio.open_connection(ports.HOST, port)
    writer.write(b'CONNECT {"user":"parley","pass":"wrong","verbose":false}\r\nPING\r\n')
    said = await reader.read()
    writer.close()
    await writer.wait_closed()
    return said.decode()


async def test_postgres_wants_its_password(tmp_path: Path, secret: Passwords, port: int) -> None:
    """Loopback is no reason to trust: other users of the machine reach it too."""
    servers.make_postgres(tmp_path, secret, ENVIRONMENT)
    wrong = replace(secret, postgres="wrong")
    async with running(servers.postgres(tmp_path, port, ENVIRONMENT), tmp_path):
        connection = await asyncpg.connect(servers.postgres_url(port, secret))
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        assert await connection.fetchval("SHOW data_checksums") == "on"
        assert await connection.fetchval("SHOW fsync") == "on"
        # Outside ASCII too: what people search for is folded.
        assert await connection.fetchval("SELECT lower('ÄÖÜ')") == "äöü"
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(servers.postgres_url(port, wrong))


async def test_an_interrupted_making_of_the_database_is_made_again(
    tmp_path: Path, secret: Passwords, port: int
) -> None:
    """Only a whole cluster ever stands in its place."""
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    servers.make_postgres(tmp_path, secret, ENVIRONMENT)
    assert not (tmp_path / "postgres.password").exists()
    async with running(servers.postgres(tmp_path, port, ENVIRONMENT), tmp_path):
        connection = await asyncpg.connect(servers.postgres_url(port, secret))
        await connection.close()


def test_a_database_that_cant_be_made_says_why(
    tmp_path: Path, secret: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence holds the server's own words, and nothing half made is left in its place."""
    monkeypatch.setattr(servers, "USER", "pg_reserved")
    with pytest.raises(LocalError, match=r"initdb said: .*pg_reserved"):
        servers.make_postgres(tmp_path, secret, ENVIRONMENT)
    assert not (tmp_path / "postgres").exists()


async def test_postgres_starts_beside_a_stale_lock_file(
    tmp_path: Path, secret: Passwords, port: int
) -> None:
    """After a power cut the pid in postmaster.pid may be anybody's of the same user."""
    servers.make_postgres(tmp_path, secret, ENVIRONMENT)
    directory = tmp_path / "postgres"
    lock = directory / "postmaster.pid"
    # Not this test's pid: Postgres forgives that of its parent.
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import signal; signal.pause()"
    )
    lock.write_text(f"{other.pid}\n{directory}\n1\n{port}\n\n127.0.0.1\n")
    try:
        async with running(servers.postgres(tmp_path, port, ENVIRONMENT), tmp_path) as child:
            assert lock.read_text().startswith(f"{child.pid}\n")
    finally:
        other.kill()
        await other.wait()


async def test_postgres_comes_back_from_a_kill(
    tmp_path: Path, secret: Passwords, port: int
) -> None:
    """What was committed is there after SIGKILL and the restart by the supervisor."""
    servers.make_postgres(tmp_path, secret, ENVIRONMENT)
    ready: asyncio.Queue[int | None] = asyncio.Queue()
    spec = servers.postgres(tmp_path, port, ENVIRONMENT)
    async with running(spec, tmp_path, ready) as child:
        url = servers.postgres_url(port, secret)
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        connection.terminate()
        assert await ready.get() == child.pid
        child.kill()
        async with asyncio.timeout(30):
            assert await ready.get() == child.pid
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT value FROM kept") == 7
        await connection.close()


async def test_nats_wants_its_password_and_flushes(
    tmp_path: Path, secret: Passwords, port: int
) -> None:
    """A stranger is refused; the store is told to flush before it acknowledges."""
    async with running(servers.nats(tmp_path, port, secret, ENVIRONMENT), tmp_path):
        client = await nats.connect(servers.nats_url(port, secret))
        assert client.max_payload == 1_048_576
        # More than most disks have free: a log's bound must not depend on that.
        await client.jetstream().add_stream(name="S", subjects=["s"], max_bytes=900 * 10**9)
        await client.close()
        assert "Authorization Violation" in await answer_to_a_stranger(port)
    assert "sync_interval: always" in (tmp_path / "nats.conf").read_text()
    assert (tmp_path / "nats.conf").stat().st_mode & 0o777 == 0o600
    servers.nats(tmp_path, port, secret, ENVIRONMENT, "100ms")
    assert "sync_interval: 100ms" in (tmp_path / "nats.conf").read_text()


async def test_nats_writes_again_once_there_is_room(
    tmp_path: Path, secret: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself it never would. Until then it is not ready, `parley check` says why, and what it
    acknowledged is there afterwards; a bound on the length of its files stands for a full disk."""
    monkeypatch.setattr(process, "STUCK_SECONDS", 0.05)
    port, monitor = ports.free_ports(2)
    spec = servers.nats(tmp_path, port, secret, ENVIRONMENT, monitor=monitor)
    url, is_ready = servers.nats_url(port, secret), probes.nats(port, monitor)
    ready: asyncio.Queue[int | None] = asyncio.Queue()
    monkeypatch.setattr(servers, "ROOM_BYTES", 2**63)
    async with running(spec, tmp_path, ready) as child:
        assert await ready.get() == child.pid
        assert child.pid is not None
        client = await nats.connect(url)
        log = client.jetstream(timeout=1)
        await log.add_stream(name="S", subjects=["s"])
        await log.publish("s", b"kept")
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
        with pytest.raises(TimeoutError):
            await log.publish("s", b"refused")
        assert not await is_ready()
        source = {"PARLEY_NATS_URL": url}
        found = [one async for one in check.findings(["presence"], source, monitor)]
        (told,) = (one for one in found if one.part == "NATS")
        assert "write error" in told.said
        assert "room on its disk" in (told.advice or "")
        monkeypatch.setattr(servers, "ROOM_BYTES", 1)
        async with asyncio.timeout(30):
            assert await ready.get() == child.pid
        assert "there is room now" in child.end
        async with asyncio.timeout(30):
            while not client.is_connected:  # noqa: ASYNC110 - the client has no event for it
                await asyncio.sleep(0.01)
        assert (await log.publish("s", b"after")).seq == 2
        assert (await log.get_msg("S", 1)).data == b"kept"
        await client.close()


async def test_valkey_wants_its_password_and_keeps_nothing(
    tmp_path: Path, secret: Passwords, port: int
) -> None:
    """A stranger is refused; leases are not written to disk."""
    async with running(servers.valkey(tmp_path, port, secret, ENVIRONMENT), tmp_path):
        client = Redis.from_url(servers.redis_url(port, secret), decode_responses=True)
        assert await client.config_get("save") == {"save": ""}
        await client.aclose()
        stranger = Redis.from_url(f"redis://127.0.0.1:{port}/0")
        with pytest.raises(AuthenticationError):
            await stranger.ping()
        await stranger.aclose()


async def test_a_probe_of_nothing_and_of_another_server_is_no(
    tmp_path: Path, secret: Passwords, port: int
) -> None:
    """A port that is closed, or that somebody else answers, is not ready."""
    for probe in (
        probes.nats(port),
        probes.postgres(port),
        probes.valkey(port, secret.redis),
        probes.http(port, "/readyz"),
    ):
        assert not await probe()
    async with running(servers.valkey(tmp_path, port, secret, ENVIRONMENT), tmp_path):
        assert await probes.valkey(port, secret.redis)()
        assert not await probes.valkey(port, secrets.token_hex())()
        assert not await probes.nats(port)()
        assert not await probes.postgres(port)()
        assert not await probes.http(port, "/readyz")()


async def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says which package and what to run."""
    monkeypatch.setitem(executables.WHEELS, "caddy", "no-such-package")
    executables.executable.cache_clear()
    with pytest.raises(LocalError, match=r"caddy is not installed.*bootstrap\.py"):
        executables.executable("caddy")
    monkeypatch.undo()
    assert executables.executable("caddy").endswith("/caddy")


def test_postgres_is_stopped_by_a_fast_shutdown(tmp_path: Path, port: int) -> None:
    """SIGTERM would wait for every open session; SIGINT ends them (PostgreSQL, 18.5)."""
    assert servers.postgres(tmp_path, port, ENVIRONMENT).stop_signal is signal.SIGINT
