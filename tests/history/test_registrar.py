"""Knowing people: what is asked of auth, and what happens when it does not answer."""

from collections.abc import AsyncIterator

import pytest

from history.registrar import FRESH_MS, Registrar
from proto import subjects
from proto.codes import ErrorCode
from proto.shapes import User
from services.guard import Claims
from services.pool_postgres import Pool
from services.problem import Problem, Unavailable
from tests.history.databases_postgres import fetch
from tests.history.running import Auth, Peer, peering
from tests.nats_server import NatsServer


@pytest.fixture
async def lonely(own_nats: NatsServer) -> AsyncIterator[Peer]:
    """Give a connection to a NATS server where nobody answers for auth."""
    async with peering(own_nats.url) as peer:
        yield peer


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """Give a pool over a migrated database."""
    pool = Pool(database, "history", service="test")
    await pool.start()
    yield pool
    await pool.stop()


async def test_people_are_asked_for_once_a_minute(pool: Pool, lonely: Peer) -> None:
    """A name that is fresh is not asked for again."""
    auth = Auth()
    await lonely.bus.serve(subjects.AUTH_USERS, "auth", auth.answer)
    registrar = Registrar(pool, lonely.bus)
    await registrar.require(["u1", "u2"], "members")
    await registrar.require(["u2", "u3", "u1"], "members")
    assert auth.asked == [["u1", "u2"], ["u3"]]
    await pool.execute("UPDATE people SET refreshed_ms = refreshed_ms - $1", FRESH_MS + 1)
    await registrar.require(["u1"], "members")
    assert auth.asked[2:] == [["u1"]]


async def test_who_does_not_exist_is_not_found(pool: Pool, lonely: Peer) -> None:
    """Named in the problem, with the field; nothing is kept of them."""
    await lonely.bus.serve(subjects.AUTH_USERS, "auth", Auth().answer)
    with pytest.raises(Problem) as told:
        await Registrar(pool, lonely.bus).require(["u1", "nobody"], "members")
    assert (told.value.code, told.value.field) == (ErrorCode.NOT_FOUND, "members")


async def test_without_auth_the_known_are_known(pool: Pool, lonely: Peer, database: str) -> None:
    """Who existed a while ago still does; of strangers nothing can be said."""
    registrar = Registrar(pool, lonely.bus)
    await registrar.introduce(Claims("u1", "s", 0, "ada", "Ada"))
    await registrar.require(["u1"], "user")
    with pytest.raises(Unavailable):
        await registrar.require(["u1", "u2"], "user")
    await registrar.freshen(["u1"])
    rows = await fetch(database, "SELECT id, username, display_name, refreshed_ms FROM people")
    assert rows == [("u1", "ada", "Ada", 0)]


async def test_who_changed_is_known_by_name_and_picture(pool: Pool, lonely: Peer) -> None:
    """A picture that was taken away is gone; a token says nothing of it, and changes none."""
    registrar, row = Registrar(pool, lonely.bus), "SELECT display_name, avatar FROM people"
    for user in (User("u1", "ada", "Ada L.", "p1"), User("u1", "ada", "Ada L.")):
        await registrar.renamed(user)
        await registrar.introduce(Claims("u1", "s", 0, "ada", "Ada L."))
        (found,) = await pool.fetch(row)
        assert (found["display_name"], found["avatar"]) == ("Ada L.", user.avatar)


async def test_an_answer_that_is_none_is_no_answer(pool: Pool, lonely: Peer) -> None:
    """A failure of auth counts as its absence."""

    async def fail(_data: bytes) -> bytes:
        return b'{"type":"failure","code":"unavailable","message":"busy"}'

    await lonely.bus.serve(subjects.AUTH_USERS, "auth", fail)
    with pytest.raises(Unavailable):
        await Registrar(pool, lonely.bus).require(["u1"], "user")


async def test_a_caller_is_known_by_the_token(pool: Pool, lonely: Peer, database: str) -> None:
    """A new name replaces the old one; a picture that auth told of stays; the same is no write."""
    registrar = Registrar(pool, lonely.bus)
    await registrar.introduce(Claims("u1", "s", 0, "ada", ""))
    await pool.execute("UPDATE people SET avatar = 'm1'")
    await registrar.introduce(Claims("u1", "s", 0, "ada", "Ada L."))
    row = "SELECT username, display_name, avatar, xmin::text FROM people"
    ((username, name, avatar, version),) = await fetch(database, row)
    assert (username, name, avatar) == ("ada", "Ada L.", "m1")
    await Registrar(pool, lonely.bus).introduce(Claims("u1", "s", 0, "ada", "Ada L."))
    assert await fetch(database, row) == [(username, name, avatar, version)]
