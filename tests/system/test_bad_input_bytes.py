"""What is too much to read or is no HTTP: refused before it is taken in, while others talk on."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bad_input.heads import HEADS, Head
from tests.bad_input.scene import Scene, scene
from tests.gateway.peer import connected
from tests.local_stack import LocalStack

pytestmark = pytest.mark.asyncio(loop_scope="module")
BODY_BYTES = 100_000_000
TAKEN_BYTES = 32_000_000
"""What a sender may get rid of before the connection ends: the kernel's buffers on the way, and
what is read to no purpose so that the sender sees the answer."""
GROWTH_BYTES = 32_000_000
PATHS = {
    "caddy": ("/v1/auth/login", 413),
    "auth": ("/v1/auth/login", 413),
    "history": ("/v1/rooms", 413),
    # It has no path that takes a body.
    "presence": ("/v1/presence", 405),
    "gateway-1": ("/v1/ws", 405),
}
SERVICES = tuple(PATHS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(stack: LocalStack) -> AsyncIterator[Scene]:
    """The witnesses, and the one who errs."""
    async with scene(stack) as made:
        yield made


def peak_bytes(pid: int | None) -> int:
    """The most memory that the process has had."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1_024


async def pour(sock: socket.socket, *, chunked: bool) -> int:
    """Send a body until it is all sent or nobody takes any more; give how much went out."""
    piece = b"x" * 65_536
    framed = b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece
    sent = 0
    with suppress(ConnectionError):
        while sent < BODY_BYTES:
            await asyncio.get_running_loop().sock_sendall(sock, framed)
            sent += len(piece)
    return sent


async def answer_to(port: int, head: bytes, *, chunked: bool) -> tuple[int, int]:
    """The status that the head of a request gets, and how much of its body went out.

    A plain socket, because the answer is there to be read though writing has failed.
    """
    loop = asyncio.get_running_loop()
    with socket.socket() as sock:
        sock.settimeout(0)
        await loop.sock_connect(sock, ("127.0.0.1", port))
        await loop.sock_sendall(sock, head)
        pouring = asyncio.create_task(pour(sock, chunked=chunked))
        answer = await loop.sock_recv(sock, 65_536)
        return int(answer.split(b" ")[1]), await pouring


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
@pytest.mark.parametrize("name", SERVICES)
async def test_a_body_of_100_mb_is_not_read(place: Scene, name: str, *, chunked: bool) -> None:
    """413 at once, by the load balancer and past it; neither memory nor the connection is lent."""
    path, status = PATHS[name]
    process = place.stack.processes[name]
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {BODY_BYTES}"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: chat.example\r\nAuthorization: Bearer {place.token}\r\n"
        f"Content-Type: application/json\r\n{length}\r\n\r\n"
    )
    assert process.port is not None
    before = peak_bytes(process.pid)
    async with place.witnesses.undisturbed():
        given, sent = await answer_to(process.port, head.encode(), chunked=chunked)
        assert given == status
        assert sent < TAKEN_BYTES
    assert peak_bytes(process.pid) - before < GROWTH_BYTES


@pytest.mark.parametrize(
    "sized",
    [b"Content-Length: 2\r\n\r\n{}", b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
)
async def test_the_path_of_sockets_takes_no_body(place: Scene, sized: bytes) -> None:
    """400: a body that came slowly would count as a fault of the gateway it is on the way to."""
    async with place.witnesses.undisturbed(), connected(place.stack.port) as peer:
        peer.send(b"POST /v1/ws HTTP/1.1\r\nHost: chat.example\r\n" + sized)
        assert (await peer.head()).startswith("HTTP/1.1 400 ")


@pytest.mark.parametrize("chunk", [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}{}\r\n0\r\n\r\n"])
@pytest.mark.parametrize("path", [b"/v1/auth/login", b"/v1/rooms", b"/v1/presence"])
async def test_a_torn_body_is_the_fault_of_who_sent_it(
    place: Scene, path: bytes, chunk: bytes
) -> None:
    """400 and not 503, so that nobody tries it again."""
    async with place.witnesses.undisturbed(), connected(place.stack.port) as peer:
        peer.send(
            b"POST " + path + b" HTTP/1.1\r\nHost: chat.example\r\nConnection: close\r\n"
            b"Authorization: Bearer " + place.token.encode() + b"\r\n"
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk
        )
        assert int((await peer.head()).split(" ")[1]) in (400, 405)
        assert json.loads(await peer.rest())["code"] == "bad_frame"


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in HEADS])
async def test_what_is_no_http_is_refused(place: Scene, name: str, case: Head) -> None:
    """400 or 431, whoever reads it, and the connection ends; past the balancer a problem."""
    async with (
        place.witnesses.undisturbed(),
        connected(place.stack.processes[name].port) as peer,
    ):
        peer.send(case.sent)
        head = await peer.head()
        assert int(head.split(" ")[1]) in case.statuses, head
        if name == "caddy" or b"%zz" in case.sent:
            return
        assert "content-type: application/problem+json" in head.lower()
        assert json.loads(await peer.rest())["code"] == "bad_frame"
