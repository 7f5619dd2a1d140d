"""What ends a connection, or never becomes one; those who talk beside it lose nothing."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import pytest_asyncio

from gateway.frame import PING, TEXT
from proto import limits
from proto.codes import CloseCode
from tests.bad_input import tokens_jwt
from tests.bad_input.connections import FIRST, VIOLATIONS, First, Violation
from tests.bad_input.frames import encoded
from tests.bad_input.keys_postgres import signer
from tests.bad_input.scene import Scene, scene
from tests.bad_input.tokens_jwt import Signer
from tests.gateway.peer import Frame, Peer, connected, masked, request
from tests.local_stack import LocalStack
from tests.system.conftest import eventually
from tests.system.raw import Raw
from tests.trust import trust

pytestmark = pytest.mark.asyncio(loop_scope="module")
SLOW_SECONDS = 60.0
SLOW_HEADS = ("gateway-1", "auth")
PATHS = ("/v1/auth/me", "/v1/rooms", "/v1/presence?users=u")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(stack: LocalStack) -> AsyncIterator[Scene]:
    """The witnesses, and the one who errs."""
    async with scene(stack) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def key(place: Scene) -> Signer:
    """The private key of auth."""
    return await signer(place.stack, place.token)


def hello(token: str) -> bytes:
    """The frame as bytes."""
    return masked(TEXT, json.dumps({"type": "hello", "token": token}).encode())


@asynccontextmanager
async def ready(place: Scene, receive_bytes: int | None = None) -> AsyncIterator[Peer]:
    """A client made of bytes that has had its `ready`."""
    async with connected(place.stack.port, receive_bytes) as peer:
        await peer.open()
        peer.send(hello(place.token))
        while json.loads((await peer.frame()).payload)["type"] != "ready":
            pass
        yield peer


async def closed(peer: Peer) -> Frame:
    """The close frame, after whatever was said in the room before it."""
    while True:
        frame = await peer.frame()
        if frame.opcode == TEXT:
            assert json.loads(frame.payload)["type"] == "message"
        elif frame.opcode != PING:
            return frame


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in FIRST])
async def test_the_first_frame_must_be_hello(place: Scene, case: First) -> None:
    """Whatever else comes is a bug in the client: 4510, and an `error` if it could not be read."""
    async with place.witnesses.undisturbed(), Raw(place.stack.url) as socket:
        await socket.send_as_is(encoded(case.sent))
        assert await socket.close_code() == case.close
        errors = [(frame["code"], frame.get("field")) for frame in socket.seen]
        assert errors == ([] if case.code is None else [(case.code, case.field)])


@pytest.mark.parametrize("name", tokens_jwt.BAD)
async def test_a_bad_token_gets_no_ready(place: Scene, key: Signer, name: str) -> None:
    """An `error` `unauthorized` without the token in it, then 4500."""
    token = tokens_jwt.BAD[name](key)
    async with place.witnesses.undisturbed(), Raw(place.stack.url) as socket:
        await socket.send({"type": "hello", "token": token})
        assert await socket.close_code() == CloseCode.UNAUTHORIZED
        assert [(frame["type"], frame["code"]) for frame in socket.seen] == [
            ("error", "unauthorized")
        ]
        assert token not in socket.seen[0]["message"]


async def test_the_same_token_without_a_fault_is_taken(place: Scene, key: Signer) -> None:
    """So it was the fault that each bad one was refused for."""
    async with Raw(place.stack.url, tokens_jwt.GOOD(key)) as socket:
        assert socket.ready["user"]["id"] == key.claims["sub"]


@pytest.mark.parametrize("name", tokens_jwt.BAD)
async def test_a_bad_token_renews_nothing(place: Scene, key: Signer, name: str) -> None:
    """`auth` is answered `unauthorized`, and the conversation goes on with the token it had."""
    token = tokens_jwt.BAD[name](key)
    async with place.witnesses.undisturbed(), Raw(place.stack.url, place.token) as socket:
        answer = await socket.ask({"type": "auth", "id": "1", "token": token})
        assert (answer["type"], answer["code"]) == ("error", "unauthorized")
        assert (await socket.say(place.room, "still here"))["type"] == "ok"


@pytest.mark.parametrize("name", tokens_jwt.BAD)
async def test_a_bad_token_opens_nothing(place: Scene, key: Signer, name: str) -> None:
    """401 with a way in, over HTTP too, in every service."""
    headers = {"authorization": f"Bearer {tokens_jwt.BAD[name](key)}"}
    async with httpx.AsyncClient(base_url=place.stack.url, timeout=30, verify=trust()) as http:
        for path in PATHS:
            answer = await http.get(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_same_token_without_a_fault_opens_all(place: Scene, key: Signer) -> None:
    """So it was the fault here, too."""
    good = {"authorization": f"Bearer {tokens_jwt.GOOD(key)}"}
    async with httpx.AsyncClient(base_url=place.stack.url, timeout=30, verify=trust()) as http:
        for path in PATHS:
            assert (await http.get(path, headers=good)).status_code == 200


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in VIOLATIONS])
async def test_a_violation_ends_the_connection(place: Scene, case: Violation) -> None:
    """With its code, and nothing after it is heard."""
    after = {"type": "send", "id": "1", "room": place.room, "key": "no key", "text": "bad"}
    async with place.witnesses.undisturbed(), ready(place) as peer:
        peer.send(case.sent, masked(TEXT, json.dumps(after).encode()))
        assert (await closed(peer)).code == case.close


async def test_who_says_nothing_is_closed(place: Scene) -> None:
    """4511 after ten seconds, though pongs come; who has said hello may be silent for longer.

    Meanwhile a head that comes byte by byte is cut off too, by the load balancer and past it.
    """
    ports = (place.stack.port, *(place.stack.processes[name].port or 0 for name in SLOW_HEADS))
    async with (
        place.witnesses.undisturbed(SLOW_SECONDS),
        Raw(place.stack.url, place.token) as silent,
        asyncio.TaskGroup() as slow,
    ):
        for port in ports:
            slow.create_task(drip(port))
        began = time.monotonic()  # before the gateway's own count begins
        async with Raw(place.stack.url) as socket:
            assert await socket.close_code() == CloseCode.HELLO_TIMEOUT
        waited = time.monotonic() - began
        assert limits.HELLO_TIMEOUT_SECONDS <= waited < 2 * limits.HELLO_TIMEOUT_SECONDS
        assert (await silent.say(place.room, "still here"))["type"] == "ok"


async def drip(port: int) -> None:
    """Send the head of an upgrade a byte at a time, until the connection is ended.

    Raises:
        TimeoutError: it never is.
    """
    async with connected(port) as peer, asyncio.timeout(SLOW_SECONDS):
        end = asyncio.create_task(peer.reader.read())
        head = itertools.chain(request()[:-4], itertools.repeat(ord("a")))
        while not end.done():
            peer.send(bytes((next(head),)))
            await asyncio.wait((end,), timeout=0.2)
        # Nothing, or a 408: never an answer to what it would have been.
        with suppress(OSError):
            assert b" 101 " not in end.result()


async def test_who_reads_nothing_is_closed(place: Scene) -> None:
    """4001 once 1 MiB waits, while those who read get every message at once."""
    async with (
        httpx.AsyncClient(timeout=30, verify=trust()) as http,
        place.witnesses.undisturbed(SLOW_SECONDS),
        ready(place, receive_bytes=4_096),
        Raw(place.stack.url, place.token) as talker,
    ):
        before = await slow_consumers(http, place.stack)

        async def is_closed() -> bool:
            # Of all texts the one that is longest as JSON: what lies between fills up soonest.
            for _ in range(10):
                assert (await talker.say(place.room, "\x01" * 10_000))["type"] == "ok"
            return await slow_consumers(http, place.stack) == before + 1

        await eventually(is_closed, SLOW_SECONDS)
        assert (await talker.say(place.room, "still here"))["type"] == "ok"


async def slow_consumers(http: httpx.AsyncClient, stack: LocalStack) -> float:
    """How many sockets the gateways have closed with 4001."""
    total = 0.0
    for name in ("gateway-1", "gateway-2"):
        port = stack.processes[name].private_port
        text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
        for line in text.splitlines():
            if line.startswith('parley_gateway_closes_total{code="4001"}'):
                total += float(line.rpartition(" ")[2])
    return total
