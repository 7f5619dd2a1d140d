"""Refreshing over HTTP: rotation, reuse, races, and running out."""

import asyncio

import jwt
import pytest

from tests.auth.running import Running, bearer, grown, problem

NEVER = "r_" + "A" * 86
pytestmark = pytest.mark.asyncio(loop_scope="module")


def sid(body: dict[str, str]) -> str:
    """The session of an access token."""
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    return str(claims["sid"])


async def test_each_token_gives_the_next_in_the_same_session(auth: Running) -> None:
    """200 with fresh tokens; the session id stays, the refresh token changes."""
    body = await auth.register("alice")
    seen = {body["refresh_token"]}
    for _ in range(3):
        answer = await auth.refresh(body["refresh_token"])
        assert answer.status_code == 200
        assert sid(answer.json()) == sid(body)
        assert answer.json()["user"] == body["user"]
        body = answer.json()
        seen.add(body["refresh_token"])
    assert len(seen) == 4
    assert (await auth.http.get("/v1/auth/me", headers=bearer(body))).status_code == 200


async def test_reuse_of_an_old_token_ends_the_family(auth: Running) -> None:
    """401 to whoever comes second, and the tokens of the other one are dead too."""
    body = await auth.register("alice")
    following = (await auth.refresh(body["refresh_token"])).json()
    problem(await auth.refresh(body["refresh_token"]), 401, "unauthorized")
    problem(await auth.refresh(following["refresh_token"]), 401, "unauthorized")
    problem(await auth.http.get("/v1/auth/me", headers=bearer(following)), 401, "unauthorized")


async def test_reuse_long_ago_counts_too(auth: Running) -> None:
    """Any earlier token of the family, not just the last one."""
    first = body = await auth.register("alice")
    for _ in range(4):
        body = (await auth.refresh(body["refresh_token"])).json()
    problem(await auth.refresh(first["refresh_token"]), 401, "unauthorized")
    problem(await auth.refresh(body["refresh_token"]), 401, "unauthorized")


async def test_other_sessions_of_the_user_go_on(auth: Running) -> None:
    """A stolen token costs its own session alone."""
    stolen, other = await auth.register("alice"), (await auth.login("alice")).json()
    await auth.refresh(stolen["refresh_token"])
    await auth.refresh(stolen["refresh_token"])
    assert (await auth.refresh(other["refresh_token"])).status_code == 200


async def test_of_two_that_race_with_one_token_one_wins_and_the_family_ends(
    auth: Running,
) -> None:
    """Never two next tokens: the loser counts as reuse, so the winner's is dead as well."""
    for round_ in range(5):
        body = await auth.register(f"racer{round_}")
        answers = await asyncio.gather(*(auth.refresh(body["refresh_token"]) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
        winner = next(answer for answer in answers if answer.status_code == 200).json()
        problem(await auth.refresh(winner["refresh_token"]), 401, "unauthorized")


@pytest.mark.parametrize("token", ["", "r_", NEVER, "\x00", "x" * 10_000, "r_' OR 1=1 --"])
async def test_a_token_that_never_was_is_refused(auth: Running, token: str) -> None:
    """401 in the same words as for any other reason."""
    problem(await auth.refresh(token), 401, "unauthorized")


async def test_an_access_token_is_no_refresh_token_and_the_other_way_round(auth: Running) -> None:
    """Each opens its own door only."""
    body = await auth.register("alice")
    problem(await auth.refresh(body["access_token"]), 401, "unauthorized")
    swapped = {"Authorization": f"Bearer {body['refresh_token']}"}
    problem(await auth.http.get("/v1/auth/me", headers=swapped), 401, "unauthorized")


async def test_all_refusals_have_the_same_words(auth: Running) -> None:
    """Reused, ended, unknown: a thief learns nothing."""
    body = await auth.register("alice")
    following = (await auth.refresh(body["refresh_token"])).json()
    answers = [
        await auth.refresh(token)
        for token in (body["refresh_token"], following["refresh_token"], NEVER, "rubbish")
    ]
    assert len({answer.json()["detail"] for answer in answers}) == 1


async def test_a_session_that_was_not_used_runs_out(auth: Running) -> None:
    """After PARLEY_REFRESH_DAYS without a refresh; each use starts the time anew."""
    body = await auth.register("alice")
    until = await auth.auth.pool.fetchval("SELECT expires_ms - last_used_ms FROM sessions")
    assert until == 30 * 86_400_000
    await auth.auth.pool.execute("UPDATE sessions SET expires_ms = last_used_ms + 60000")
    body = (await auth.refresh(body["refresh_token"])).json()
    again = await auth.auth.pool.fetchval("SELECT expires_ms - last_used_ms FROM sessions")
    assert again == until
    await auth.auth.pool.execute("UPDATE sessions SET expires_ms = last_used_ms")
    problem(await auth.refresh(body["refresh_token"]), 401, "unauthorized")


async def test_outcomes_are_counted(auth: Running) -> None:
    """`parley_auth_refreshes_total` by outcome: reuse is what an operator wants to see."""
    names = ("rotated", "reused", "ended", "unknown")
    before = await auth.outcomes("refreshes_total", names)
    body = await auth.register("alice")
    for token in (body["refresh_token"], body["refresh_token"], body["refresh_token"], NEVER):
        await auth.refresh(token)
    after = await auth.outcomes("refreshes_total", names)
    assert grown(before, after) == dict.fromkeys(names, 1)
