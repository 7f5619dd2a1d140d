"""Signing in with a password, and what it must not tell."""

import pytest

from services.problem import Unavailable
from tests.auth.running import PASSWORD, Running, bearer, grown, problem

HASHES = "hash_seconds_count"
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_right_password_signs_in(auth: Running) -> None:
    """200 with the same user, in a session of its own."""
    first = await auth.register("alice")
    answer = await auth.login("ALICE")
    assert answer.status_code == 200
    assert answer.json()["user"] == first["user"]
    assert answer.json()["refresh_token"] != first["refresh_token"]


async def test_an_accent_may_be_typed_either_way(auth: Running) -> None:
    """Composed on one keyboard, decomposed on another: the same password."""
    await auth.register("alice", password="p\u00e4ssword")
    assert (await auth.login("alice", "pa\u0308ssword")).status_code == 200


async def test_a_nul_in_a_password_ends_nothing(auth: Running) -> None:
    """What follows it counts."""
    await auth.register("alice", password="12345678\x00secret")
    assert (await auth.login("alice", "12345678\x00secret")).status_code == 200
    assert (await auth.login("alice", "12345678\x00other!")).status_code == 401


@pytest.mark.parametrize("name", ["nobody", "not a name", "", "nul\x00", "x" * 5_000])
async def test_an_unknown_name_is_answered_like_a_wrong_password(auth: Running, name: str) -> None:
    """The same words, and the same work: a password is hashed either way."""
    await auth.register("alice")
    before = await auth.metric(HASHES)
    wrong = problem(await auth.login("alice", "wrong password"), 401, "unauthorized")
    between = await auth.metric(HASHES)
    unknown = problem(await auth.login(name, "wrong password"), 401, "unauthorized")
    after = await auth.metric(HASHES)
    del wrong["request_id"], unknown["request_id"]
    assert unknown == wrong
    assert after - between == between - before == 1


async def test_a_password_nobody_can_have_is_just_wrong(auth: Running) -> None:
    """Too short or too long: the same 401, whether the name exists or not."""
    await auth.register("alice")
    for name in ("alice", "nobody"):
        for password in ("", "short", "x" * 300):
            problem(await auth.login(name, password), 401, "unauthorized")


async def test_a_rush_is_counted_apart_from_wrong_passwords(
    auth: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, not 401: it is not known whether the password is right."""
    names = ("busy", "refused", "ok")
    before = await auth.outcomes("logins_total", names)
    await auth.register("alice")
    with monkeypatch.context() as full:
        full.setattr(auth.auth.passwords, "_most", 0)
        problem(await auth.login("alice"), 503, "unavailable")
    await auth.login("alice", "wrong password")
    await auth.login("alice")
    after = await auth.outcomes("logins_total", names)
    assert grown(before, after) == {"busy": 1, "refused": 1, "ok": 1}


async def test_who_is_in_is_not_sent_away_by_a_rush(
    auth: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hash at another cost is made anew next time, where there is no room for it now."""
    await auth.register("alice")
    passwords = auth.auth.passwords

    async def full(_password: bytes) -> str:
        raise Unavailable("as asked")

    stored = "SELECT password_hash FROM accounts"
    before = await auth.auth.pool.fetchval(stored)
    with monkeypatch.context() as raised:
        raised.setattr(passwords, "is_stale", lambda _encoded: True)
        raised.setattr(passwords, "hash", full)
        assert (await auth.login("alice")).status_code == 200
        assert await auth.auth.pool.fetchval(stored) == before
        raised.setattr(passwords, "hash", type(passwords).hash.__get__(passwords))
        assert (await auth.login("alice")).status_code == 200
    assert await auth.auth.pool.fetchval(stored) != before


async def test_the_session_knows_its_device_cut_to_size(auth: Running) -> None:
    """User-Agent and address are kept for the list of sessions, bounded and printable."""
    await auth.register("alice")
    form = {"username": "alice", "password": PASSWORD}
    headers = {"User-Agent": "x" * 1_000}
    assert (await auth.http.post("/v1/auth/login", json=form, headers=headers)).status_code == 200
    rows = await auth.auth.pool.fetch("SELECT client, address FROM sessions ORDER BY created_ms")
    assert rows[1]["client"] == "x" * 128
    assert rows[1]["address"] == "127.0.0.1"


async def test_above_the_most_sessions_the_least_used_one_ends(
    auth: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signing in for ever does not fill the table: the oldest is signed out."""
    monkeypatch.setattr("auth.session.SESSIONS_PER_USER", 2)
    first = await auth.register("alice")
    second, third = [(await auth.login("alice")).json() for _ in range(2)]
    problem(await auth.refresh(first["refresh_token"]), 401, "unauthorized")
    problem(await auth.http.get("/v1/auth/me", headers=bearer(first)), 401, "unauthorized")
    for body in (second, third):
        assert (await auth.refresh(body["refresh_token"])).status_code == 200
