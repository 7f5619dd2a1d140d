"""A browser's session over HTTP: its cookie, whose pages may use it, and answers that were lost."""

import asyncio
import shutil
from pathlib import Path

import pytest

from auth import session
from auth.app import MIGRATIONS, SCHEMA
from auth.session import Secrets
from services import clock
from services.migrations_yoyo import migrate
from tests.auth.browser import JSON, Browser, browser_of
from tests.auth.running import PASSWORD, Running, bearer, grown, problem, running
from tests.auth.severed import way_to
from tests.databases_postgres import fresh_database
from tests.servers import Servers

FLAGS = "HttpOnly; SameSite=Strict; Path=/v1/auth"
CLEARED = f"parley_refresh=; {FLAGS}; Max-Age=0; Secure"
CURRENT = "SELECT current_hash FROM sessions"
FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "https://evil.chat.example"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
]
pytestmark = pytest.mark.asyncio(loop_scope="module")


def own_origin(auth: Running) -> str:
    """The origin of a page that this replica serves itself."""
    return f"http://127.0.0.1:{auth.auth.http.port}"


@pytest.fixture(autouse=True)
def long_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine ends no grace: it takes an hour here, and `grace_over` ends it."""
    monkeypatch.setattr("auth.session.GRACE_MS", 3_600_000)


async def grace_over(auth: Running) -> None:
    """Let the grace of what was traded last go by."""
    await auth.auth.pool.execute("UPDATE sessions SET traded_ms = traded_ms - $1", session.GRACE_MS)


@pytest.mark.parametrize("operation", ["register", "login"])
async def test_the_refresh_token_is_in_the_cookie_alone(auth: Running, operation: str) -> None:
    """`cookie:true`: null in the body; the cookie for auth and this site, no script, 30 days."""
    if operation == "login":
        await auth.register("alice")
    form = {"username": "alice", "password": PASSWORD, "cookie": True}
    answer = await auth.http.post(f"/v1/auth/{operation}", json=form)
    assert answer.json()["refresh_token"] is None
    cookie, _, flags = answer.headers["set-cookie"].partition("; ")
    token = cookie.removeprefix("parley_refresh=")
    assert flags == f"{FLAGS}; Max-Age=2592000; Secure"
    assert session.read(token) is not None
    assert token not in answer.text
    assert (await auth.http.get("/v1/auth/me", headers=bearer(answer.json()))).status_code == 200


async def test_who_does_not_ask_for_it_gets_no_cookie(auth: Running) -> None:
    """A bot's answers are what they were: the token in the body, and nothing set."""
    form = {"username": "alice", "password": PASSWORD}
    answers = [
        await auth.http.post("/v1/auth/register", json=form),
        await auth.login("alice"),
    ]
    answers.append(await auth.refresh(answers[-1].json()["refresh_token"]))
    for answer in answers:
        assert answer.is_success
        assert answer.json().keys() == {"user", "access_token", "refresh_token", "expires_in"}
        assert session.read(answer.json()["refresh_token"]) is not None
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("content", [b"{}", b'{"refresh_token":null}', b""])
async def test_the_cookie_rotates(auth: Running, content: bytes) -> None:
    """A body without a token means the cookie: its next token comes as the next cookie."""
    browser = await browser_of(auth.http)
    first = browser.token
    answer = await browser.ask("refresh", content)
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] is None
    assert answer.headers["set-cookie"].endswith(f"; {FLAGS}; Max-Age=2592000; Secure")
    browser.keep(answer)
    assert browser.token != first
    assert str(browser.token) not in answer.text
    me = await auth.http.get("/v1/auth/me", headers=bearer(answer.json()))
    assert me.json() == answer.json()["user"]
    assert (await browser.refresh()).status_code == 200


async def test_a_token_in_the_body_has_nothing_to_do_with_the_cookie(auth: Running) -> None:
    """It is traded in the body; the cookie that came along stays what it was, and good."""
    browser = await browser_of(auth.http)
    bot = await auth.register("bot")
    content = f'{{"refresh_token":"{bot["refresh_token"]}"}}'.encode()
    answer = await browser.ask("refresh", content)
    assert answer.json()["user"] == bot["user"]
    assert session.read(answer.json()["refresh_token"]) is not None
    assert "set-cookie" not in answer.headers
    # A wrong one is refused, and does not cost the cookie either.
    refused = await browser.ask("refresh", b'{"refresh_token":""}')
    problem(refused, 401, "unauthorized")
    assert "set-cookie" not in refused.headers
    assert (await browser.refresh()).json()["user"]["username"] == "alice"


async def test_without_a_cookie_nobody_is_signed_in(auth: Running) -> None:
    """401, for a page that looks whether somebody is."""
    answer = await Browser(auth.http).ask("refresh")
    problem(answer, 401, "unauthorized")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "rubbish", "r_" + "A" * 86, "x" * 5_000])
async def test_a_cookie_that_is_no_good_is_cleared(auth: Running, token: str) -> None:
    """401, and the browser forgets it: it would only be refused again."""
    browser = Browser(auth.http)
    browser.token = token
    answer = await browser.ask("refresh")
    problem(answer, 401, "unauthorized")
    assert answer.headers["set-cookie"] == CLEARED


async def test_signing_out_clears_the_cookie(auth: Running) -> None:
    """Also where there is none; and not for one who has no right to sign anybody out."""
    browser, bot = Browser(auth.http), await auth.register("bot")
    body = await browser.sign_in("alice", "register")
    refused = await browser.ask("logout", headers={"authorization": "Bearer x"})
    problem(refused, 401, "unauthorized")
    assert "set-cookie" not in refused.headers
    for signed_in in (body, bot):
        answer = await browser.ask("logout", headers=bearer(signed_in))
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["set-cookie"] == CLEARED
    problem(await browser.ask("refresh"), 401, "unauthorized")


async def test_signing_out_leaves_anothers_cookie(auth: Running) -> None:
    """Somebody else signed in by another tab of the same browser: they stay signed in."""
    browser = Browser(auth.http)
    alice = await browser.sign_in("alice", "register")
    bob = await browser.sign_in("bob", "register")
    answer = await browser.ask("logout", headers=bearer(alice))
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers
    assert (await browser.ask("refresh")).json()["user"]["username"] == "bob"
    answer = await browser.ask("logout", headers=bearer(bob))
    assert answer.headers["set-cookie"] == CLEARED


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("operation", ["register", "login"])
async def test_a_foreign_page_signs_nobody_in(
    auth: Running, operation: str, headers: dict[str, str]
) -> None:
    """403: else a person might write into somebody else's account and not know it."""
    await auth.register("alice")
    sessions = await auth.auth.pool.fetchval("SELECT count(*) FROM sessions")
    name = "alice" if operation == "login" else "bob"
    form = {"username": name, "password": PASSWORD, "cookie": True}
    answer = await auth.http.post(f"/v1/auth/{operation}", json=form, headers=headers)
    problem(answer, 403, "forbidden")
    assert "set-cookie" not in answer.headers
    assert await auth.auth.pool.fetchval("SELECT count(*) FROM sessions") == sessions
    # Who asks for no cookie harms nobody's browser.
    form["cookie"] = False
    answer = await auth.http.post(f"/v1/auth/{operation}", json=form, headers=headers)
    assert answer.is_success


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_foreign_page_cannot_use_the_cookie(auth: Running, headers: dict[str, str]) -> None:
    """403 and nothing is rotated, whether there is a cookie or not."""
    browser = await browser_of(auth.http)
    before = await auth.auth.pool.fetchval(CURRENT)
    for asking in (browser, Browser(auth.http)):
        answer = await asking.ask("refresh", headers=headers)
        problem(answer, 403, "forbidden")
        assert "set-cookie" not in answer.headers
    assert await auth.auth.pool.fetchval(CURRENT) == before
    assert (await browser.refresh()).status_code == 200


@pytest.mark.parametrize("content", [b"{}", b""])
@pytest.mark.parametrize("type_", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_form_cannot_use_the_cookie(auth: Running, type_: str, content: bytes) -> None:
    """415 and nothing is rotated: what is not JSON a page may send anywhere without asking."""
    browser = await browser_of(auth.http)
    before = await auth.auth.pool.fetchval(CURRENT)
    answer = await browser.ask("refresh", content, {"content-type": type_})
    problem(answer, 415, "bad_frame")
    assert await auth.auth.pool.fetchval(CURRENT) == before


async def test_pages_of_this_origin_may(auth: Running) -> None:
    """By the browser's word or by an origin that is the request's own host, whatever its name."""
    port = auth.auth.http.port
    for n, headers in enumerate(
        [
            {"sec-fetch-site": "same-origin", "origin": "https://chat.example"},
            {"origin": own_origin(auth)},
            {"origin": f"http://localhost:{port}", "host": f"localhost:{port}"},
            {"origin": "https://chat.example", "host": "chat.example"},
        ]
    ):
        browser = Browser(auth.http, headers)
        await browser.sign_in(f"alice{n}", "register")
        assert (await browser.refresh()).status_code == 200


async def test_a_lost_answer_is_given_anew(auth: Running) -> None:
    """A page that is reloaded while it refreshes asks again with the same cookie: for 30 s."""
    browser = await browser_of(auth.http)
    before = await auth.outcomes("refreshes_total", ("rotated", "repeated", "reused"))
    for _ in range(3):
        assert (await browser.ask("refresh")).status_code == 200
    assert (await browser.refresh()).status_code == 200
    assert (await browser.refresh()).status_code == 200
    after = await auth.outcomes("refreshes_total", ("rotated", "repeated", "reused"))
    assert grown(before, after) == {"rotated": 2, "repeated": 3, "reused": 0}


async def test_after_the_grace_it_is_a_reused_token(auth: Running) -> None:
    """401, the session ends for everyone, and the browser forgets the cookie."""
    browser = await browser_of(auth.http)
    lost = await browser.ask("refresh")
    await grace_over(auth)
    answer = await browser.ask("refresh")
    problem(answer, 401, "unauthorized")
    assert answer.headers["set-cookie"] == CLEARED
    browser.keep(lost)
    problem(await browser.ask("refresh"), 401, "unauthorized")
    me = await auth.http.get("/v1/auth/me", headers=bearer(lost.json()))
    problem(me, 401, "unauthorized")


async def test_an_answer_that_was_used_was_not_lost(auth: Running) -> None:
    """Once the next token was traded too, the one before it ends the session, grace or not."""
    browser = await browser_of(auth.http)
    first = browser.token
    await browser.refresh()
    await browser.refresh()
    thief = Browser(auth.http)
    thief.token = first
    problem(await thief.ask("refresh"), 401, "unauthorized")
    problem(await browser.ask("refresh"), 401, "unauthorized")


@pytest.mark.parametrize("last", range(4))
async def test_tabs_that_race_all_get_in(auth: Running, last: int) -> None:
    """Whichever answer the browser takes last, its cookie is good, after the grace as well."""
    browser = await browser_of(auth.http)
    answers = await asyncio.gather(*(browser.ask("refresh") for _ in range(4)))
    for answer in answers:
        assert answer.status_code == 200
        me = await auth.http.get("/v1/auth/me", headers=bearer(answer.json()))
        assert me.status_code == 200
    assert len({answer.headers["set-cookie"] for answer in answers}) == 4
    browser.keep(answers[last])
    await grace_over(auth)
    for _ in range(2):
        assert (await browser.refresh()).status_code == 200
        await grace_over(auth)


async def test_a_thief_within_the_grace_does_not_stay(auth: Running) -> None:
    """Two hold successors of the same token: the second one to refresh ends it for both."""
    for thief_first in (False, True):
        owner = await browser_of(auth.http, f"owner{int(thief_first)}")
        thief = Browser(auth.http)
        thief.token = owner.token
        assert (await owner.refresh()).status_code == 200
        assert (await thief.refresh()).status_code == 200
        one, other = (thief, owner) if thief_first else (owner, thief)
        assert (await one.refresh()).status_code == 200
        problem(await other.refresh(), 401, "unauthorized")
        problem(await one.refresh(), 401, "unauthorized")


async def test_a_body_has_no_grace(auth: Running) -> None:
    """Neither for a bot's token that a thief shows as a cookie, nor the other way round."""
    bot = await auth.register("bot")
    await auth.refresh(bot["refresh_token"])
    thief = Browser(auth.http)
    thief.token = bot["refresh_token"]
    problem(await thief.ask("refresh"), 401, "unauthorized")
    browser = await browser_of(auth.http)
    stolen = str(browser.token)
    await browser.refresh()
    problem(await auth.refresh(stolen), 401, "unauthorized")
    problem(await browser.ask("refresh"), 401, "unauthorized")


@pytest.mark.parametrize("shown", ["previous", "sibling"])
async def test_what_the_version_before_rotated_has_no_grace(auth: Running, shown: str) -> None:
    """It knows `current_hash` alone: what stands beside it is of a token long gone."""
    browser = await browser_of(auth.http)
    first = await browser.ask("refresh")
    if shown == "sibling":
        await browser.ask("refresh")
        browser.keep(first)
    now_ms = clock.now_ms()
    await auth.auth.pool.execute(
        "UPDATE sessions SET current_hash = $1, last_used_ms = $2", session.digest(b"x"), now_ms
    )
    problem(await browser.ask("refresh"), 401, "unauthorized")


async def test_a_session_of_the_version_before_goes_on(servers: Servers, tmp_path: Path) -> None:
    """The new columns are added to a table that is in use; its tokens rotate as ever."""
    shutil.copy(MIGRATIONS / "0001_accounts_sessions_keys.sql", tmp_path)
    token = Secrets(b"f" * 32, b"o" * 32)
    async with fresh_database(servers.postgres_url) as url:
        await migrate(url, SCHEMA, tmp_path)
        async with running(url, servers.nats_url) as auth:
            pool = auth.auth.pool
            await pool.execute("INSERT INTO accounts VALUES ('u', 'alice', 'A', 'a', '', 0, 0)")
            await pool.execute(
                "INSERT INTO sessions (id, user_id, family_hash, current_hash, client, address,"
                " created_ms, last_used_ms, expires_ms)"
                " VALUES ('s', 'u', $1, $2, '', '', 0, 0, $3)",
                session.digest(token.family),
                session.digest(token.own),
                clock.now_ms() + 60_000,
            )
            browser = Browser(auth.http)
            browser.token = session.write(token)
            for _ in range(2):
                assert (await browser.refresh()).status_code == 200


async def test_postgres_away_costs_no_cookie(servers: Servers) -> None:
    """503: the browser keeps it and asks again."""
    async with (
        fresh_database(servers.postgres_url) as url,
        way_to(url) as way,
        running(way.url, servers.nats_url) as auth,
    ):
        browser = await browser_of(auth.http)
        await way.cut()
        answer = await browser.ask("refresh")
        problem(answer, 503, "unavailable")
        assert "set-cookie" not in answer.headers
        await way.mend()
        assert (await browser.refresh()).status_code == 200


@pytest.mark.parametrize(
    ("trusted", "proto", "secure"),
    [("127.0.0.1", "https", True), ("127.0.0.1", "http", False), ("", "https", False)],
)
async def test_the_cookie_is_secure_where_people_come_by_https(
    servers: Servers, trusted: str, proto: str, *, secure: bool
) -> None:
    """As a trusted proxy says, where `PARLEY_PUBLIC_URL` is not https itself."""
    form = {"username": "alice", "password": PASSWORD, "cookie": True}
    headers = {**JSON, "x-forwarded-proto": proto, "x-forwarded-for": "203.0.113.7"}
    async with (
        fresh_database(servers.postgres_url) as url,
        running(
            url,
            servers.nats_url,
            PARLEY_PUBLIC_URL="http://127.0.0.1:8080",
            PARLEY_TRUSTED_PROXIES=trusted,
        ) as auth,
    ):
        answer = await auth.http.post("/v1/auth/register", json=form, headers=headers)
        end = "; Secure" if secure else ""
        assert answer.headers["set-cookie"].endswith(f"; {FLAGS}; Max-Age=2592000{end}")
        out = await auth.http.post("/v1/auth/logout", headers={**headers, **bearer(answer.json())})
        assert out.headers["set-cookie"] == f"parley_refresh=; {FLAGS}; Max-Age=0{end}"


async def test_the_document_tells_of_the_cookie(auth: Running) -> None:
    """Where it may be shown, and who sets it; the token in the body is no less a way."""
    document = (await auth.http.get("/v1/auth/openapi.json")).json()
    assert document["components"]["securitySchemes"]["parley_refresh"] == {
        "type": "apiKey",
        "in": "cookie",
        "name": "parley_refresh",
    }
    refresh = document["paths"]["/v1/auth/refresh"]["post"]
    assert refresh["security"] == [{"parley_refresh": []}, {}]
    assert refresh["requestBody"]["required"] is False
    setting = {
        (path, status)
        for path, methods in document["paths"].items()
        for operation in methods.values()
        for status, response in operation["responses"].items()
        if "Set-Cookie" in response.get("headers", {})
    }
    assert setting == {
        ("/v1/auth/register", "201"),
        ("/v1/auth/login", "200"),
        ("/v1/auth/refresh", "200"),
        ("/v1/auth/logout", "204"),
        ("/v1/auth/sessions", "204"),
        ("/v1/auth/sessions/{id}", "204"),
        ("/v1/auth/deactivate", "204"),
    }
