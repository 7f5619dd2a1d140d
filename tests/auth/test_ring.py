"""Signing keys of several replicas, over restarts, and while they change."""

import asyncio
from contextlib import AsyncExitStack

import jwt
import pytest

from auth import token_jwt
from auth.keyring import OVERLAP_MS, SETTLE_MS
from auth.keys_postgres import Keys, StoredKey
from services import clock
from services.tokens_jwt import Guard
from tests.auth.admins import command
from tests.auth.running import CHEAP, ISSUER, Running, bearer, problem, running

INSERT = "INSERT INTO signing_keys (kid, private_key, created_ms) VALUES ($1, $2, $3)"


async def published(replica: Running) -> list[str]:
    """Ids of the keys that a replica publishes, the newest first."""
    keys = (await replica.http.get("/.well-known/jwks.json")).json()["keys"]
    return [key["kid"] for key in keys]


def signed_with(body: dict[str, str]) -> str:
    """The id of the key that signed an access token."""
    return str(jwt.get_unverified_header(body["access_token"])["kid"])


async def test_replicas_that_start_at_once_make_one_key(
    postgres_database: str, nats_url: str
) -> None:
    """Each publishes the same single key, and takes the tokens of the other."""
    async with AsyncExitStack() as stack:
        replicas = await asyncio.gather(
            *(stack.enter_async_context(running(postgres_database, nats_url)) for _ in range(3))
        )
        sets = [await published(replica) for replica in replicas]
        assert len(sets[0]) == 1
        assert sets == [sets[0]] * 3
        body = await replicas[0].register("alice")
        for replica in replicas:
            answer = await replica.http.get("/v1/auth/me", headers=bearer(body))
            assert answer.status_code == 200


async def test_of_many_who_find_no_key_at_the_same_moment_one_makes_it(
    postgres_database: str, nats_url: str
) -> None:
    """Each on a connection of its own, with nothing else to hold them apart."""
    async with running(postgres_database, nats_url) as auth:
        await auth.auth.pool.execute("DELETE FROM signing_keys")
        keys = Keys(auth.auth.pool)
        names = iter(range(8))
        await asyncio.gather(
            *(keys.ensure(lambda: StoredKey(f"k_{next(names)}", bytes(32), 0)) for _ in range(8))
        )
        assert len(await keys.living()) == 1


async def test_a_restart_keeps_keys_accounts_and_sessions(
    postgres_database: str, nats_url: str
) -> None:
    """A token from before is good, and so is the refresh token."""
    async with running(postgres_database, nats_url) as before:
        body = await before.register("alice")
        keys = await published(before)
    async with running(postgres_database, nats_url) as after:
        assert await published(after) == keys
        answer = await after.http.get("/v1/auth/me", headers=bearer(body))
        assert answer.status_code == 200
        assert (await after.refresh(body["refresh_token"])).status_code == 200


async def test_a_further_key_is_published_first_and_signs_later(
    postgres_database: str, nats_url: str
) -> None:
    """Overlap: the old key signs while the new one becomes known; then the new one does."""
    async with running(postgres_database, nats_url) as auth:
        first = await auth.register("alice")
        new = token_jwt.new_key(clock.now_ms())
        await auth.auth.pool.execute(INSERT, new.kid, new.private, new.created_ms)
        await auth.auth.ring.reload()
        assert await published(auth) == [new.kid, signed_with(first)]
        assert signed_with((await auth.login("alice")).json()) == signed_with(first)

        await auth.auth.pool.execute(
            "UPDATE signing_keys SET created_ms = created_ms - $1", SETTLE_MS
        )
        await auth.auth.ring.reload()
        second = (await auth.login("alice")).json()
        assert signed_with(second) == new.kid
        for body in (first, second):
            answer = await auth.http.get("/v1/auth/me", headers=bearer(body))
            assert answer.status_code == 200


async def test_a_retired_key_is_good_for_nothing(postgres_database: str, nats_url: str) -> None:
    """It leaves the set, and its tokens are refused."""
    async with running(postgres_database, nats_url) as auth:
        body = await auth.register("alice")
        new = token_jwt.new_key(clock.now_ms())
        await auth.auth.pool.execute(INSERT, new.kid, new.private, new.created_ms)
        await auth.auth.pool.execute(
            "UPDATE signing_keys SET retired_ms = $1 WHERE kid <> $2", clock.now_ms(), new.kid
        )
        await auth.auth.ring.reload()
        assert await published(auth) == [new.kid]
        answer = await auth.http.get("/v1/auth/me", headers=bearer(body))
        assert answer.status_code == 401


async def test_an_emptied_table_does_not_take_the_keys_away(
    postgres_database: str, nats_url: str
) -> None:
    """What a replica knows it goes on with, rather than sign nobody in."""
    async with running(postgres_database, nats_url) as auth:
        body = await auth.register("alice")
        await auth.auth.pool.execute("DELETE FROM signing_keys")
        await auth.auth.ring.reload()
        assert await published(auth) == [signed_with(body)]


async def test_the_ring_takes_up_changes_by_itself(
    postgres_database: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every replica reads the table again from time to time."""
    monkeypatch.setattr("auth.ring.RELOAD_SECONDS", 0.01)
    async with running(postgres_database, nats_url) as auth:
        new = token_jwt.new_key(clock.now_ms())
        taken_up = asyncio.Event()
        reload = auth.auth.ring.reload

        async def watched() -> None:
            await reload()
            if new.kid.encode() in auth.auth.ring.jwks:
                taken_up.set()

        monkeypatch.setattr(auth.auth.ring, "reload", watched)
        await auth.auth.pool.execute(INSERT, new.kid, new.private, new.created_ms)
        async with asyncio.timeout(20):
            await taken_up.wait()


async def test_other_services_check_by_the_published_set(
    postgres_database: str, nats_url: str
) -> None:
    """A guard that knows nothing but the address takes the token; the set may be cached briefly."""
    async with running(postgres_database, nats_url) as auth:
        body = await auth.register("alice")
        guard = Guard(f"{auth.http.base_url}/.well-known/jwks.json", issuer=ISSUER)
        await guard.start()
        claims = await guard.check(body["access_token"])
        await guard.stop()
        assert claims.sub == body["user"]["id"]
        answer = await auth.http.get("/.well-known/jwks.json")
        assert answer.headers["cache-control"] == "public, max-age=60"
        assert answer.headers["content-type"].startswith("application/jwk-set+json")


async def test_keys_turn_by_age_and_the_old_one_goes_when_it_is_spent(
    postgres_database: str, nats_url: str
) -> None:
    """Two replicas make one more; a token of the old key is good until it has run out."""
    day_ms = 86_400_000
    async with (
        running(postgres_database, nats_url, CHEAP, PARLEY_KEY_DAYS="7") as auth,
        running(postgres_database, nats_url, CHEAP, PARLEY_KEY_DAYS="7") as other,
    ):
        (first,) = await published(auth)
        body, week_ms = await auth.register("alice"), clock.now_ms() + 7 * day_ms
        await auth.auth.ring.turn(week_ms - day_ms)
        await asyncio.gather(auth.auth.ring.turn(week_ms), other.auth.ring.turn(week_ms))
        for replica in (auth, other):
            await replica.auth.ring.reload()
            assert len(await published(replica)) == 2
            answer = await replica.http.get("/v1/auth/me", headers=bearer(body))
            assert answer.status_code == 200
        await auth.auth.ring.turn(clock.now_ms() + SETTLE_MS + OVERLAP_MS + 1_000)
        await auth.auth.ring.reload()
        (second,) = await published(auth)
        assert second != first
        answer = await auth.http.get("/v1/auth/me", headers=bearer(body))
        problem(answer, 401, "unauthorized")


async def test_keys_turn_by_command_and_a_stolen_one_is_retired_at_once(
    postgres_database: str, nats_url: str
) -> None:
    """Not twice within ten minutes, and never the only one; what it signed is good no more."""
    async with running(postgres_database, nats_url) as auth:
        body = await auth.register("alice")
        (stolen,) = await command(auth, "keys")
        assert stolen["signing"]
        assert "only key" in await command(auth, "keys", "--retire", stolen["kid"], fails=1)
        await command(auth, "keys", "--rotate", fails=1)
        await auth.auth.pool.execute("UPDATE signing_keys SET created_ms = created_ms - 3600000")
        fresh, _ = await command(auth, "keys", "--rotate")
        assert not fresh["signing"]
        await command(auth, "keys", "--rotate", fails=1)
        assert await command(auth, "keys", "--retire", stolen["kid"])
        await auth.auth.ring.reload()
        assert await published(auth) == [fresh["kid"]]
        problem(await auth.http.get("/v1/auth/me", headers=bearer(body)), 401, "unauthorized")
        assert signed_with((await auth.login("alice")).json()) == fresh["kid"]
