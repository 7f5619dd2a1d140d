"""Whatever ends a session ends its sockets, on every gateway, and its token everywhere."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from tests.local_stack import COMMAND, LocalStack
from tests.system.conftest import PASSWORD, People
from tests.system.raw import Raw
from tests.trust import trust

KICK_SECONDS = 1.0
GUARDED = ("/v1/auth/me", "/v1/rooms", "/v1/presence?users=u", "/v1/media/m")
"""A path of every service that looks at tokens."""
_COUNT = 'parley_gateway_kick_seconds_count{why="revoked"}'
_SUM = 'parley_gateway_kick_seconds_sum{why="revoked"}'


class Session(NamedTuple):
    """One sign-in of somebody, who may be a bot."""

    id: str
    username: str
    sid: str
    token: str
    refresh_token: str | None
    bearer: dict[str, str]


class Place:
    """The stack, as somebody sees it who is signed in there as an admin."""

    def __init__(self, http: httpx.AsyncClient, admin: dict[str, str]) -> None:
        """`admin` is the header that carries their token."""
        self.http = http
        self.admin = admin

    async def ask(
        self,
        method: str,
        path: str,
        form: object = None,
        as_: Session | None = None,
    ) -> Any:  # noqa: ANN401 - any JSON
        """The answer to something that must succeed; asked by the admin, or by a session."""
        headers = self.admin if as_ is None else as_.bearer
        answer = await self.http.request(method, path, json=form, headers=headers)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    async def session(self, username: str = "", password: str = PASSWORD) -> Session:
        """Sign in; without a name make an account first."""
        path = "login" if username else "register"
        form = {"username": username or f"out-{os.urandom(6).hex()}", "password": password}
        return await self._signed_in(await self.ask("POST", f"/v1/auth/{path}", form))

    async def bot(self) -> tuple[Session, str]:
        """A bot that has traded its API token, and the token's id."""
        form = {"username": f"bot-{os.urandom(6).hex()}", "scopes": ["read", "send"]}
        made = await self.ask("POST", "/v1/auth/bots", form)
        headers = {"Authorization": f"Bearer {made['secret']}"}
        answer = await self.http.post("/v1/auth/token", headers=headers)
        return await self._signed_in(answer.json()), made["token"]["id"]

    async def _signed_in(self, told: dict[str, Any]) -> Session:
        token, user = told["access_token"], told["user"]
        bearer = {"Authorization": f"Bearer {token}"}
        sid = ""
        if told["refresh_token"] is not None:
            found = await self.http.get("/v1/auth/sessions", headers=bearer)
            (sid,) = [one["id"] for one in found.json()["sessions"] if one["current"]]
        username = user["username"]
        return Session(user["id"], username, sid, token, told["refresh_token"], bearer)


@pytest.fixture(scope="module")
def root(stack: LocalStack) -> str:
    """Give the username of an admin, who is made as operators make one."""
    name = f"root-{os.urandom(4).hex()}"
    words = [*COMMAND, "admin", "--data", str(stack.data), "create", name, "--admin"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    token = json.loads(done.stdout)["link"]["url"].partition("#")[2]
    form = {"token": token, "password": PASSWORD}
    answer = httpx.post(f"{stack.url}/v1/auth/reset/confirm", json=form)
    assert answer.is_success, answer.text
    return name


@pytest.fixture
async def place(stack: LocalStack, root: str) -> AsyncIterator[Place]:
    """Give the place."""
    async with httpx.AsyncClient(base_url=stack.url, timeout=60, verify=trust()) as http:
        answer = await http.post("/v1/auth/login", json={"username": root, "password": PASSWORD})
        yield Place(http, {"Authorization": f"Bearer {answer.json()['access_token']}"})


Cause = Callable[[], Awaitable[object]]
Story = Callable[[Place], Awaitable[tuple[Session, Cause]]]


async def _signed_out(place: Place) -> tuple[Session, Cause]:
    one = await place.session()
    return one, lambda: place.ask("POST", "/v1/auth/logout", as_=one)


async def _signed_out_by_another_device(place: Place) -> tuple[Session, Cause]:
    other = await place.session()
    one = await place.session(other.username)
    return one, lambda: place.ask("DELETE", f"/v1/auth/sessions/{one.sid}", as_=other)


async def _signed_out_everywhere(place: Place) -> tuple[Session, Cause]:
    other = await place.session()
    one = await place.session(other.username)
    return one, lambda: place.ask("DELETE", "/v1/auth/sessions?all=true", as_=other)


async def _password_changed(place: Place) -> tuple[Session, Cause]:
    other = await place.session()
    one = await place.session(other.username)
    form = {"current": PASSWORD, "new": PASSWORD + " 2"}
    return one, lambda: place.ask("POST", "/v1/auth/password", form, as_=other)


async def _password_chosen_by_a_link(place: Place) -> tuple[Session, Cause]:
    one = await place.session()
    link = await place.ask("POST", f"/v1/auth/admin/users/{one.id}/reset")
    form = {"token": link["url"].partition("#")[2], "password": PASSWORD + " 2"}
    return one, lambda: place.ask("POST", "/v1/auth/reset/confirm", form)


async def _refresh_token_reused(place: Place) -> tuple[Session, Cause]:
    one = await place.session()
    form = {"refresh_token": one.refresh_token}
    await place.ask("POST", "/v1/auth/refresh", form)
    return one, lambda: place.http.post("/v1/auth/refresh", json=form)


async def _left(place: Place) -> tuple[Session, Cause]:
    one = await place.session()
    return one, lambda: place.ask("POST", "/v1/auth/deactivate", {"password": PASSWORD}, as_=one)


async def _disabled(place: Place) -> tuple[Session, Cause]:
    one = await place.session()
    path = f"/v1/auth/admin/users/{one.id}"
    return one, lambda: place.ask("PATCH", path, {"disabled": True})


async def _signed_out_by_an_admin(place: Place) -> tuple[Session, Cause]:
    one = await place.session()
    return one, lambda: place.ask("DELETE", f"/v1/auth/admin/users/{one.id}/sessions")


async def _api_token_revoked(place: Place) -> tuple[Session, Cause]:
    bot, token = await place.bot()
    return bot, lambda: place.ask("DELETE", f"/v1/auth/bots/{bot.id}/tokens/{token}")


async def _bot_disabled(place: Place) -> tuple[Session, Cause]:
    bot, _ = await place.bot()
    path = f"/v1/auth/admin/users/{bot.id}"
    return bot, lambda: place.ask("PATCH", path, {"disabled": True})


STORIES: tuple[Story, ...] = (
    _signed_out,
    _signed_out_by_another_device,
    _signed_out_everywhere,
    _password_changed,
    _password_chosen_by_a_link,
    _refresh_token_reused,
    _left,
    _disabled,
    _signed_out_by_an_admin,
    _api_token_revoked,
    _bot_disabled,
)


async def test_every_end_of_a_session_is_one_everywhere(
    stack: LocalStack, place: Place, gateways: tuple[str, str]
) -> None:
    """4501 on both gateways within a second, mostly far less; no gateway and no service takes the
    token after it; and the gateways say how long it took."""
    before = await _metric(stack, place, _COUNT), await _metric(stack, place, _SUM)
    took = {}
    for story in STORIES:
        session, cause = await story(place)
        async with Raw(gateways[0], session.token) as one, Raw(gateways[1], session.token) as two:
            closed = asyncio.gather(one.close_code(), two.close_code())
            began = time.monotonic()
            await cause()
            assert tuple(await closed) == (4501, 4501), story.__name__
            took[story.__name__] = time.monotonic() - began
        for gateway in gateways:
            assert await _refused(gateway, session.token), story.__name__
        for path in GUARDED:
            answer = await place.http.get(path, headers=session.bearer)
            assert answer.status_code == 401, (story.__name__, path)
    # The middle one: a moment without a processor is nobody's fault. What a password costs to be
    # hashed, in three of them, is in it.
    assert statistics.median(took.values()) < KICK_SECONDS, took
    kicks = await _metric(stack, place, _COUNT) - before[0]
    assert kicks == 2 * len(STORIES)
    assert (await _metric(stack, place, _SUM) - before[1]) / kicks < KICK_SECONDS


async def test_what_ends_nothing_leaves_the_others_alone(
    place: Place, gateways: tuple[str, str]
) -> None:
    """The device by which the password was changed, and somebody else."""
    own, stranger = await place.session(), await place.session()
    other = await place.session(own.username)
    async with (
        Raw(gateways[0], own.token) as here,
        Raw(gateways[1], stranger.token) as beside,
        Raw(gateways[1], other.token) as there,
    ):
        form = {"current": PASSWORD, "new": PASSWORD + " 2"}
        await place.ask("POST", "/v1/auth/password", form, as_=own)
        assert await there.close_code() == 4501
        assert await here.nothing_more() == []
        assert await beside.nothing_more() == []


async def test_a_gateway_that_was_dead_meanwhile_takes_nobody_who_was_signed_out(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """It asks before it takes its first hello; of who was not signed out it takes that."""
    ada, bob = await person("ada"), await person("bob")
    async with Raw(gateways[1], ada.token):
        old = await asyncio.to_thread(stack.kill, "gateway-2")
    await ada.api.logout()
    await asyncio.to_thread(stack.wait_restarted, "gateway-2", old)
    assert await _refused(gateways[1], ada.token)
    async with Raw(gateways[1], bob.token):
        pass


async def _refused(gateway: str, token: str) -> bool:
    async with Raw(gateway) as again:
        await again.send({"type": "hello", "token": token})
        code = await again.close_code()
        return code == 4501 and [frame["type"] for frame in again.seen] == ["error"]


async def _metric(stack: LocalStack, place: Place, name: str) -> float:
    """The sum over both gateways."""
    total = 0.0
    for gateway in ("gateway-1", "gateway-2"):
        port = stack.processes[gateway].private_port
        text = (await place.http.get(f"http://127.0.0.1:{port}/metrics")).text
        total += sum(map(_value, _lines(text, name)))
    return total


def _lines(text: str, name: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line.startswith(f"{name} "))


def _value(line: str) -> float:
    return float(line.rpartition(" ")[2])
