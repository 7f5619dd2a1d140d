"""Registering over HTTP: what comes out, what is refused, and one name for one person."""

import asyncio

import httpx
import jwt
import pytest

from proto import ids
from tests.auth.running import ISSUER, PASSWORD, Running, bearer, created, grown, problem, running

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def register(auth: Running, **form: object) -> httpx.Response:
    """Try to register."""
    return await auth.http.post("/v1/auth/register", json=form)


async def test_one_is_signed_in_at_once(auth: Running) -> None:
    """201 with the user, both tokens and the life of the first in seconds."""
    body = await auth.register("Alice", display_name="  Alice B. ")
    assert set(body) == {"user", "access_token", "refresh_token", "expires_in"}
    user = body["user"]
    assert ids.is_id(user["id"])
    assert user == {
        "id": user["id"],
        "username": "alice",
        "display_name": "Alice B.",
        "avatar": None,
    }
    assert body["expires_in"] == 900


async def test_the_access_token_says_what_the_protocol_promises(auth: Running) -> None:
    """Header: EdDSA and the id of a published key. Claims: issuer, audience, who, which session."""
    body = await auth.register("alice", display_name="Alice")
    header = jwt.get_unverified_header(body["access_token"])
    published = (await auth.http.get("/.well-known/jwks.json")).json()["keys"]
    assert header == {"alg": "EdDSA", "typ": "JWT", "kid": published[0]["kid"]}
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 900
    assert ids.is_id(claims["sid"])
    del claims["exp"], claims["iat"], claims["sid"]
    assert claims == {
        "iss": ISSUER,
        "aud": "parley",
        "sub": body["user"]["id"],
        "preferred_username": "alice",
        "name": "Alice",
    }


async def test_without_a_display_name_it_is_the_username(auth: Running) -> None:
    """Folded as the username is."""
    assert (await auth.register("ALICE"))["user"]["display_name"] == "alice"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"username": "no spaces", "password": PASSWORD}, "username"),
        ({"username": "ab", "password": PASSWORD}, "username"),
        ({"username": "nul\x00nul", "password": PASSWORD}, "username"),
        ({"username": "alice", "password": "short"}, "password"),
        ({"username": "alice", "password": "x" * 257}, "password"),
        ({"username": "alice", "password": PASSWORD, "display_name": "a\u202eb"}, "display_name"),
        ({"username": "alice", "password": PASSWORD, "display_name": "nul\x00"}, "display_name"),
        ({"username": "alice", "password": PASSWORD, "display_name": "  "}, "display_name"),
    ],
)
async def test_a_value_that_breaks_a_rule_is_named(
    auth: Running, form: dict[str, str], field: str
) -> None:
    """400 `invalid` with the field; nobody is registered."""
    assert problem(await register(auth, **form), 400, "invalid")["field"] == field
    assert (await auth.login("alice", form["password"])).status_code == 401


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b'{"username":"alice"}',
        b'{"username":1,"password":"correct horse"}',
        b'{"username":"al\xff","password":"correct horse"}',
        b'{"username":"alice","password":"\\ud800aaaaaaaa"}',
        b"[" * 10_000,
    ],
)
async def test_a_malformed_body_is_a_bad_frame(auth: Running, raw: bytes) -> None:
    """Not JSON, not UTF-8, half a surrogate pair, wrong types: 400, never 500."""
    headers = {"content-type": "application/json"}
    answer = await auth.http.post("/v1/auth/register", content=raw, headers=headers)
    problem(answer, 400, "bad_frame")


async def test_a_body_beyond_reason_is_too_large(auth: Running) -> None:
    """No registration needs 16 KiB."""
    answer = await register(auth, username="alice", password="x" * 20_000)
    problem(answer, 413, "too_large")


async def test_a_taken_name_is_a_conflict_however_it_is_written(auth: Running) -> None:
    """409; capitals and full-width letters do not make another name."""
    await auth.register("alice")
    for name in ("alice", "ALICE", "ａlice"):
        answer = await register(auth, username=name, password=PASSWORD)
        assert problem(answer, 409, "conflict")["field"] == "username"


async def test_of_many_who_want_one_name_at_once_one_gets_it(auth: Running) -> None:
    """One 201, all others 409, and the winner's password is the one that counts."""
    answers = await asyncio.gather(
        *(register(auth, username="alice", password=f"password {n}") for n in range(12))
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 11]
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 201)
    assert (await auth.login("alice", f"password {winner}")).status_code == 200


@pytest.mark.parametrize(("registration", "word"), [("invite", "invitation"), ("closed", "closed")])
async def test_unless_it_is_open_registration_says_how_it_is_opened(
    postgres_database: str, nats_url: str, registration: str, word: str
) -> None:
    """403 with a sentence that helps, and no hint whether the name is taken."""
    async with running(postgres_database, nats_url, PARLEY_REGISTRATION=registration) as auth:
        answer = await register(auth, username="alice", password=PASSWORD)
        detail = problem(answer, 403, "forbidden")["detail"]
    assert word in detail
    assert "PARLEY_REGISTRATION=open" in detail


async def test_a_rush_is_told_to_come_back(auth: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no room for another hash: 503 with Retry-After, and nobody is registered."""
    with monkeypatch.context() as full:
        full.setattr(auth.auth.passwords, "_most", 0)
        answer = await register(auth, username="alice", password=PASSWORD)
    problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    created(await register(auth, username="alice", password=PASSWORD))


async def test_outcomes_are_counted(auth: Running) -> None:
    """`parley_auth_registrations_total` by outcome."""
    names = ("ok", "taken", "invalid")
    before = await auth.outcomes("registrations_total", names)
    await auth.register("alice")
    await register(auth, username="alice", password=PASSWORD)
    await register(auth, username="!", password=PASSWORD)
    after = await auth.outcomes("registrations_total", names)
    assert grown(before, after) == {"ok": 1, "taken": 1, "invalid": 1}


async def test_what_is_stored_of_secrets_is_hashed(auth: Running) -> None:
    """Neither the password nor any part of a refresh token is in the database."""
    body = await auth.register("alice")
    rows = await auth.auth.pool.fetch(
        "SELECT a::text FROM accounts a UNION SELECT s::text FROM sessions s"
    )
    text = " ".join(row[0] for row in rows)
    assert "$argon2id$" in text
    assert PASSWORD not in text
    assert body["refresh_token"][2:20] not in text
    secret = body["refresh_token"]
    assert secret not in text
    assert bearer(body)["Authorization"] not in text
