"""`parley up --tls`: the same stack by HTTPS and WSS, for clients that trust its own authority."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from parley_sdk import Api, ApiError

from tests.local_stack import LocalStack
from tests.system.conftest import PASSWORD, eventually
from tests.system.raw import Raw
from tests.system.test_bot import BOT

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def tls_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Give a stack that speaks TLS, with one gateway."""
    stack = LocalStack(tmp_path_factory.mktemp("tls") / "data", gateways=1, tls=True)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def ca(tls_stack: LocalStack) -> Path:
    """Give the root certificate, from where the stack says it is."""
    told = tls_stack.status().ca
    assert told is not None
    return Path(told)


async def ask(
    stack: LocalStack, ca: Path, path: str, token: str = "", **body: object
) -> httpx.Response:
    """Ask the stack by HTTPS: GET, or POST where there is something to say."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    tls = ssl.create_default_context(cafile=ca)
    async with httpx.AsyncClient(base_url=stack.url, verify=tls, timeout=30) as http:
        if not body:
            return await http.get(path, headers=headers)
        return await http.post(path, headers=headers, json=body)


async def sign_up(stack: LocalStack, ca: Path, name: str) -> tuple[str, str, str]:
    """Register somebody, and give their id, username and access token."""
    username = f"{name}-{os.urandom(4).hex()}"
    answer = await ask(stack, ca, "/v1/auth/register", username=username, password=PASSWORD)
    assert answer.status_code == 201
    return answer.json()["user"]["id"], username, answer.json()["access_token"]


async def test_a_client_of_the_sdk_talks_by_tls(
    tls_stack: LocalStack, ca: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTPS and WSS, by the variable that every client of OpenSSL knows."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    _, _, token = await sign_up(tls_stack, ca, "ada")
    bot, username, _ = await sign_up(tls_stack, ca, "echo")
    made = await ask(tls_stack, ca, "/v1/rooms", token, kind="public", name="Echo", members=[bot])
    room = made.json()["id"]

    async def online() -> bool:
        seen = await ask(tls_stack, ca, f"/v1/presence?users={bot}", token)
        return bool(seen.json()["presence"][0]["status"] == "online")

    words = (str(BOT), tls_stack.url, username, PASSWORD)
    process = await asyncio.create_subprocess_exec(sys.executable, *words)
    try:
        async with Raw(tls_stack.url, token) as socket:
            await eventually(online, 60)
            await socket.say(room, "hello")
            answer = await socket.until("message", sender=bot)
            assert answer["text"] == "hello"
    finally:
        process.terminate()
        await process.wait()


async def test_the_sdk_refuses_an_authority_it_does_not_trust(tls_stack: LocalStack) -> None:
    """No password is sent to whoever answers."""
    async with Api(tls_stack.url) as api:
        with pytest.raises(ApiError, match=r"(?i)certificate"):
            await api.login("ada", PASSWORD)


async def test_every_answer_binds_to_https(tls_stack: LocalStack, ca: Path) -> None:
    """Pages, interfaces and refusals alike."""
    for path in ("/", "/v1/auth/openapi.json", "/v1/auth/me", "/v1/nothing"):
        answer = await ask(tls_stack, ca, path)
        assert answer.headers["strict-transport-security"] == "max-age=31536000", path


async def test_people_are_told_the_address_and_whom_to_trust(
    tls_stack: LocalStack, ca: Path
) -> None:
    """By `parley up` and by `parley status`; Caddy counts as ready when TLS works."""
    assert tls_stack.status().url == tls_stack.url
    assert f"Parley is ready at {tls_stack.url}" in tls_stack.output
    tls_stack.read_until(f"root certificate {ca}")
    assert tls_stack.processes["caddy"].ready


def test_a_restart_keeps_the_authority(tls_stack: LocalStack, ca: Path) -> None:
    """Whoever trusted it once need not again: Caddy finds its own in the data directory."""
    before = ca.read_bytes()
    _, _, token = asyncio.run(sign_up(tls_stack, ca, "ada"))
    tls_stack.wait_restarted("caddy", tls_stack.kill("caddy"))
    assert ca.read_bytes() == before
    assert asyncio.run(ask(tls_stack, ca, "/v1/auth/me", token)).status_code == 200
