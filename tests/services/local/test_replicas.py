"""The Caddyfile of compose in a real Caddy: replicas are found by name, and come and go."""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from services.local import ports, probes
from services.local.caddyfile import for_compose
from services.local.executables import executable
from services.local.logfile import LogFile
from services.local.process import Child, Spec

pytestmark = pytest.mark.servers

HOSTS = ("127.0.0.2", "127.0.0.3")


@asynccontextmanager
async def _caddy(folder: Path, port: int, behind: int) -> AsyncIterator[None]:
    """Run what compose runs, with addresses in place of what Docker's name server would answer."""
    found = "".join(f"a {host} {behind} {{\nrefresh 1s\n}}\n" for host in HOSTS)
    text = re.sub(
        r"dynamic a \w+ 8000 \{\s*refresh 1s\s*\}", f"dynamic multi {{\n{found}}}", for_compose()
    )
    (alive,) = ports.free_ports(1)
    config = folder / "Caddyfile"
    config.write_text(text.replace(":8181", f":{alive}"))
    spec = Spec(
        name="caddy",
        argv=(executable("caddy"), "run", "--adapter", "caddyfile", "--config", str(config)),
        environment={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
            "PARLEY_HOSTNAME": f"http://127.0.0.1:{port}",
        },
        probe=probes.http(alive, "/"),
        port=port,
    )
    child = Child(spec, LogFile(folder / "caddy.log"), lambda _: None)
    await child.start()
    try:
        yield
    finally:
        await child.stop()


@asynccontextmanager
async def _replica(host: str, port: int, status: str) -> AsyncIterator[None]:
    """A server that answers every request with a status, and its address as the body."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(host)}\r\n\r\n"
        writer.write(f"{head}{host}".encode())
        writer.close()

    server = await asyncio.start_server(answer, host, port)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


async def _ask(port: int, path: str) -> str:
    """Give the status and the body of an answer."""
    reader, writer = await asyncio.open_connection(ports.HOST, port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
    )
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    return f"{head.split(' ')[1]} {body}"


async def test_a_draining_gateway_is_passed_over_unseen(tmp_path: Path) -> None:
    """Its 503 is not passed on while another one takes the socket."""
    port, behind = ports.free_ports(2)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_replica(HOSTS[0], behind, "503 Service Unavailable"))
        await stack.enter_async_context(_replica(HOSTS[1], behind, "200 OK"))
        await stack.enter_async_context(_caddy(tmp_path, port, behind))
        answers = [await _ask(port, "/v1/ws") for _ in range(8)]
    assert answers == [f"200 {HOSTS[1]}"] * 8


async def test_all_replicas_serve_and_one_that_is_gone_is_not_missed(tmp_path: Path) -> None:
    """In turn; a replica that was killed costs no request."""
    port, behind = ports.free_ports(2)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_replica(HOSTS[0], behind, "200 OK"))
        await stack.enter_async_context(_caddy(tmp_path, port, behind))
        async with _replica(HOSTS[1], behind, "200 OK"):
            before = Counter([await _ask(port, "/v1/rooms") for _ in range(8)])
        after = [await _ask(port, "/v1/rooms") for _ in range(8)]
    assert before == {f"200 {host}": 4 for host in HOSTS}
    assert after == [f"200 {HOSTS[0]}"] * 8
