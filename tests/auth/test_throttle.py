"""How often one may try to come in: by account, by address, longer each time, all together."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.auth.running import CHEAP, PASSWORD, Running, bearer, problem, running
from tests.databases_postgres import fresh_database
from tests.databases_redis import empty_database
from tests.servers import Servers

pytestmark = pytest.mark.asyncio(loop_scope="module")
TIGHT = {
    "PARLEY_LIMIT_EXEMPT": "",
    "PARLEY_LIMIT_LOGINS": "3/2",
    "PARLEY_LIMIT_LOGINS_ADDRESS": "1000/60",
    "PARLEY_LIMIT_REGISTER": "1000/60",
    "PARLEY_LIMIT_REFRESH": "4/60",
    "PARLEY_LIMIT_RESETS": "2/60",
    "PARLEY_LIMIT_RENAMES": "2/60",
    "PARLEY_TRUSTED_PROXIES": "127.0.0.1",
}
ADDRESS = {"x-forwarded-for": "203.0.113.7"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def replicas(servers: Servers) -> AsyncIterator[list[Running]]:
    """Give two replicas of one installation, whose limits are tight."""
    tight = {**TIGHT, "PARLEY_REDIS_URL": await empty_database(servers.redis_url)}
    async with (
        fresh_database(servers.postgres_url) as url,
        running(url, servers.nats_url, CHEAP, **tight) as first,
        running(url, servers.nats_url, CHEAP, **tight) as second,
    ):
        yield [first, second]


async def attempt(auth: Running, name: str, password: str, address: str) -> httpx.Response:
    """Try to sign in from an address."""
    form = {"username": name, "password": password}
    headers = {"x-forwarded-for": address}
    return await auth.http.post("/v1/auth/login", json=form, headers=headers)


async def test_guesses_at_one_account_are_few_whatever_replica_and_address(
    replicas: list[Running],
) -> None:
    """429 with a time to wait, the same for a name that is nobody's; another account goes on."""
    await replicas[0].register("alice")
    for name in ("alice", "nobody"):
        answers = await asyncio.gather(
            *(attempt(replicas[n % 2], name, "wrong guess", f"203.0.113.{n}") for n in range(8))
        )
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [401] * 3 + [429] * 5
        (refused, *_) = [answer for answer in answers if answer.status_code == 429]
        body = problem(refused, 429, "rate_limited")
        assert 0 < body["retry_after_ms"] <= 2_100
        assert int(refused.headers["retry-after"]) >= 1
    await replicas[1].register("bob")
    assert (await attempt(replicas[0], "bob", PASSWORD, "203.0.113.1")).status_code == 200


async def test_one_account_has_one_count_however_its_name_is_spelled(
    replicas: list[Running],
) -> None:
    """Capitals and letters of a full-width or mathematical alphabet are the same name: else each
    of their thousands of mixtures would have guesses of its own."""
    await replicas[0].register("dora")
    spellings = ("dora", "DORA", "\uff44ora", "d\uff4fra", "\U0001d41dora", "do\U0001d42ba")
    answers = [
        await attempt(replicas[0], name, "wrong guess", f"203.0.113.{place}")
        for place, name in enumerate(spellings)
    ]
    assert [answer.status_code for answer in answers] == [401] * 3 + [429] * 3


async def test_who_goes_on_guessing_waits_longer_and_longer(replicas: list[Running]) -> None:
    """Wrong ones count in longer windows as well; right ones do not."""
    auth = replicas[0]
    await auth.register("carol")
    waits = []
    for _ in range(16):
        while (answer := await attempt(auth, "carol", "wrong guess", "203.0.113.9")).status_code:
            if answer.status_code == 401:
                break
            wait_ms = answer.json()["retry_after_ms"]
            waits.append(wait_ms)
            if wait_ms > 3_000:
                break
            await asyncio.sleep(wait_ms / 1000)
    assert max(waits) > 3_000
    async with asyncio.timeout(30):
        while True:
            # The short limit may be reached as well, and is told first.
            answer = await attempt(auth, "carol", PASSWORD, "203.0.113.10")
            told = problem(answer, 429, "rate_limited")
            if "longer" in told["detail"]:
                break
            await asyncio.sleep(told["retry_after_ms"] / 1000)


async def test_many_names_from_one_address_are_too_many(servers: Servers, redis_url: str) -> None:
    """By the address that a trusted proxy tells; of IPv6 the network counts, loopback is let."""
    settings = {
        **TIGHT,
        "PARLEY_LIMIT_EXEMPT": "127.0.0.0/8",
        "PARLEY_LIMIT_LOGINS_ADDRESS": "3/60",
        "PARLEY_LIMIT_REGISTER": "2/60",
        "PARLEY_REDIS_URL": redis_url,
    }
    async with (
        fresh_database(servers.postgres_url) as url,
        running(url, servers.nats_url, CHEAP, **settings) as auth,
    ):
        for address in ("198.51.100.1", "2001:db8::%d"):
            codes = [
                (
                    await attempt(auth, f"name-{n}", "x" * 9, address.replace("%d", str(n)))
                ).status_code
                for n in range(5)
            ]
            assert codes == [401, 401, 401, 429, 429]
        assert (await attempt(auth, "name-9", "x" * 9, "127.0.0.1")).status_code == 401
        made = [
            await auth.http.post(
                "/v1/auth/register",
                json={"username": f"user-{n}", "password": PASSWORD},
                headers=ADDRESS,
            )
            for n in range(3)
        ]
        assert [answer.status_code for answer in made] == [201, 201, 429]


async def test_a_session_refreshes_only_so_often(replicas: list[Running]) -> None:
    """Whatever tokens of it are shown; what is no token costs nobody's count."""
    auth = replicas[1]
    token = (await auth.register("dave"))["refresh_token"]
    for _ in range(4):
        answer = await auth.refresh(token)
        assert answer.status_code == 200
        token = answer.json()["refresh_token"]
    problem(await auth.refresh(token), 429, "rate_limited")
    problem(await auth.refresh("r_x"), 401, "unauthorized")


async def test_a_name_changes_only_so_often(replicas: list[Running]) -> None:
    """Everybody who shares a room is told; one that is no name costs nothing."""
    auth = replicas[0]
    body = await auth.register("erin")
    statuses = []
    for name in ("Erin", "", "Erin B.", "Erin C."):
        form = {"display_name": name}
        answer = await auth.http.patch("/v1/auth/me", json=form, headers=bearer(body))
        statuses.append(answer.status_code)
    assert statuses == [200, 400, 200, 429]


async def test_without_redis_each_replica_counts_for_itself(
    servers: Servers,
) -> None:
    """Nobody is let in unlimited because of an outage, and nobody is kept out by one."""
    tight = {**TIGHT, "PARLEY_REDIS_URL": "redis://127.0.0.1:1/0"}
    async with (
        fresh_database(servers.postgres_url) as url,
        running(url, servers.nats_url, CHEAP, **tight) as auth,
    ):
        await auth.register("alice")
        answers = [await attempt(auth, "alice", "wrong guess", "203.0.113.1") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
