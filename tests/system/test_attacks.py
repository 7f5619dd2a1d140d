"""Attacks on the whole stack, by the way that strangers come: each is met, and nobody else pays."""

from __future__ import annotations

import asyncio
import os
from http import HTTPStatus

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.bad_input.scene import scene
from tests.local_stack import LocalStack
from tests.secrets import secrets_in
from tests.system.conftest import PASSWORD, People
from tests.system.raw import Raw, key
from tests.trust import trust

FLOOD = 200
SLOW_SECONDS = 2.0


async def test_a_foreign_page_opens_no_socket(stack: LocalStack) -> None:
    """403, whatever it says after; a page of ours, and a program, may."""
    url = stack.url.replace("http", "ws", 1) + "/v1/ws"
    for foreign in ("https://evil.example", "null", stack.url + ".evil.example"):
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, additional_headers={"Origin": foreign})
        assert refused.value.response.status_code == HTTPStatus.FORBIDDEN
    async with connect(url, additional_headers={"Origin": stack.url}), connect(url):
        pass


async def test_a_client_does_not_choose_its_address(stack: LocalStack, person: People) -> None:
    """What it writes into the head is not believed, as the list of devices shows."""
    ada = await person("ada")
    form = {"username": ada.username, "password": PASSWORD}
    headers = {
        "X-Forwarded-For": "203.0.113.7, 127.0.0.1",
        "X-Real-IP": "203.0.113.7",
        "Forwarded": "for=203.0.113.7",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
    }
    async with httpx.AsyncClient(base_url=stack.url, verify=trust(), timeout=30) as http:
        answer = await http.post("/v1/auth/login", json=form, headers=headers)
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        found = (await http.get("/v1/auth/sessions", headers=bearer)).json()["sessions"]
    assert {session["address"] for session in found} == {"127.0.0.1"}


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Transfer-Encoding: xchunked\r\nContent-Length: 4",
        "Transfer-Encoding : chunked\r\nContent-Length: 4",
        "Transfer-Encoding: chunked, identity",
        "Content-Length: 4\r\nContent-Length: 40",
        "Content-Length: +4",
        "X: y\r\n Content-Length: 4",
    ],
)
async def test_a_request_is_not_smuggled_in_another_ones_body(
    stack: LocalStack, person: People, head: str
) -> None:
    """Where a proxy and a service could disagree on the end of a body, nothing of it is done."""
    ada, name = await person("ada"), f"smuggled-{os.urandom(4).hex()}"
    body = f'{{"username":"{name}","password":"{PASSWORD}"}}'
    inner = (
        f"POST /v1/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    outer = (
        f"POST /v1/auth/reset HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\n"
        f"Content-Type: application/json\r\n{head}\r\n\r\n0\r\n\r\n{inner}"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.port)
    writer.write(outer.encode())
    async with asyncio.timeout(20):
        first = await reader.readline()
        writer.close()
    status = int(first.split()[1]) if first else 0
    # Two requests one after the other, which a client may send, would be no smuggling; but no
    # answer is a success, and the one inside has made nobody.
    assert status == 0 or 400 <= status < 502
    assert name not in [user.username for user in await ada.api.search_users(name)]


async def test_a_flood_of_sign_ins_does_not_slow_what_people_say(stack: LocalStack) -> None:
    """200 at once, each to another name: every word is heard meanwhile, and none waits long."""
    loop = asyncio.get_running_loop()
    async with (
        scene(stack) as made,
        Raw(stack.url, made.token) as socket,
    ):
        statuses: list[int] = []

        async def attempt(number: int) -> None:
            name = f"flood-{number}-{os.urandom(3).hex()}"
            body = f'{{"username":"{name}","password":"{"x" * 12}"}}'
            reader, writer = await asyncio.open_connection("127.0.0.1", stack.port)
            writer.write(
                f"POST /v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                f"Connection: close\r\n\r\n{body}".encode()
            )
            statuses.append(int((await reader.readline()).split()[1]))
            writer.close()

        async with made.witnesses.undisturbed(120):
            flood = [asyncio.create_task(attempt(number)) for number in range(FLOOD)]
            waits = []
            while not all(task.done() for task in flood):
                began = loop.time()
                answer = await socket.say(made.room, "meanwhile", key=key())
                assert answer["type"] == "ok"
                waits.append(loop.time() - began)
                await asyncio.wait(flood, timeout=0.1)
        assert set(statuses) <= {401, 429, 503}
        assert statuses.count(401) > 0
        assert sorted(waits)[len(waits) * 95 // 100] < SLOW_SECONDS


async def test_no_secret_is_written_down(stack: LocalStack, person: People) -> None:
    """Not even one that comes where it does not belong; the logs are read at the end too."""
    ada = await person("ada")
    async with httpx.AsyncClient(base_url=stack.url, verify=trust(), timeout=30) as http:
        form = {"username": ada.username, "password": PASSWORD}
        signed_in = (await http.post("/v1/auth/login", json=form)).json()
        for path in (
            f"/v1/ws?token={ada.token}",
            f"/v1/rooms/{ada.token}",
            f"/v1/auth/{signed_in['refresh_token']}",
            f"/v1/users?ids={ada.token}",
        ):
            await http.get(path, headers={"Authorization": f"Bearer {ada.token}"})
        bad = {"Authorization": f"Bearer {ada.token}x", "Cookie": f"parley_refresh={ada.token}"}
        await http.get("/v1/auth/me", headers=bad)
        await http.post("/v1/auth/refresh", headers=bad)
        await http.post("/v1/auth/refresh", json={"refresh_token": ada.token})
        await http.post("/v1/auth/login", json={"username": PASSWORD, "password": ada.token})
        await http.post("/v1/auth/token", headers=bad)
    async with Raw(stack.url) as socket:
        await socket.send({"type": "hello", "token": ada.token + "x"})
        assert await socket.close_code() == 4500
    assert secrets_in(stack.data / "logs") == []
