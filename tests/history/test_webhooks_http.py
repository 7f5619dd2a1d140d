"""Incoming webhooks over HTTP: who makes them, what comes by them, and how they end."""

import asyncio

import httpx
import pytest

from proto import limits
from services.settings import Rate
from services.window import Window
from tests.history.client_httpx import refused
from tests.history.running import Replica, key, user
from tests.history.tokens_jwt import ISSUER

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def made(replica: Replica, who: str, room: str, name: str = "CI") -> tuple[str, str]:
    """A new webhook's path in the room, and the path to post to."""
    path = f"/v1/rooms/{room}/webhooks"
    answer = await replica.ask(who, "POST", path, {"name": name})
    assert answer.status_code == 201
    found = answer.json()
    assert found["url"] == f"{ISSUER}/v1/hooks/{found['webhook']['id']}/{found['secret']}"
    return f"{path}/{found['webhook']['id']}", found["url"].removeprefix(ISSUER)


async def post(replica: Replica, path: str, text: str, **headers: str) -> httpx.Response:
    """Post something, without a token."""
    return await replica.ask("", "POST", path, {"text": text}, **headers)


async def test_a_post_is_a_message(replica: Replica) -> None:
    """In the name of who made it, with the webhook's name above, translated from Slack; as JSON or
    as a form; and moderators see the webhook without its secret."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    path, url = await made(replica, ada, room)
    answer = await post(replica, url, f"*done*, <@{bob}> <!channel>")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert answer.headers["content-type"].startswith("text/plain")
    form = "payload=%7B%22text%22%3A%22by+form%22%7D"
    headers = {"content-type": "text/css"}
    plain = await replica.ask._http.post(url, content=form, headers=headers)
    assert plain.text == "ok"
    page = await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}/messages")
    first, second = page["messages"]
    assert first["text"] == f"**CI**\n**done**, @{bob} @room"
    assert (first["sender"], first["sender_name"]) == (ada, ada.capitalize())
    assert (first["mentions"], first["everyone"]) == ([bob], True)
    assert second["text"] == "**CI**\nby form"
    listed = await replica.ask(ada, "GET", path.rpartition("/")[0])
    (webhook,) = listed.json()["webhooks"]
    assert (webhook["name"], webhook["kind"], webhook["by"]["id"]) == ("CI", "incoming", ada)
    assert url.rpartition("/")[2] not in listed.text
    audit = await replica.ask(ada, "GET", f"/v1/rooms/{room}/audit")
    assert audit.json()["entries"][0]["action"] == "webhook.created"
    assert url.rpartition("/")[2] not in audit.text


async def test_a_key_is_one_message(replica: Replica) -> None:
    """Two at once and one later, whether it is a message key or any other; and it is one of this
    webhook alone."""
    ada = user()
    room = await replica.room(ada)
    _, url = await made(replica, ada, room)
    _, other = await made(replica, ada, room)
    for given in (key(), "build 7".replace(" ", "-")):
        both = (post(replica, url, f"once {given}", idempotency_key=given) for _ in range(2))
        answers = [*await asyncio.gather(*both)]
        answers.append(await post(replica, url, "again", idempotency_key=given))
        assert [one.text for one in answers] == ["ok"] * 3
    await post(replica, other, "other", idempotency_key="build-7")
    page = await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/messages")
    texts = [message["text"].partition("\n")[2] for message in page["messages"]]
    assert len(texts) == 3
    assert texts[2] == "other"
    refused(await post(replica, url, "x", idempotency_key="a b"), 400, "invalid")


async def test_what_is_refused(replica: Replica) -> None:
    """A wrong secret before anything is read; a body that says nothing, or too much."""
    ada = user()
    room = await replica.room(ada)
    _, url = await made(replica, ada, room)
    stem, _, secret = url.rpartition("/")
    for wrong in (f"{stem}/{secret[:-1]}", f"/v1/hooks/none/{secret}", f"{stem}/x"):
        refused(await replica.ask("", "POST", wrong, {"text": 7}), 404, "not_found")
    refused(await replica.ask("", "POST", url, {"text": 7}), 400, "bad_frame")
    problem = refused(await replica.ask("", "POST", url, {"username": "x"}), 400, "invalid")
    assert problem["field"] == "text"
    refused(await post(replica, url, "x" * limits.TEXT_BYTES), 413, "too_large")
    page = await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/messages")
    assert page["messages"] == []


async def test_a_webhook_ends(replica: Replica) -> None:
    """By being removed, by another secret, and with the say of who made it; then a post is 404."""
    ada, mod, gone, left = user(), user(), user(), user()
    room = await replica.room(ada)
    members = f"/v1/rooms/{room}/members"
    for other in (mod, gone, left):
        await replica.ask.ok(ada, "POST", members, {"user": other, "role": "moderator"})
    hooks = {who: await made(replica, who, room) for who in (ada, mod, gone, left)}
    removed, url = await made(replica, ada, room)
    for _ in range(2):
        await replica.ask.ok(mod, "DELETE", removed)
    refused(await post(replica, url, "x"), 404, "not_found")
    refused(await replica.ask(ada, "POST", f"{removed}/secret"), 404, "not_found")
    path, former = hooks[ada]
    rotated = await replica.ask.ok(mod, "POST", f"{path}/secret")
    url = rotated["url"].removeprefix(ISSUER)
    refused(await post(replica, former, "x"), 404, "not_found")
    assert (await post(replica, url, "x")).text == "ok"
    await replica.ask.ok(ada, "PATCH", f"{members}/{mod}", {"role": "member"})
    await replica.ask.ok(ada, "DELETE", f"{members}/{gone}")
    await replica.ask.ok(left, "POST", f"/v1/rooms/{room}/leave")
    for who in (mod, gone, left):
        refused(await post(replica, hooks[who][1], "x"), 404, "not_found")
    await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}", {"archived": True})
    refused(await post(replica, url, "x"), 403, "forbidden")
    await replica.ask.ok(ada, "DELETE", f"/v1/rooms/{room}")
    refused(await post(replica, url, "x"), 404, "not_found")
    pool = replica.history.pool
    await pool.execute("INSERT INTO webhook_keys VALUES ('w', 'k', 'm', 0)")
    await replica.history.sweeper.prune()
    assert await pool.fetchval("SELECT count(*) FROM webhooks WHERE room = $1", room) == 0
    assert await pool.fetchval("SELECT count(*) FROM webhook_keys WHERE webhook = 'w'") == 0


async def test_a_room_has_so_many(replica: Replica) -> None:
    """One more is a conflict; and a direct room, whose people are equals, has none."""
    ada, bob = user(), user()
    room = await replica.room(ada)
    path = f"/v1/rooms/{room}/webhooks"
    for _ in range(limits.WEBHOOKS):
        await replica.ask.ok(ada, "POST", path, {"name": "CI"})
    refused(await replica.ask(ada, "POST", path, {"name": "CI"}), 409, "conflict")
    direct = await replica.room(ada, bob, kind="direct")
    path = f"/v1/rooms/{direct}/webhooks"
    refused(await replica.ask(ada, "POST", path, {"name": "CI"}), 403, "forbidden")


async def test_a_webhook_has_a_limit_of_its_own(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes nothing from what its maker may say, nor another one from it."""
    ada = user()
    room = await replica.room(ada)
    _, url = await made(replica, ada, room)
    _, other = await made(replica, ada, room)
    for name, count in (("hooks", 2), ("sends", 1)):
        window = Window(Rate(count, 600.0))
        monkeypatch.setitem(replica.history.meter._windows, name, window)
    path, new = f"/v1/rooms/{room}/messages", {"key": key(), "text": "mine"}
    assert (await replica.ask(ada, "POST", path, new)).status_code == 201
    for _ in range(2):
        assert (await post(replica, url, "x")).text == "ok"
    answer = await post(replica, url, "x")
    refused(answer, 429, "rate_limited")
    assert int(answer.headers["retry-after"]) > 0
    assert (await post(replica, other, "x")).text == "ok"
