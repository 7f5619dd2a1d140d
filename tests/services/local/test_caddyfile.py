"""The route table, in a real Caddy before small real servers: who answers, and what is told."""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.local import members, ports, probes
from services.local.caddyfile import render
from services.local.executables import executable
from services.local.logfile import LogFile
from services.local.process import Child, Spec

pytestmark = pytest.mark.servers


@dataclass
class Upstream:
    """A server that answers every request with its name and what it was sent."""

    name: str
    port: int
    status: str = "200 OK"
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen for as long as the block lasts."""
        server = await asyncio.start_server(self._answer, ports.HOST, self.port)
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.set()
        body = json.dumps({"name": self.name, "head": head.lower()}).encode()
        writer.write(
            f"HTTP/1.1 {self.status}\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
        )
        writer.write(body)
        writer.close()


@dataclass
class Answer:
    """What came back."""

    status: int
    head: str
    body: str

    @property
    def name(self) -> str:
        """Who answered."""
        return str(json.loads(self.body)["name"])

    @property
    def headers(self) -> dict[str, str]:
        """The headers, their names in lower case."""
        lines = (line.partition(": ") for line in self.head.split("\r\n")[1:])
        return {name.lower(): value for name, _, value in lines}


class Front:
    """A Caddy, and the servers behind it that a test chooses to run."""

    def __init__(self, directory: Path, *, web: Path | None = None, tls: bool = False) -> None:
        """Choose ports and start nothing."""
        names = [
            "auth",
            "history",
            "presence",
            "media",
            "notify",
            "gateway-1",
            "gateway-2",
            "ready-1",
            "ready-2",
        ]
        self.port, self.health, *found = ports.free_ports(2 + len(names))
        self.upstreams = {
            name: Upstream(name, port) for name, port in zip(names, found, strict=True)
        }
        self._directory = directory
        self._web = web
        self.ca = directory / members.AUTHORITY.relative_to("caddy") if tls else None

    @asynccontextmanager
    async def running(self, *without: str) -> AsyncIterator[None]:
        """Run everything but the named."""
        config = self._directory / "Caddyfile"
        config.write_text(self._config())
        spec = Spec(
            name="caddy",
            argv=(executable("caddy"), "run", "--adapter", "caddyfile", "--config", str(config)),
            environment={
                "PATH": os.environ["PATH"],
                "HOME": str(self._directory),
                "XDG_DATA_HOME": str(self._directory),
            },
            probe=probes.http(self.port, "/", self.ca),
            port=self.port,
        )
        child = Child(spec, LogFile(self._directory / "caddy.log"), lambda _: None)
        async with AsyncExitStack() as stack:
            for name, upstream in self.upstreams.items():
                if name not in without:
                    await stack.enter_async_context(upstream.serving())
            stack.push_async_callback(child.stop)
            await child.start()
            yield

    async def get(self, path: str, *headers: str, method: str = "GET") -> Answer:
        """Ask for a path."""
        tls = None if self.ca is None else ssl.create_default_context(cafile=self.ca)
        lines = (f"{method} {path} HTTP/1.1", "Host: chat.example", "Connection: close", *headers)
        return await self.ask(*lines, tls=tls)

    async def ask(self, *lines: str, tls: ssl.SSLContext | None = None) -> Answer:
        """Send the head of a request that ends the connection, and read the answer."""
        reader, writer = await asyncio.open_connection(ports.HOST, self.port, ssl=tls)
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head, _, body = (await reader.read()).decode("latin-1").partition("\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        return Answer(int(head.split(" ")[1]), head, body)

    async def checked(self, name: str) -> None:
        """Wait until the health check has asked twice more, and so knows."""
        for _ in range(3):
            self.upstreams[name].asked.clear()
            await asyncio.wait_for(self.upstreams[name].asked.wait(), 10)

    def _config(self) -> str:
        address = {name: f"{ports.HOST}:{one.port}" for name, one in self.upstreams.items()}
        return render(
            self.port,
            services={
                name: address[name] for name in ("auth", "history", "presence", "media", "notify")
            },
            gateways={
                address["gateway-1"]: address["ready-1"],
                address["gateway-2"]: address["ready-2"],
            },
            health=f"{ports.HOST}:{self.health}",
            bind=ports.HOST,
            web=None if self._web is None else str(self._web),
            tls=(ports.HOST, "localhost") if self.ca is not None else (),
        )


@pytest.fixture
def front(tmp_path: Path) -> Front:
    """Give a front that is not yet running."""
    return Front(tmp_path)


async def test_every_path_goes_to_its_service(front: Front) -> None:
    """Whole words only: a path that merely begins alike is nobody's."""
    paths = {
        "/v1/auth/login": "auth",
        "/v1/users?ids=a": "auth",
        "/v1/users/search": "auth",
        "/.well-known/jwks.json": "auth",
        "/v1/rooms": "history",
        "/v1/rooms/a/messages": "history",
        "/v1/search?q=a": "history",
        "/v1/history/openapi.json": "history",
        "/v1/presence?users=a": "presence",
        "/v1/presence/openapi.json": "presence",
        "/v1/media": "media",
        "/v1/emoji": "media",
        "/v1/emoji/pictures/p1": "media",
        "/v1/media/m1/original?expires=1&signature=a": "media",
        "/v1/notify/push": "notify",
    }
    async with front.running():
        for path, name in paths.items():
            assert (await front.get(path)).name == name, path
        for path in ("/v1/authority", "/v1/roomsx", "/metrics", "/readyz", "/v1/wss"):
            answer = await front.get(path)
            assert answer.status == 404, path
            assert json.loads(answer.body)["code"] == "not_found"
            assert "application/problem+json" in answer.head


async def test_the_page_names_the_interfaces(front: Front) -> None:
    """Somebody who opens the address in a browser sees what this is."""
    async with front.running():
        answer = await front.get("/")
    assert answer.status == 200
    assert "/v1/history/openapi.json" in answer.body
    assert "server: caddy" not in answer.head.lower()


async def test_the_address_of_a_client_is_the_true_one(front: Front) -> None:
    """What a client says of itself in X-Forwarded-For is not passed on."""
    async with front.running():
        answer = await front.get("/v1/auth/me", "X-Forwarded-For: 203.0.113.9")
    assert "x-forwarded-for: 127.0.0.1\\r" in answer.body
    assert "203.0.113.9" not in answer.body


async def test_services_are_told_how_a_client_came(front: Front) -> None:
    """Also when the client says otherwise: a cookie for HTTPS alone depends on it."""
    async with front.running():
        answer = await front.get("/v1/auth/me", "X-Forwarded-Proto: https")
    assert "x-forwarded-proto: http\\r" in answer.body


async def test_a_gateway_that_is_not_ready_gets_nobody(front: Front) -> None:
    """Its private port is asked, and once it is ready again it is among the others."""
    front.upstreams["ready-1"].status = "503 Service Unavailable"
    async with front.running():
        await front.checked("ready-1")
        names = {(await front.get("/v1/ws")).name for _ in range(8)}
        assert names == {"gateway-2"}
        front.upstreams["ready-1"].status = "200 OK"
        await front.checked("ready-1")
        names = {(await front.get("/v1/ws")).name for _ in range(20)}
    assert names == {"gateway-1", "gateway-2"}


async def test_a_killed_gateway_is_hidden(front: Front) -> None:
    """Before any check has noticed, a new connection goes to the living one."""
    async with front.running("gateway-1"):
        names = [(await front.get("/v1/ws")).name for _ in range(4)]
    assert names == ["gateway-2"] * 4


async def test_a_broken_body_hides_no_gateway(front: Front) -> None:
    """A path without a body refuses one by itself: nobody can shut the others out that way."""
    broken = "Transfer-Encoding: chunked", "", "5", "abcde", "no chunk"
    async with front.running():
        for _ in range(4):
            answer = await front.get("/v1/ws", *broken)
            assert answer.status == 400
            assert json.loads(answer.body)["code"] == "bad_frame"
        assert (await front.get("/v1/ws", "Content-Length: 5")).status == 400
        assert (await front.get("/v1/ws", "Content-Length: 0")).status == 200


async def test_a_service_that_is_away_is_unavailable(front: Front) -> None:
    """In the words of the protocol, so that a client retries."""
    async with front.running("history"):
        answer = await front.get("/v1/rooms")
    assert answer.status == 503
    assert json.loads(answer.body)["code"] == "unavailable"
    assert "retry-after: 1" in answer.head.lower()
