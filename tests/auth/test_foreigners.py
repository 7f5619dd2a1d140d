"""People of a trusted issuer: their tokens are taken as they are, accounts made on the way."""

import time
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
import pytest_asyncio

from proto import subjects
from proto.calls import AdmitCall, Failure
from services.guard import Claims, Unauthorized
from services.issuers import parse
from services.tokens_jwt import Guard
from services.trust import Trust, by_bus
from tests.auth.admins import admin_of, ask, command
from tests.auth.application_jwt import URL, forged, setting, token
from tests.auth.running import CHEAP, ISSUER, Running, problem, running
from tests.databases_postgres import fresh_database
from tests.servers import Servers

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def replica(servers: Servers) -> AsyncIterator[Running]:
    """Give a replica that trusts the application."""
    async with (
        fresh_database(servers.postgres_url) as url,
        running(url, servers.nats_url, CHEAP, PARLEY_ISSUERS=setting()) as started,
    ):
        yield started


async def me(auth: Running, foreign: str) -> httpx.Response:
    """Ask auth who one is, by a token of the application."""
    return await auth.http.get("/v1/auth/me", headers={"Authorization": f"Bearer {foreign}"})


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_a_token_of_the_application_is_taken_as_it_is(auth: Running, algorithm: str) -> None:
    """The account is there after the first request, once, with the names that the token says."""
    foreign = token("42", algorithm, preferred_username="Ann", name="Ann of the choir")
    first = await me(auth, foreign)
    assert first.status_code == 200, first.text
    user = first.json()
    assert (user["username"], user["display_name"]) == ("ann", "Ann of the choir")
    again = token("42", algorithm, preferred_username="other", name="Ann B.")
    assert (await me(auth, again)).json() == {**user, "display_name": "Ann B."}
    problem(await auth.login("ann", ""), 401, "unauthorized")


async def test_a_username_that_is_taken_gets_a_number_and_a_bad_one_is_made(
    auth: Running,
) -> None:
    """Nobody comes into somebody else's account by a name."""
    await auth.register("ann")
    assert (await me(auth, token("1", preferred_username="ann"))).json()["username"] == "ann-2"
    assert (await me(auth, token("2", preferred_username="ann"))).json()["username"] == "ann-3"
    made = (await me(auth, token("3", preferred_username="!"))).json()
    assert made["username"].startswith("user-")
    assert made["display_name"] == made["username"]


@pytest.mark.parametrize(
    "bad",
    [
        forged("1"),
        token("1", aud="mail"),
        token("1", iss="https://evil.example"),
        token("1", exp=int(time.time()) - 60),
        token("1", exp=None),
        token("1", nbf=int(time.time()) + 600),
        token("", sub=None),
        token("1")[:-6] + "AAAAAA",
        token("1", iss=ISSUER, aud="parley", sid="s_1"),
    ],
)
async def test_a_token_that_is_not_good_makes_no_account(auth: Running, bad: str) -> None:
    """Whatever is wrong with it; an application does not sign in our issuer's name either."""
    problem(await me(auth, bad), 401, "unauthorized")
    assert await auth.auth.pool.fetchval("SELECT count(*) FROM accounts") == 0


async def test_another_service_asks_auth_once(auth: Running) -> None:
    """Over NATS; a token that it finds bad, or whose account is disabled, is none."""
    bus = auth.auth.bus
    own = Guard(issuer=ISSUER, jwks=auth.auth.ring.jwks)
    trust = Trust(own, parse(setting()), by_bus(bus))
    foreign = token("7", preferred_username="gus", name="Gus")
    claims = await trust.check(foreign)
    assert (claims.username, claims.name, claims.issuer) == ("gus", "Gus", URL)
    await auth.auth.pool.execute("DELETE FROM accounts WHERE username = 'gus'")
    assert await trust.check(foreign) == claims
    signed_in = await auth.register("alice")
    assert (await trust.check(signed_in["access_token"])).username == "alice"
    raw = await bus.request(subjects.AUTH_ADMIT, msgspec.json.encode(AdmitCall(foreign)), 5.0)
    assert msgspec.json.decode(raw, type=Claims) == claims
    raw = await bus.request(subjects.AUTH_ADMIT, msgspec.json.encode(AdmitCall(forged("7"))), 5.0)
    assert msgspec.json.decode(raw, type=Failure).code == "unauthorized"
    await command(auth, "disable", "gus")
    other = Trust(own, parse(setting()), by_bus(bus))
    with pytest.raises(Unauthorized, match="disabled"):
        await other.check(foreign)
    problem(await me(auth, token("7", jti="another")), 401, "unauthorized")


async def test_an_admin_sees_and_disables_them_like_anybody(auth: Running) -> None:
    """What they do to their account they do where they signed in."""
    root, foreign = await admin_of(auth), token("9", preferred_username="ida")
    user = (await me(auth, foreign)).json()
    found = await ask(auth, root, "GET", "admin/users?q=ida")
    assert found["accounts"][0]["has_password"] is False
    headers = {"Authorization": f"Bearer {foreign}"}
    answer = await auth.http.get("/v1/auth/sessions", headers=headers)
    assert URL in problem(answer, 403, "forbidden")["detail"]
    await ask(auth, root, "PATCH", f"admin/users/{user['id']}", {"disabled": True})
    problem(await me(auth, foreign), 401, "unauthorized")
