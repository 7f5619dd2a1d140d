"""Admins: who is one, what they do over HTTP and by command, and what is written down of it."""

import jwt
import pytest

from auth.bots_postgres import Bots, Traded
from services import clock
from tests.auth.admins import admin_of, ask, bot_of, command, traded
from tests.auth.running import PASSWORD, Running, bearer, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")
NEW = "battery staple"
USERS = "/v1/auth/admin/users"
THEIRS = [
    ("GET", "admin/users", None),
    ("POST", "admin/users", {"username": "eve-two"}),
    ("PATCH", "admin/users/u_1", {"role": "admin"}),
    ("POST", "admin/users/u_1/reset", None),
    ("GET", "admin/users/u_1/sessions", None),
    ("DELETE", "admin/users/u_1/sessions", None),
    ("GET", "admin/audit", None),
    ("GET", "admin/invitations", None),
    ("POST", "admin/invitations", {}),
    ("DELETE", "admin/invitations/i_1", None),
    ("GET", "bots", None),
    ("POST", "bots", {"username": "robot", "scopes": ["admin"]}),
    ("POST", "bots/u_1/tokens", {"scopes": ["admin"]}),
    ("DELETE", "bots/u_1/tokens/b_1", None),
    ("GET", "admin/keys", None),
    ("POST", "admin/keys", None),
    ("DELETE", "admin/keys/k_1", None),
]


def secret_of(url: str, page: str) -> str:
    """The secret behind the # of a link to a page."""
    start = f"https://chat.example/{page}#"
    assert url.startswith(start)
    return url.removeprefix(start)


@pytest.mark.parametrize(("method", "path", "form"), THEIRS)
async def test_nobody_is_admin_by_being_first(
    auth: Running, method: str, path: str, form: object
) -> None:
    """403, for the first who registered as for everyone."""
    first = await auth.register("eve")
    answer = await auth.http.request(method, f"/v1/auth/{path}", json=form, headers=bearer(first))
    problem(answer, 403, "forbidden")


async def test_every_operation_of_admins_is_tried_above(auth: Running) -> None:
    """A new one is added to the list, or this fails."""
    document = (await auth.http.get("/v1/auth/openapi.json")).json()
    found = {
        (method.upper(), path.removeprefix("/v1/auth/").count("/"))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation.get("x-scope") == "admin"
    }
    count = sum(
        operation.get("x-scope") == "admin"
        for methods in document["paths"].values()
        for operation in methods.values()
    )
    assert found == {(method, path.count("/")) for method, path, _ in THEIRS}
    assert count == len(THEIRS)


async def test_the_first_admin_is_made_by_command(auth: Running) -> None:
    """With a link to choose a password, which works once; then they are an admin over HTTP."""
    made = await command(auth, "create", "root", "--admin")
    assert (made["account"]["role"], made["account"]["has_password"]) == ("admin", False)
    problem(await auth.login("root", NEW), 401, "unauthorized")
    form = {"token": secret_of(made["link"]["url"], "reset"), "password": NEW}
    assert (await auth.http.post("/v1/auth/reset/confirm", json=form)).status_code == 204
    problem(await auth.http.post("/v1/auth/reset/confirm", json=form), 404, "not_found")
    root = (await auth.login("root", NEW)).json()
    assert (await ask(auth, root, "GET", "account"))["role"] == "admin"
    found = await ask(auth, root, "GET", "admin/users?q=ro")
    assert [each["user"]["username"] for each in found["accounts"]] == ["root"]
    assert "next" not in found


async def test_the_command_does_what_its_help_says(auth: Running) -> None:
    """Roles, sessions, disabling, invitations; a name that is not there fails with 1."""
    alice = await auth.register("alice")
    assert (await command(auth, "role", "alice", "admin"))["role"] == "admin"
    assert (await command(auth, "sessions", "alice"))[0]["client"]
    assert await command(auth, "sessions", "alice", "--end") == {"ended": 1}
    problem(await auth.refresh(alice["refresh_token"]), 401, "unauthorized")
    assert (await command(auth, "disable", "alice"))["disabled_ms"] > 0
    problem(await auth.login("alice"), 403, "forbidden")
    assert (await command(auth, "enable", "alice"))["disabled_ms"] is None
    assert (await auth.login("alice")).status_code == 200
    made = await command(auth, "create", "bob", "--password-stdin", typed=NEW + "\n")
    assert (made["link"], made["account"]["has_password"]) == (None, True)
    assert (await auth.login("bob", NEW)).status_code == 200
    assert "no such account" in await command(auth, "disable", "nobody", fails=1)
    said = await command(auth, "bot", "x", "--scopes", "read,write", fails=2)
    assert "read, send, moderate, admin; not 'read,write'" in said


async def test_who_is_disabled_is_out_until_enabled(auth: Running) -> None:
    """Every session ends; the name stays taken; an admin does it to no admin that is themselves."""
    root, alice = await admin_of(auth), await auth.register("alice")
    one = f"admin/users/{alice['user']['id']}"
    assert (await ask(auth, root, "PATCH", one, {"disabled": True}))["disabled_ms"] > 0
    answer = await auth.http.get("/v1/auth/me", headers=bearer(alice))
    problem(answer, 401, "unauthorized")
    problem(await auth.login("alice"), 403, "forbidden")
    assert (await ask(auth, root, "PATCH", one, {"disabled": False}))["disabled_ms"] is None
    assert (await auth.login("alice")).status_code == 200
    own = f"{USERS}/{root['user']['id']}"
    for patch in ({"disabled": True}, {"role": "member"}):
        answer = await auth.http.patch(own, json=patch, headers=bearer(root))
        problem(answer, 409, "conflict")


async def test_a_role_that_was_taken_away_is_missed_at_once(auth: Running) -> None:
    """Though the access token is as good as before."""
    root, alice = await admin_of(auth), await auth.register("alice")
    one = f"admin/users/{alice['user']['id']}"
    await ask(auth, root, "PATCH", one, {"role": "admin"})
    await ask(auth, alice, "GET", "admin/users")
    await ask(auth, root, "PATCH", one, {"role": "member"})
    problem(await auth.http.get(USERS, headers=bearer(alice)), 403, "forbidden")


async def test_a_link_for_a_new_password_signs_out_everywhere(auth: Running) -> None:
    """The newest five are good, using one voids the others, and a common password is refused."""
    root, alice = await admin_of(auth), await auth.register("alice")
    path = f"admin/users/{alice['user']['id']}/reset"
    secrets = [secret_of((await ask(auth, root, "POST", path))["url"], "reset") for _ in range(6)]
    for secret, status in ((secrets[0], 404), (secrets[1], 400), ("p_x", 404)):
        form = {"token": secret, "password": "password1"}
        answer = await auth.http.post("/v1/auth/reset/confirm", json=form)
        assert answer.status_code == status
    for secret, status in ((secrets[1], 204), (secrets[5], 404)):
        form = {"token": secret, "password": NEW}
        answer = await auth.http.post("/v1/auth/reset/confirm", json=form)
        assert answer.status_code == status
    problem(await auth.refresh(alice["refresh_token"]), 401, "unauthorized")
    problem(await auth.login("alice", PASSWORD), 401, "unauthorized")
    assert (await auth.login("alice", NEW)).status_code == 200


async def test_everything_an_admin_did_is_written_down(auth: Running) -> None:
    """Who, what, to whom, the newest first, in pages; no secret is in it."""
    await auth.auth.pool.execute("TRUNCATE audit")
    root, alice = await admin_of(auth), await auth.register("alice")
    me, her = root["user"]["id"], alice["user"]["id"]
    one = f"admin/users/{her}"
    link = await ask(auth, root, "POST", one + "/reset")
    await ask(auth, root, "PATCH", one, {"role": "admin", "disabled": True})
    await ask(auth, root, "DELETE", one + "/sessions")
    made = await bot_of(auth, root, "read")
    await ask(auth, root, "DELETE", f"bots/{made['bot']['id']}/tokens/{made['token']['id']}")
    await command(auth, "enable", "alice")
    page = await ask(auth, root, "GET", "admin/audit?limit=3")
    rest = await ask(auth, root, "GET", f"admin/audit?before={page['deeds'][-1]['number']}")
    assert (page["more"], rest["more"]) == (True, False)
    deeds = page["deeds"] + rest["deeds"]
    assert [(each["actor"], each["action"], each["target"]) for each in deeds] == [
        (None, "account.enabled", her),
        (me, "bot.token.revoked", made["bot"]["id"]),
        (me, "bot.token.made", made["bot"]["id"]),
        (me, "bot.created", made["bot"]["id"]),
        (me, "sessions.ended", her),
        (me, "account.disabled", her),
        (me, "account.role", her),
        (me, "password.link", her),
    ]
    said = str(deeds)
    assert made["secret"] not in said
    assert secret_of(link["url"], "reset") not in said


async def test_a_bot_trades_its_token_until_it_is_revoked(auth: Running) -> None:
    """For an access token that says its scopes and has no refresh token; the use is noted."""
    root = await admin_of(auth)
    made = await bot_of(auth, root, "send", "read")
    assert made["token"]["scopes"] == ["read", "send"]
    access = await traded(auth, made["secret"])
    assert (access["user"], access["refresh_token"]) == (made["bot"], None)
    assert (await auth.auth.ring.check(access["access_token"])).scopes == frozenset(
        ("read", "send")
    )
    assert await ask(auth, access, "GET", "me") == made["bot"]
    (bot,) = (await ask(auth, root, "GET", "bots"))["bots"]
    assert bot["tokens"][0]["last_used_ms"] > 0
    assert made["secret"] not in str(bot)
    path = f"bots/{bot['user']['id']}/tokens"
    second = await ask(auth, root, "POST", path, {"scopes": ["read"], "name": "spare"})
    for _ in range(2):
        await ask(auth, root, "DELETE", f"{path}/{made['token']['id']}")
    headers = {"Authorization": f"Bearer {made['secret']}"}
    answer = await auth.http.post("/v1/auth/token", headers=headers)
    problem(answer, 401, "unauthorized")
    problem(await auth.http.get("/v1/auth/me", headers=bearer(access)), 401, "unauthorized")
    await traded(auth, second["secret"])
    stored = await auth.auth.pool.fetch("SELECT secret_hash FROM api_tokens")
    assert all(made["secret"].encode() not in bytes(row[0]) for row in stored)


async def test_a_bot_that_is_disabled_while_it_trades_gets_nothing_good(
    auth: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its access token counts as made before the account was looked at, so the revocation of all
    that was made before the disabling is about it as well."""
    root = await admin_of(auth)
    made = await bot_of(auth, root, "read")
    now_ms, look = clock.now_ms, Bots.trade

    async def slow(bots: Bots, secret_hash: bytes, at_ms: int) -> Traded | None:
        found = await look(bots, secret_hash, at_ms)
        path = f"admin/users/{made['bot']['id']}"
        await ask(auth, root, "PATCH", path, {"disabled": True})
        monkeypatch.setattr(clock, "now_ms", lambda: now_ms() + 5_000)
        return found

    monkeypatch.setattr(Bots, "trade", slow)
    access = (await traded(auth, made["secret"]))["access_token"]
    claims = jwt.decode(access, options={"verify_signature": False})
    revoked_ms = await auth.auth.pool.fetchval(
        "SELECT at_ms FROM revocations WHERE user_id = $1 AND sid IS NULL", made["bot"]["id"]
    )
    assert claims["iat"] * 1000 < revoked_ms


@pytest.mark.parametrize("token", ["x", "parley_bot_x", "a.b.c", "parley_bot_" + "A" * 43])
async def test_what_is_no_api_token_is_not_traded(auth: Running, token: str) -> None:
    """401, an access token included."""
    headers = {"Authorization": f"Bearer {token}"}
    problem(await auth.http.post("/v1/auth/token", headers=headers), 401, "unauthorized")
    body = await auth.register("alice")
    problem(await auth.http.post("/v1/auth/token", headers=bearer(body)), 401, "unauthorized")


async def test_a_bot_does_what_its_scopes_say_and_nothing_of_people(auth: Running) -> None:
    """An admin's scope makes an admin; no bot has a password, sessions or a profile to change."""
    root = await admin_of(auth)
    weak = await traded(auth, (await bot_of(auth, root, "read", "send"))["secret"])
    strong = await traded(auth, (await bot_of(auth, root, "admin", username="strong"))["secret"])
    await ask(auth, strong, "GET", "admin/users")
    problem(await auth.http.get("/v1/auth/me", headers=bearer(strong)), 403, "forbidden")
    for method, path in (
        ("GET", "admin/users"),
        ("GET", "sessions"),
        ("DELETE", "sessions"),
        ("POST", "password"),
        ("POST", "logout"),
        ("PATCH", "me"),
    ):
        answer = await auth.http.request(method, f"/v1/auth/{path}", headers=bearer(weak))
        problem(answer, 403, "forbidden")
    problem(await auth.login("robot", ""), 401, "unauthorized")
    bot = f"{USERS}/{weak['user']['id']}"
    answer = await auth.http.patch(bot, json={"role": "admin"}, headers=bearer(root))
    assert problem(answer, 400, "invalid")["field"] == "role"
    answer = await auth.http.post(bot + "/reset", headers=bearer(root))
    problem(answer, 400, "invalid")


async def test_a_bot_has_twenty_tokens_at_most(auth: Running) -> None:
    """409; a person is no bot: 404."""
    root = await admin_of(auth)
    made = await bot_of(auth, root, "read")
    path = f"/v1/auth/bots/{made['bot']['id']}/tokens"
    for _ in range(19):
        answer = await auth.http.post(path, json={"scopes": ["read"]}, headers=bearer(root))
        assert answer.status_code == 201
    answer = await auth.http.post(path, json={"scopes": ["read"]}, headers=bearer(root))
    problem(answer, 409, "conflict")
    path = f"/v1/auth/bots/{root['user']['id']}/tokens"
    answer = await auth.http.post(path, json={"scopes": ["read"]}, headers=bearer(root))
    problem(answer, 404, "not_found")


async def test_two_names_that_look_alike_are_not_both_given(auth: Running) -> None:
    """409, for people and bots alike."""
    root = await admin_of(auth)
    form = {"username": "r00t", "password": PASSWORD}
    problem(await auth.http.post("/v1/auth/register", json=form), 409, "conflict")
    for path in ("admin/users", "bots"):
        form = {"username": "ro0t", "scopes": ["read"]}  # type: ignore[dict-item]
        answer = await auth.http.post(f"/v1/auth/{path}", json=form, headers=bearer(root))
        assert problem(answer, 409, "conflict")["field"] == "username"
