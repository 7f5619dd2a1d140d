"""Who is let in: by invitation, by mail, by nobody; and a lost password, with mail and without."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from auth.settings import AuthSettings
from services.settings import Env, SettingsError
from tests.auth.admins import admin_of, ask, command
from tests.auth.post import link_in, post
from tests.auth.running import CHEAP, PASSWORD, Running, bearer, problem, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
NEW = "battery staple"


@asynccontextmanager
async def door(auth: Running, **settings: str) -> AsyncIterator[Running]:
    """Another replica on the same database, with other settings."""
    base = auth.auth.settings
    urls = base.postgres_url, base.base.nats_urls[0]
    async with running(*urls, CHEAP, **settings) as other:
        yield other


async def register(auth: Running, username: str, link: str | None) -> httpx.Response:
    """Try to make an account, by the link of an invitation if there is one."""
    form: dict[str, Any] = {"username": username, "password": PASSWORD}
    if link is not None:
        form["invitation"] = link.partition("#")[2]
    return await auth.http.post("/v1/auth/register", json=form)


async def test_by_invitation_whoever_has_a_good_one_is_let_in(auth: Running) -> None:
    """As often as it says, not after it was withdrawn; a name that is taken uses none up."""
    async with door(auth, PARLEY_REGISTRATION="invite", PARLEY_CONTACT="ann@example.org") as shut:
        plan = (await shut.http.get("/v1/auth/door")).json()
        assert plan == {
            "registration": "invite",
            "domains": [],
            "reset": "admin",
            "contact": "ann@example.org",
        }
        problem(await register(shut, "alice", None), 403, "forbidden")
        problem(await register(shut, "alice", "#i_" + "A" * 43), 403, "forbidden")
        made = await command(shut, "invite", "--uses", "2", "--note", "for the choir")
        link = made["link"]["url"]
        assert link.startswith("https://chat.example/invite#i_")
        assert (await register(shut, "alice", link)).status_code == 201
        problem(await register(shut, "alice", link), 409, "conflict")
        (left,) = await command(shut, "invitations")
        assert (left["uses_left"], left["note"]) == (1, "for the choir")
        assert (await register(shut, "bob", link)).status_code == 201
        refused = problem(await register(shut, "carol", link), 403, "forbidden")
        assert refused["field"] == "invitation"
        made = await command(shut, "invite")
        for _ in range(2):
            await command(shut, "withdraw", made["invitation"]["id"])
        problem(await register(shut, "carol", made["link"]["url"]), 403, "forbidden")


async def test_two_who_use_the_last_invitation_do_not_both_come_in(auth: Running) -> None:
    """One is let in, and the other one's account is not there."""
    async with door(auth, PARLEY_REGISTRATION="invite") as shut:
        link = (await command(shut, "invite"))["link"]["url"]
        names = [f"racer-{n}" for n in range(4)]
        answers = await asyncio.gather(*(register(shut, name, link) for name in names))
        assert sorted(answer.status_code for answer in answers) == [201, 403, 403, 403]
        assert await shut.auth.pool.fetchval("SELECT count(*) FROM accounts") == 1


async def test_admins_invite_over_http(auth: Running) -> None:
    """With their name beside it; uses and days have bounds."""
    root = await admin_of(auth)
    made = await ask(auth, root, "POST", "admin/invitations", {"note": "x"})
    assert made["invitation"]["created_by"] == root["user"]["id"]
    listed = (await ask(auth, root, "GET", "admin/invitations"))["invitations"]
    assert listed == [made["invitation"]]
    await ask(auth, root, "DELETE", f"admin/invitations/{made['invitation']['id']}")
    assert (await ask(auth, root, "GET", "admin/invitations"))["invitations"] == []
    for bad in ({"uses": 0}, {"uses": 1_001}, {"expires_days": 91}, {"note": "\x07"}):
        path = "/v1/auth/admin/invitations"
        answer = await auth.http.post(path, json=bad, headers=bearer(root))
        assert problem(answer, 400, "invalid")["field"] in bad


async def test_closed_is_closed_to_everyone(auth: Running) -> None:
    """An invitation does not help; an admin makes the account."""
    async with door(auth, PARLEY_REGISTRATION="closed") as shut:
        link = (await command(shut, "invite"))["link"]["url"]
        problem(await register(shut, "alice", link), 403, "forbidden")
        assert await command(shut, "create", "alice")


async def test_by_domain_an_invitation_is_mailed(auth: Running) -> None:
    """To addresses of that domain alone; who comes by it has that address, proved."""
    async with (
        post() as office,
        door(
            auth,
            PARLEY_REGISTRATION="domain",
            PARLEY_REGISTRATION_DOMAINS="Example.org, example.net",
            PARLEY_SMTP_URL=f"smtp://127.0.0.1:{office.port}",
            PARLEY_MAIL_FROM="parley@example.org",
        ) as shut,
    ):
        path = "/v1/auth/invitations/request"
        assert (await shut.http.get("/v1/auth/door")).json()["domains"] == [
            "example.org",
            "example.net",
        ]
        for address, code in (
            ("eve@evil.example", "forbidden"),
            ("eve@evil.example,a@example.org", "invalid"),
            ("a@example.org\r\nBcc: x@evil.example", "invalid"),
            ("example.org", "invalid"),
        ):
            answer = await shut.http.post(path, json={"email": address})
            assert answer.json()["code"] == code
        answer = await shut.http.post(path, json={"email": "Alice@Example.org"})
        assert answer.status_code == 204
        mail = await office.next()
        assert (mail["to"], mail["from"]) == ("alice@example.org", "parley@example.org")
        problem(await register(shut, "alice", None), 403, "forbidden")
        alice = await register(shut, "alice", link_in(mail))
        assert alice.status_code == 201
        account = await shut.http.get("/v1/auth/account", headers=bearer(alice.json()))
        assert account.json()["email"] == "alice@example.org"


async def test_a_lost_password_is_mailed_a_link(auth: Running) -> None:
    """Asked for by name or address; the answer is the same for nobody, and nothing is sent."""
    async with (
        post() as office,
        door(
            auth,
            PARLEY_SMTP_URL=f"smtp://127.0.0.1:{office.port}",
            PARLEY_MAIL_FROM="parley@example.org",
        ) as shut,
    ):
        assert (await shut.http.get("/v1/auth/door")).json()["reset"] == "mail"
        alice = await shut.register("alice")
        await shut.register("bob")
        form = {"email": "Alice@example.org", "password": PASSWORD}
        headers = bearer(alice)
        wrong = {**form, "password": "not mine"}
        answer = await shut.http.post("/v1/auth/email", json=wrong, headers=headers)
        assert problem(answer, 400, "invalid")["field"] == "password"
        answer = await shut.http.post("/v1/auth/email", json=form, headers=headers)
        assert answer.status_code == 204
        answers = []
        for asked in ("nobody", "bob", "no name!", "x@y.example", "alice", "alice@EXAMPLE.org"):
            answer = await shut.http.post("/v1/auth/reset", json={"username": asked})
            answers.append((answer.status_code, answer.content))
        assert set(answers) == {(204, b"")}
        first, second = await office.next(), await office.next()
        assert office.empty
        assert (first["to"], second["to"]) == ("alice@example.org",) * 2
        assert "alice" in first.get_content()
        token = link_in(second).partition("#")[2]
        form = {"token": token, "password": NEW}
        assert (await shut.http.post("/v1/auth/reset/confirm", json=form)).status_code == 204
        assert (await shut.login("alice", NEW)).status_code == 200


async def test_without_mail_a_lost_password_is_told_whom_to_ask(auth: Running) -> None:
    """403, for everyone the same, with the contact in its words."""
    async with door(auth, PARLEY_CONTACT="Ann, room 7") as shut:
        await shut.register("alice")
        for name in ("alice", "nobody"):
            answer = await shut.http.post("/v1/auth/reset", json={"username": name})
            assert "Ann, room 7" in problem(answer, 403, "forbidden")["detail"]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"PARLEY_REGISTRATION": "domain"}, "PARLEY_REGISTRATION_DOMAINS"),
        ({"PARLEY_REGISTRATION": "domain"}, "PARLEY_SMTP_URL"),
        ({"PARLEY_SMTP_URL": "smtp://mail:25"}, "PARLEY_MAIL_FROM"),
        ({"PARLEY_SMTP_URL": "mail:25", "PARLEY_MAIL_FROM": "a@b.example"}, "PARLEY_SMTP_URL"),
    ],
)
async def test_mail_that_could_not_work_is_told_at_the_start(
    settings: dict[str, str], name: str
) -> None:
    """One sentence with the name of what is missing."""
    with pytest.raises(SettingsError, match=name):
        AuthSettings.read(Env(settings))
