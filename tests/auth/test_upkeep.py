"""What people do to their own account: devices, password, leaving."""

from typing import Any

import httpx
import pytest

from auth.password_cost import Cost
from tests.auth.browser import browser_of
from tests.auth.running import CHEAP, PASSWORD, Running, bearer, problem, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
SESSIONS = "/v1/auth/sessions"
NEW = "battery staple"


async def devices(auth: Running, who: dict[str, Any]) -> list[dict[str, Any]]:
    """The list that somebody is shown, which must be there."""
    answer = await auth.http.get(SESSIONS, headers=bearer(who))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["sessions"]
    return found


async def change(auth: Running, who: dict[str, Any], current: str, new: str) -> httpx.Response:
    """Try to change a password."""
    form = {"current": current, "new": new}
    return await auth.http.post("/v1/auth/password", json=form, headers=bearer(who))


async def is_in(auth: Running, who: dict[str, Any]) -> bool:
    """Whether a session goes on."""
    return (await auth.http.get("/v1/auth/me", headers=bearer(who))).status_code == 200


async def test_the_list_names_each_device_and_this_one(auth: Running) -> None:
    """Client, address and times; the one used last first; nobody else's."""
    await auth.register("bob")
    await auth.register("alice")
    form = {"username": "alice", "password": PASSWORD}
    headers = {"User-Agent": "Tin can 2"}
    second = (await auth.http.post("/v1/auth/login", json=form, headers=headers)).json()
    found = await devices(auth, second)
    assert [each["current"] for each in found] == [True, False]
    assert found[0]["client"] == "Tin can 2"
    assert {each["address"] for each in found} == {"127.0.0.1"}
    assert all(0 < each["created_ms"] <= each["last_used_ms"] for each in found)


async def test_one_device_is_signed_out(auth: Running) -> None:
    """204, and again; it is out, the others are in, and the cookie of this one stays."""
    first, second = await auth.register("alice"), (await auth.login("alice")).json()
    (other,) = [each["id"] for each in await devices(auth, second) if not each["current"]]
    for _ in range(2):
        answer = await auth.http.delete(f"{SESSIONS}/{other}", headers=bearer(second))
        assert (answer.status_code, answer.content) == (204, b"")
        assert "set-cookie" not in answer.headers
    problem(await auth.refresh(first["refresh_token"]), 401, "unauthorized")
    assert (await is_in(auth, first), await is_in(auth, second)) == (False, True)


async def test_nobody_signs_out_somebody_else(auth: Running) -> None:
    """204 as for one that is not there, and nothing happens."""
    alice, bob = await auth.register("alice"), await auth.register("bob")
    (session,) = await devices(auth, alice)
    answer = await auth.http.delete(f"{SESSIONS}/{session['id']}", headers=bearer(bob))
    assert answer.status_code == 204
    assert await is_in(auth, alice)


@pytest.mark.parametrize(("query", "left"), [("", 1), ("?all=false", 1), ("?all=true", 0)])
async def test_all_are_signed_out_but_this_one_or_with_it(
    auth: Running, query: str, left: int
) -> None:
    """With `all=true` this session ends too, and its cookie is cleared."""
    browser = await browser_of(auth.http)
    others = [(await auth.login("alice")).json() for _ in range(2)]
    mine = (await browser.refresh()).json()
    answer = await auth.http.delete(SESSIONS + query, headers=bearer(mine))
    assert answer.status_code == 204
    assert ("set-cookie" in answer.headers) == (left == 0)
    assert [await is_in(auth, each) for each in (mine, *others)] == [left == 1, False, False]


async def test_a_session_that_ended_sees_and_ends_nothing(auth: Running) -> None:
    """401, although its access token still runs."""
    first, second = await auth.register("alice"), (await auth.login("alice")).json()
    await auth.http.delete(SESSIONS, headers=bearer(second))
    gone = bearer(first)
    problem(await auth.http.get(SESSIONS, headers=gone), 401, "unauthorized")
    problem(await auth.http.delete(SESSIONS, headers=gone), 401, "unauthorized")
    problem(await auth.http.delete(f"{SESSIONS}/s_1", headers=gone), 401, "unauthorized")
    problem(await change(auth, first, PASSWORD, NEW), 401, "unauthorized")
    assert await is_in(auth, second)


async def test_a_new_password_counts_at_once_and_signs_out_the_others(auth: Running) -> None:
    """204; the old one is wrong, the new one right, this session goes on."""
    first, second = await auth.register("alice"), (await auth.login("alice")).json()
    assert (await change(auth, second, PASSWORD, NEW)).status_code == 204
    problem(await auth.login("alice", PASSWORD), 401, "unauthorized")
    assert (await auth.login("alice", NEW)).status_code == 200
    assert (await is_in(auth, first), await is_in(auth, second)) == (False, True)
    assert (await auth.refresh(second["refresh_token"])).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("not my password", NEW, "current"),
        ("", NEW, "current"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "Password123", "new"),
        (PASSWORD, "alice-the-great", "new"),
    ],
)
async def test_a_password_that_cannot_be_changed_stays(
    auth: Running, current: str, new: str, field: str
) -> None:
    """400 `invalid` with the field: 401 would send the client for a fresh token."""
    who = await auth.register("alice-the-great")
    assert problem(await change(auth, who, current, new), 400, "invalid")["field"] == field
    assert (await auth.login("alice-the-great")).status_code == 200


@pytest.mark.parametrize("common", ["password", "PassWord1", "12345678", "iloveyou"])
async def test_the_commonest_passwords_are_refused(auth: Running, common: str) -> None:
    """400 `invalid` when an account is made, in any case."""
    form = {"username": "alice", "password": common}
    answer = await auth.http.post("/v1/auth/register", json=form)
    assert problem(answer, 400, "invalid")["field"] == "password"


async def test_who_leaves_is_out_and_cannot_come_back(auth: Running) -> None:
    """204; every session ends, the right password is told why, a wrong one is just wrong."""
    first, second = await auth.register("alice"), (await auth.login("alice")).json()
    path, bob = "/v1/auth/deactivate", await auth.register("bob")
    answer = await auth.http.post(path, json={"password": "not mine"}, headers=bearer(first))
    assert problem(answer, 400, "invalid")["field"] == "password"
    assert await is_in(auth, first)
    answer = await auth.http.post(path, json={"password": PASSWORD}, headers=bearer(first))
    assert answer.status_code == 204
    assert (await is_in(auth, first), await is_in(auth, second)) == (False, False)
    problem(await auth.refresh(second["refresh_token"]), 401, "unauthorized")
    problem(await auth.login("alice"), 403, "forbidden")
    problem(await auth.login("alice", "not mine"), 401, "unauthorized")
    found = await auth.http.get("/v1/users/search?q=alice", headers=bearer(bob))
    assert found.json() == {"users": []}
    named = await auth.http.get(f"/v1/users?ids={first['user']['id']}", headers=bearer(bob))
    assert named.json() == {"users": [first["user"]]}


async def test_a_password_hashed_cheaper_is_hashed_anew_when_it_is_used(
    auth: Running, nats_url: str
) -> None:
    """After the cost was raised: at the next login, and it goes on matching."""
    await auth.register("alice")
    dearer = Cost(memory_kib=16, passes=2, lanes=1)
    url = auth.auth.settings.postgres_url
    stored = "SELECT password_hash FROM accounts WHERE username = 'alice'"
    async with running(url, nats_url, dearer) as newer:
        assert f"$m={CHEAP.memory_kib},t=1,p=1$" in await auth.auth.pool.fetchval(stored)
        assert (await newer.login("alice")).status_code == 200
        encoded = await auth.auth.pool.fetchval(stored)
        assert "$m=16,t=2,p=1$" in encoded
        assert (await newer.login("alice")).status_code == 200
        assert await auth.auth.pool.fetchval(stored) == encoded
