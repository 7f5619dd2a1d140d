"""Users by id, by prefix, and oneself, over HTTP."""

import httpx
import pytest

from auth.prefix import texts_from
from tests.auth.running import Running, bearer, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def search(auth: Running, me: dict[str, str], q: str, **more: int) -> list[str]:
    """Usernames of those found, in the order given."""
    params = httpx.QueryParams({"q": q, **more})
    answer = await auth.http.get("/v1/users/search", params=params, headers=bearer(me))
    assert answer.status_code == 200, answer.text
    return [user["username"] for user in answer.json()["users"]]


async def test_me_is_the_user_of_the_token(auth: Running) -> None:
    """The same object as at signing in."""
    body = await auth.register("alice")
    answer = await auth.http.get("/v1/auth/me", headers=bearer(body))
    assert answer.status_code == 200
    assert answer.json() == body["user"]


async def test_a_display_name_can_be_changed(auth: Running) -> None:
    """200 with the object; it is found under the new name, and the next token carries it."""
    body = await auth.register("alice")
    patch = {"display_name": " Älice "}
    answer = await auth.http.patch("/v1/auth/me", json=patch, headers=bearer(body))
    assert answer.status_code == 200
    assert answer.json() == {**body["user"], "display_name": "Älice"}
    assert (await auth.http.get("/v1/auth/me", headers=bearer(body))).json() == answer.json()
    assert await search(auth, body, "äL") == ["alice"]
    assert (await auth.refresh(body["refresh_token"])).json()["user"] == answer.json()


async def test_an_empty_patch_changes_nothing(auth: Running) -> None:
    """200 with the object as it is."""
    body = await auth.register("alice")
    answer = await auth.http.patch("/v1/auth/me", json={}, headers=bearer(body))
    assert (answer.status_code, answer.json()) == (200, body["user"])


@pytest.mark.parametrize("name", ["", "a\u202eb", "x" * 65, "\x00"])
async def test_a_bad_display_name_is_refused(auth: Running, name: str) -> None:
    """400 `invalid`, and the old one stays."""
    body = await auth.register("alice")
    headers = bearer(body)
    answer = await auth.http.patch("/v1/auth/me", json={"display_name": name}, headers=headers)
    assert problem(answer, 400, "invalid")["field"] == "display_name"
    assert (await auth.http.get("/v1/auth/me", headers=headers)).json() == body["user"]


async def test_unknown_ids_are_left_out(auth: Running) -> None:
    """Those that exist come once each, by username."""
    bob, alice = await auth.register("bob"), await auth.register("alice")
    ids = f"{bob['user']['id']},nobody,{alice['user']['id']},{bob['user']['id']}"
    answer = await auth.http.get(f"/v1/users?ids={ids}", headers=bearer(bob))
    assert answer.status_code == 200
    assert answer.json() == {"users": [alice["user"], bob["user"]]}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "invalid"),
        ("ids=", "invalid"),
        ("ids=a,,b", "bad_frame"),
        ("ids=a%00b", "bad_frame"),
        ("ids=a.b", "bad_frame"),
        ("ids=" + ",".join(f"u{n}" for n in range(101)), "invalid"),
    ],
)
async def test_what_is_no_list_of_ids_is_refused(auth: Running, query: str, code: str) -> None:
    """400: none, something that is no id, or more than 100."""
    body = await auth.register("alice")
    problem(await auth.http.get(f"/v1/users?{query}", headers=bearer(body)), 400, code)


async def test_search_takes_the_beginning_of_either_name(auth: Running) -> None:
    """Usernames first, then display names, each in order; case and width do not count."""
    me = await auth.register("zoe", display_name="Alan")
    await auth.register("alma", display_name="Zara")
    await auth.register("alice", display_name="Alice")
    await auth.register("yan", display_name="ALBERT")
    await auth.register("bob", display_name="Not Al")
    assert await search(auth, me, "al") == ["alice", "alma", "zoe", "yan"]
    assert await search(auth, me, "ＡＬ") == ["alice", "alma", "zoe", "yan"]
    assert await search(auth, me, "alm") == ["alma"]
    assert await search(auth, me, "nobody") == []


async def test_search_is_cut_at_its_limit(auth: Running) -> None:
    """The first ones in order, 1 to 100."""
    me = await auth.register("a_1", display_name="a")
    for n in (3, 2):
        await auth.register(f"a_{n}", display_name="a")
    assert await search(auth, me, "a", limit=2) == ["a_1", "a_2"]
    for limit in ("0", "101"):
        params = {"q": "a", "limit": limit}
        answer = await auth.http.get("/v1/users/search", params=params, headers=bearer(me))
        assert problem(answer, 400, "invalid")["field"] == "limit"


async def test_an_exact_username_comes_first(auth: Running) -> None:
    """However many begin with it, and whoever is called so: one result is enough to find it."""
    me = await auth.register("ana", display_name="Zoe")
    for username in ("ana-", "ana.b", "ana0", "anab", "anac"):
        await auth.register(username, display_name="Ana")
    assert await search(auth, me, "Ana", limit=1) == ["ana"]


async def test_wildcards_are_letters(auth: Running) -> None:
    """`%`, `_` and a backslash stand for themselves."""
    me = await auth.register("a_b", display_name="100% sure")
    await auth.register("axb", display_name="100 percent")
    await auth.register("other", display_name="back\\slash")
    assert await search(auth, me, "a_") == ["a_b"]
    assert await search(auth, me, "100%") == ["a_b"]
    assert await search(auth, me, "%") == []
    assert await search(auth, me, "_") == []
    assert await search(auth, me, "back\\s") == ["other"]


@pytest.mark.parametrize("q", ["", "   ", "\x00", "a\x00", "\u202e", "x" * 300])
async def test_a_search_for_nothing_is_refused(auth: Running, q: str) -> None:
    """400 `invalid`, names `q`; a NUL never reaches the database."""
    me = await auth.register("alice")
    answer = await auth.http.get("/v1/users/search", params={"q": q}, headers=bearer(me))
    assert problem(answer, 400, "invalid")["field"] == "q"


async def test_search_reads_its_indexes(auth: Running) -> None:
    """Also as a prepared statement, where the planner does not know the prefix."""
    from auth.accounts_postgres import _SEARCH

    pool = auth.auth.pool
    await pool.execute(
        "INSERT INTO accounts SELECT 'u' || n, 'user' || n, 'User ' || n, 'user ' || n, '', 0, 0"
        " FROM generate_series(1, 20000) AS n"
    )
    await pool.execute("ANALYZE accounts")
    async with pool.transaction() as connection:
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE search (text, text, int) AS {_SEARCH}")
        found = texts_from("user1234")
        plan = await connection.fetch(f"EXPLAIN EXECUTE search ('{found[0]}', '{found[1]}', 20)")
        await connection.execute("DEALLOCATE search")
    text = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in text, text
    for column in ("username", "folded_name"):
        assert f"Index Cond: (({column} >= $1)" in text, text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/auth/me"),
        ("PATCH", "/v1/auth/me"),
        ("POST", "/v1/auth/logout"),
        ("GET", "/v1/users?ids=u"),
        ("GET", "/v1/users/search?q=a"),
    ],
)
async def test_without_a_token_there_is_nothing_to_see(
    auth: Running, method: str, path: str
) -> None:
    """401 `unauthorized` without one, and with one that nobody signed."""
    problem(await auth.http.request(method, path), 401, "unauthorized")
    forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1In0."}
    problem(await auth.http.request(method, path, headers=forged), 401, "unauthorized")
