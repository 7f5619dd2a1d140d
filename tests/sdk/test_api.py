"""The HTTP interface against a real server: what is asked, and what an answer becomes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from parley_sdk import Api, ApiError, FixedToken

from proto import shapes
from tests.proto.vectors import load
from tests.sdk.invite_calls import INVITE_CALLS
from tests.sdk.peer_uvicorn import HttpPeer, http_peer
from tests.sdk.push_calls import PUSH_CALLS
from tests.sdk.webhook_calls import WEBHOOK_CALLS

USER = {"id": "u1", "username": "ada", "display_name": "Ada"}
ROOM = {"id": "r1", "kind": "public", "name": "General"}
OWN_BAN = {"reason": "loud", "until_ms": None}
SANCTION = {"user": USER, "by": USER, "reason": "spam", "until_ms": None, "created_ms": 5}
DEED = {"ts": 5, "by": USER, "action": "member.role", "user": USER, "detail": {"role": "owner"}}
HERE = {"room": "r1", "members": 300, "online": 12}
SETTLED = {"receipts": False, "direct": "all"}
MESSAGE = load("valid", "log")[0]["frame"]


def signed_in(number: int = 1, expires_in: int = 900) -> dict[str, Any]:
    """Give the answer to a login."""
    return {
        "user": USER,
        "access_token": f"access-{number}",
        "refresh_token": f"refresh-{number}",
        "expires_in": expires_in,
    }


def problem(status: int, code: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Give a problem document."""
    return {
        "type": "about:blank",
        "title": code,
        "status": status,
        "code": code,
        "detail": "no",
    } | fields


@pytest.fixture
async def server() -> AsyncIterator[HttpPeer]:
    """Give the server."""
    async with http_peer() as peer:
        yield peer


@pytest.fixture
async def api(server: HttpPeer) -> AsyncIterator[Api]:
    """Give an Api that is signed in by a token."""
    async with Api(server.url + "/", FixedToken("token")) as api:
        yield api


CALLS: list[tuple[str, str, object, object, Callable[[Api], Awaitable[object]]]] = [
    ("GET /v1/auth/me", "", None, USER, lambda api: api.me()),
    (
        "PATCH /v1/auth/me",
        "",
        {"display_name": "Ada L."},
        USER,
        lambda api: api.set_display_name("Ada L."),
    ),
    ("POST /v1/auth/logout", "", None, None, lambda api: api.logout()),
    ("GET /v1/users", "ids=u1%2Cu2", None, {"users": [USER]}, lambda api: api.users(["u1", "u2"])),
    (
        "GET /v1/users/search",
        "q=a%26d&limit=5",
        None,
        {"users": [USER]},
        lambda api: api.search_users("a&d", limit=5),
    ),
    (
        "POST /v1/rooms",
        "",
        {"kind": "public", "name": "General", "topic": None, "members": ["u2"]},
        ROOM,
        lambda api: api.create_room("public", "General", members=["u2"]),
    ),
    ("GET /v1/rooms", "limit=5", None, {"rooms": [ROOM]}, lambda api: api.my_rooms(limit=5)),
    (
        "GET /v1/rooms/public",
        "q=gen&cursor=c",
        None,
        {"rooms": [ROOM], "next": "d"},
        lambda api: api.public_rooms("gen", cursor="c"),
    ),
    ("GET /v1/rooms/public", "", None, {"rooms": []}, lambda api: api.public_rooms()),
    ("GET /v1/rooms/r%2F1", "", None, ROOM, lambda api: api.room("r/1")),
    (
        "PATCH /v1/rooms/r1",
        "",
        {"topic": "news"},
        ROOM,
        lambda api: api.update_room("r1", topic="news"),
    ),
    (
        "PATCH /v1/rooms/r1",
        "",
        {"name": "News"},
        ROOM,
        lambda api: api.update_room("r1", name="News"),
    ),
    (
        "PATCH /v1/rooms/r1",
        "",
        {"picture": "m1"},
        ROOM,
        lambda api: api.update_room("r1", picture="m1"),
    ),
    (
        "PATCH /v1/rooms/r1",
        "",
        {"picture": None},
        ROOM,
        lambda api: api.update_room("r1", picture=None),
    ),
    ("DELETE /v1/rooms/r1", "", None, None, lambda api: api.delete_room("r1")),
    ("POST /v1/rooms/r1/join", "", None, ROOM, lambda api: api.join("r1")),
    ("POST /v1/rooms/r1/leave", "", None, None, lambda api: api.leave("r1")),
    (
        "GET /v1/rooms/r1/members",
        "limit=2",
        None,
        {"members": [{"user": USER, "role": "owner", "joined_ms": 5}]},
        lambda api: api.members("r1", limit=2),
    ),
    (
        "POST /v1/rooms/r1/members",
        "",
        {"user": "u2", "role": "moderator"},
        {"user": USER, "role": "moderator", "joined_ms": 5},
        lambda api: api.add_member("r1", "u2", "moderator"),
    ),
    (
        "PATCH /v1/rooms/r1/members/u2",
        "",
        {"role": "owner"},
        {"user": USER, "role": "owner", "joined_ms": 5},
        lambda api: api.set_role("r1", "u2", "owner"),
    ),
    ("DELETE /v1/rooms/r1/members/u2", "", None, None, lambda api: api.remove_member("r1", "u2")),
    (
        "GET /v1/rooms/r1/messages",
        "before=9&limit=5",
        None,
        {"messages": [MESSAGE], "more": True, "as_of_seq": 17},
        lambda api: api.messages("r1", before=9, limit=5),
    ),
    (
        "PATCH /v1/rooms/r1",
        "",
        {"slow_mode_seconds": 30, "archived": False},
        ROOM,
        lambda api: api.update_room("r1", slow_mode_seconds=30, archived=False),
    ),
    (
        "PUT /v1/rooms/r1/bans/u2",
        "",
        {"reason": "spam", "until_ms": 9},
        None,
        lambda api: api.ban("r1", "u2", until_ms=9, reason="spam"),
    ),
    ("DELETE /v1/rooms/r1/bans/u2", "", None, None, lambda api: api.unban("r1", "u2")),
    (
        "GET /v1/rooms/r1/bans",
        "limit=2",
        None,
        {"bans": [SANCTION], "next": "c"},
        lambda api: api.bans("r1", limit=2),
    ),
    ("GET /v1/rooms/r1/bans/me", "", None, OWN_BAN, lambda api: api.own_ban("r1")),
    (
        "PUT /v1/rooms/r1/mutes/u2",
        "",
        {"reason": "", "until_ms": None},
        None,
        lambda api: api.mute("r1", "u2"),
    ),
    ("DELETE /v1/rooms/r1/mutes/u2", "", None, None, lambda api: api.unmute("r1", "u2")),
    ("GET /v1/rooms/r1/mutes", "", None, {"mutes": [SANCTION]}, lambda api: api.mutes("r1")),
    *INVITE_CALLS,
    *WEBHOOK_CALLS,
    (
        "GET /v1/rooms/r1/receipts",
        "",
        None,
        {"receipts": [{"user": "u2", "read_seq": 5}]},
        lambda api: api.receipts("r1"),
    ),
    ("GET /v1/settings", "", None, SETTLED, lambda api: api.settings()),
    (
        "PATCH /v1/settings",
        "",
        {"receipts": False, "presence": False, "custom_status": None},
        SETTLED,
        lambda api: api.settle(receipts=False, presence=False, custom_status=None),
    ),
    ("PATCH /v1/settings", "", {"direct": "all"}, SETTLED, lambda api: api.settle(direct="all")),
    ("GET /v1/blocks", "", None, {"users": [USER]}, lambda api: api.blocks()),
    ("PUT /v1/blocks/u2", "", None, None, lambda api: api.block("u2")),
    ("DELETE /v1/blocks/u2", "", None, None, lambda api: api.unblock("u2")),
    *PUSH_CALLS,
    (
        "GET /v1/rooms/r1/audit",
        "cursor=c",
        None,
        {"entries": [DEED]},
        lambda api: api.audit("r1", cursor="c"),
    ),
    (
        "GET /v1/search",
        "q=tea+%26+cake&room=r1&sender=u2&before=9&limit=5",
        None,
        {"hits": [{"room": "r1", "message": MESSAGE, "highlights": [[0, 2]]}], "next": "more"},
        lambda api: api.search("tea & cake", room="r1", sender="u2", before=9, limit=5),
    ),
    (
        "PUT /v1/rooms/r1/read",
        "",
        {"seq": 5, "back": True},
        {"read_seq": 5, "unread": 2, "mentions": 0},
        lambda api: api.read("r1", 5, back=True),
    ),
    (
        "PUT /v1/rooms/r1/preferences",
        "",
        {"muted": True},
        {"muted": True, "notify": "all", "favourite": False},
        lambda api: api.prefer("r1", muted=True),
    ),
    (
        "PUT /v1/rooms/r1/preferences",
        "",
        {"notify": "none", "favourite": False},
        {"muted": True, "notify": "none", "favourite": False},
        lambda api: api.prefer("r1", notify="none", favourite=False),
    ),
    (
        "GET /v1/presence",
        "users=u1",
        None,
        {"presence": [{"user": "u1", "status": "idle", "last_seen_ms": None}]},
        lambda api: api.presence(["u1"]),
    ),
    ("GET /v1/presence/rooms/r1", "", None, HERE, lambda api: api.room_presence("r1")),
]


@pytest.mark.parametrize(
    ("line", "query", "body", "answer", "call"), CALLS, ids=[call[0] for call in CALLS]
)
async def test_calls(
    server: HttpPeer,
    api: Api,
    line: str,
    query: str,
    body: object,
    answer: object,
    call: Callable[[Api], Awaitable[object]],
) -> None:
    """Each call asks what protocol.md §8 says, as the user, and gives the answer typed."""
    server.then(answer, 204 if answer is None else 200)
    given = await call(api)
    (asked,) = server.asked
    assert f"{asked.method} {asked.path}" == line
    assert (asked.query, asked.body, asked.token) == (query, body, "Bearer token")
    assert not isinstance(given, dict)


async def test_signing_in(server: HttpPeer) -> None:
    """Register and login sign in: later calls carry the token, which `tokens` has too."""
    server.then(signed_in(1), 201)
    server.then(signed_in(2))
    server.then(USER)
    async with Api(server.url) as api:
        with pytest.raises(ApiError, match="sign in first"):
            await api.me()
        await api.register("ada", "correct horse", "Ada")
        assert (await api.login("ada", "correct horse")).user.username == "ada"
        assert await api.me() == shapes.User(id="u1", username="ada", display_name="Ada")
        assert await api.tokens.access() == "access-2"
    ada = {"username": "ada", "password": "correct horse", "cookie": False}
    new = {**ada, "display_name": "Ada", "invitation": None}
    assert [asked.body for asked in server.asked[:2]] == [new, ada]
    assert [asked.token for asked in server.asked] == [None, None, "Bearer access-2"]


async def test_signing_out(server: HttpPeer) -> None:
    """After a logout nobody is signed in."""
    server.then(signed_in())
    server.then(None, 204)
    async with Api(server.url) as api:
        await api.login("ada", "correct horse")
        await api.logout()
        with pytest.raises(ApiError) as nobody:
            _ = api.tokens
    assert nobody.value.code == "unauthorized"


async def test_a_kept_refresh_token(server: HttpPeer) -> None:
    """A session goes on from its refresh token."""
    server.then(signed_in(5))
    async with Api(server.url) as api:
        await api.resume("refresh-4")
        assert await api.tokens.access() == "access-5"
    assert server.asked[0].body == {"refresh_token": "refresh-4"}


async def test_a_bot_trades_its_api_token_as_often_as_needed(server: HttpPeer) -> None:
    """At the sign-in, near the end of what that brought, and when that is turned down."""
    bot = signed_in(1, expires_in=30) | {"refresh_token": None}
    server.then(bot)
    server.then(signed_in(2) | {"refresh_token": None})
    server.then(problem(401, "unauthorized"), 401)
    server.then(problem(401, "unauthorized"), 401)
    async with Api(server.url) as api:
        await api.login_bot("parley_bot_x")
        with pytest.raises(ApiError) as voided:
            await api.me()
    assert voided.value.code == "unauthorized"
    used = [(asked.path.removeprefix("/v1/auth/"), asked.token) for asked in server.asked]
    api_token = ("token", "Bearer parley_bot_x")
    assert used == [api_token, api_token, ("me", "Bearer access-2"), api_token]


async def test_a_token_near_its_end_is_refreshed_once(server: HttpPeer) -> None:
    """Many calls at once near the token's end cost one refresh."""
    server.then(signed_in(1, expires_in=30))
    server.then(signed_in(2))
    for _ in range(5):
        server.then(USER)
    async with Api(server.url) as api:
        await api.login("ada", "correct horse")
        await asyncio.gather(*(api.me() for _ in range(5)))
    assert [asked.path for asked in server.asked].count("/v1/auth/refresh") == 1
    assert {asked.token for asked in server.asked[2:]} == {"Bearer access-2"}


async def test_a_token_turned_down_is_refreshed_and_tried_again(server: HttpPeer) -> None:
    """A 401 costs one refresh and one more try."""
    server.then(signed_in(1))
    server.then(problem(401, "unauthorized"), 401)
    server.then(signed_in(2))
    server.then(USER)
    async with Api(server.url) as api:
        await api.login("ada", "correct horse")
        assert (await api.me()).id == "u1"
    used = [asked.token for asked in server.asked if asked.path == "/v1/auth/me"]
    assert used == ["Bearer access-1", "Bearer access-2"]


async def test_a_fixed_token_turned_down_is_told(server: HttpPeer, api: Api) -> None:
    """A token that cannot be refreshed is not tried twice."""
    server.then(problem(401, "unauthorized"), 401)
    with pytest.raises(ApiError) as failed:
        await api.me()
    assert (failed.value.code, failed.value.status) == ("unauthorized", 401)


async def test_cancelling_a_refresh_harms_nobody(server: HttpPeer) -> None:
    """A cancelled caller leaves the refresh to the others."""
    server.then(signed_in(1, expires_in=30))
    server.then(signed_in(2))
    async with Api(server.url) as api:
        await api.login("ada", "correct horse")
        first = asyncio.create_task(api.tokens.access())
        second = asyncio.create_task(api.tokens.access())
        await asyncio.sleep(0)
        first.cancel()
        assert await second == "access-2"
        assert (api.tokens.expires_in_seconds() or 0) > 800


async def test_problems_are_errors(server: HttpPeer, api: Api) -> None:
    """A problem document becomes an error with all it says."""
    server.then(problem(400, "invalid", field="name", retry_after_ms=5), 400)
    with pytest.raises(ApiError, match=r"invalid: no \(name\)") as failed:
        await api.create_room("public", "")
    error = failed.value
    assert (error.code, error.status, error.detail) == ("invalid", 400, "no")
    assert (error.field, error.retry_after_ms) == ("name", 5)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_frame"),
        (404, "not_found"),
        (413, "too_large"),
        (418, "internal"),
        (429, "rate_limited"),
        (502, "unavailable"),
        (503, "unavailable"),
        (504, "timeout"),
    ],
)
async def test_answers_of_proxies_are_errors(
    server: HttpPeer, api: Api, status: int, code: str
) -> None:
    """An error that is no problem document gets the code of its status, and its Retry-After."""
    server.then(b"<html>", status, Retry_After="7")
    with pytest.raises(ApiError) as failed:
        await api.me()
    assert (failed.value.code, failed.value.status) == (code, status)
    assert failed.value.retry_after_ms == 7000


async def test_an_odd_retry_after_is_ignored(server: HttpPeer, api: Api) -> None:
    """A date, or nonsense, in Retry-After is no wait."""
    server.then(json.loads("null"), 503, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT")
    with pytest.raises(ApiError) as failed:
        await api.me()
    assert failed.value.retry_after_ms is None


async def test_an_unreadable_answer(server: HttpPeer, api: Api) -> None:
    """A success that is not of the protocol is an error of its own."""
    server.then({"nonsense": 1})
    with pytest.raises(ApiError, match="unreadable"):
        await api.me()


async def test_nobody_there(unused_tcp_port: int) -> None:
    """When nobody answers, it is not known whether the call was carried out: status 0."""
    async with Api(f"http://127.0.0.1:{unused_tcp_port}", FixedToken("token")) as api:
        with pytest.raises(ApiError) as failed:
            await api.me()
    assert (failed.value.code, failed.value.status) == ("unavailable", 0)


async def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes too long is given up."""
    monkeypatch.setattr("parley_sdk.caller_httpx.TIMEOUT_SECONDS", 0.05)
    done = asyncio.Event()

    async def slow(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await done.wait()
        writer.close()

    async with await asyncio.start_server(slow, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        async with Api(f"http://127.0.0.1:{port}", FixedToken("token")) as api:
            with pytest.raises(ApiError) as failed:
                await api.me()
        done.set()
    assert failed.value.code == "timeout"


async def test_https_trusts_the_systems_authorities() -> None:
    """An https address gets certificate checks; the store is read once for all."""
    async with Api("https://127.0.0.1:9"), Api("https://127.0.0.1:9") as api:
        assert api.url == "https://127.0.0.1:9"


async def test_new_pairs_are_told(server: HttpPeer) -> None:
    """Who keeps the refresh token is told of each new pair, for the old one is dead."""
    from parley_sdk import Tokens

    kept: list[str | None] = []

    async def refresh(_token: str) -> shapes.SignedIn:
        return shapes.SignedIn(shapes.User("u1", "ada", "Ada"), "a2", "f2", 900)

    first = shapes.SignedIn(shapes.User("u1", "ada", "Ada"), "a1", "f1", 900)
    tokens = Tokens(first, refresh, on_change=lambda pair: kept.append(pair.refresh_token))
    assert await tokens.access() == "a1"
    assert await tokens.access(fresh=True) == "a2"
    assert kept == ["f2"]


async def test_a_session_that_lives_in_a_cookie_is_not_renewed_here() -> None:
    """No refresh token, no refresh: that is said, and nobody is asked."""
    from parley_sdk import Tokens

    asked: list[str] = []

    async def refresh(token: str) -> shapes.SignedIn:
        asked.append(token)
        raise AssertionError

    tokens = Tokens(shapes.SignedIn(shapes.User("u1", "ada", "Ada"), "a1", None, 900), refresh)
    assert await tokens.access() == "a1"
    with pytest.raises(ApiError) as refused:
        await tokens.access(fresh=True)
    assert refused.value.code == "unauthorized"
    assert asked == []
