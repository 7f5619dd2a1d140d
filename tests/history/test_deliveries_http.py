"""Outgoing webhooks in history: who makes them, what is asked of them, and their dead letters."""

from typing import Any

import msgspec
import pytest

from history import deliveries_postgres
from proto import deliveries, limits, subjects
from services import clock
from services.bus import StreamSpec
from services.log_nats import Log
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, user

pytestmark = pytest.mark.asyncio(loop_scope="module")
URL = "https://hooks.example/parley"
DAY_MS = limits.WEBHOOK_SECONDS * 1000


async def made(replica: Replica, who: str, room: str) -> tuple[str, dict[str, Any]]:
    """A new webhook: its id, and what was answered."""
    form = {"kind": "outgoing", "name": "Archive", "url": URL}
    found: dict[str, Any] = await replica.ask.ok(who, "POST", f"/v1/rooms/{room}/webhooks", form)
    assert found["url"] == found["webhook"]["url"] == URL
    return str(found["webhook"]["id"]), found


async def delivery(peer: Peer, room: str, id_: str, seq: int) -> deliveries.DeliveryReply:
    """What history says is to be delivered."""
    call = deliveries.DeliveryCall(id_, room, seq)
    return await peer.call(subjects.HISTORY_DELIVERY, call, deliveries.DeliveryReply)


async def ended(peer: Peer, room: str, id_: str, seq: int, **how: Any) -> None:  # noqa: ANN401
    """Tell history how an attempt ended."""
    call = deliveries.DeliveredCall(id_, room, seq, **how)
    await peer.call(subjects.HISTORY_DELIVERED, call, deliveries.DeliveredReply)


async def shown(replica: Replica, who: str, room: str) -> dict[str, Any]:
    """The one webhook of a room."""
    listed = await replica.ask.ok(who, "GET", f"/v1/rooms/{room}/webhooks")
    (webhook,) = listed["webhooks"]
    return dict(webhook)


async def test_what_is_told_is_what_the_room_holds_now(replica: Replica, peer: Peer) -> None:
    """By the secret of now; of a deleted message not a word; of a webhook that is gone nothing."""
    ada, mod = user(), user()
    room = await replica.room(ada)
    members = f"/v1/rooms/{room}/members"
    await replica.ask.ok(ada, "POST", members, {"user": mod, "role": "moderator"})
    id_, first = await made(replica, mod, room)
    seq = await peer.say(room, ada, "a secret word")
    call = deliveries.WebhooksCall([room, "other"])
    reply = await peer.call(subjects.HISTORY_WEBHOOKS, call, deliveries.WebhooksReply)
    (one,) = reply.webhooks
    assert (one.id, one.room) == (id_, room)
    assert one.since_ms == first["webhook"]["created_ms"]
    told = await delivery(peer, room, id_, seq)
    assert (told.state, told.url, told.secret) == ("on", URL, first["secret"])
    assert told.event is not None
    assert b"a secret word" in bytes(told.event.body)
    again = await replica.ask.ok(ada, "POST", f"/v1/rooms/{room}/webhooks/{id_}/secret")
    await replica.ask.ok(ada, "DELETE", f"/v1/rooms/{room}/messages/{seq}")
    told = await delivery(peer, room, id_, seq)
    assert told.secret == again["secret"] != first["secret"]
    assert told.event is not None
    assert b"a secret word" not in bytes(told.event.body)
    assert b'"deleted":true' in bytes(told.event.body)
    assert (await delivery(peer, room, id_, seq + 1_000)).event is None
    assert (await delivery(peer, "other", id_, seq)).state == "gone"
    await replica.ask.ok(ada, "PATCH", f"{members}/{mod}", {"role": "member"})
    assert (await delivery(peer, room, id_, seq)).state == "gone"


async def test_it_is_disabled_after_a_day_and_dead_letters_are_replayed(
    replica: Replica, peer: Peer
) -> None:
    """The reason is there to read; nothing is told until it is enabled; what was not delivered is
    delivered anew, and is no dead letter then."""
    log = Log(peer.bus, subjects.WEBHOOKS_STREAM)
    name, jobs = subjects.WEBHOOKS_STREAM, (subjects.WEBHOOK_JOBS,)
    await log.ensure_stream(StreamSpec(name=name, subjects=jobs))
    ada = user()
    room = await replica.room(ada)
    id_, _ = await made(replica, ada, room)
    path = f"/v1/rooms/{room}/webhooks/{id_}"
    await ended(peer, room, id_, 3, reason="it answered 503")
    failing = await shown(replica, ada, room)
    assert failing["reason"] == "it answered 503"
    assert failing["failing_since_ms"] > 0
    assert (await delivery(peer, room, id_, 3)).failing
    await ended(peer, room, id_, 3)
    assert (await shown(replica, ada, room))["reason"] is None
    for seq in (3, 5, 4, 3):
        await ended(peer, room, id_, seq, reason="x" * 1_000, dead=True)
    assert (await shown(replica, ada, room))["disabled_ms"] is None
    pool = replica.history.pool
    began = clock.now_ms() - DAY_MS
    await pool.execute("UPDATE webhooks SET failing_since_ms = $2 WHERE id = $1", id_, began)
    await ended(peer, room, id_, 6, reason="it answered 500")
    disabled = await shown(replica, ada, room)
    assert (disabled["reason"], disabled["failing_since_ms"]) == ("it answered 500", began)
    assert disabled["disabled_ms"] > began
    assert (await delivery(peer, room, id_, 3)).state == "off"
    refused(await replica.ask(ada, "POST", f"{path}/dead-letters/replay", {}), 409, "conflict")
    for _ in range(2):
        enabled = await replica.ask.ok(ada, "PATCH", path, {"enabled": True})
        assert (enabled["disabled_ms"], enabled["failing_since_ms"]) == (None, None)
    dead = (await replica.ask.ok(ada, "GET", f"{path}/dead-letters"))["dead_letters"]
    assert [letter["seq"] for letter in dead] == [5, 4, 3]
    assert len(dead[0]["reason"]) == 250
    some = await replica.ask.ok(ada, "POST", f"{path}/dead-letters/replay", {"seqs": [4, 9]})
    rest = await replica.ask.ok(ada, "POST", f"{path}/dead-letters/replay", {})
    assert (some["replayed"], rest["replayed"]) == (1, 2)
    assert (await replica.ask.ok(ada, "GET", f"{path}/dead-letters"))["dead_letters"] == []
    page = await log.read(subjects.webhook_jobs(id_), 0, 10)
    found = [msgspec.json.decode(one.data, type=deliveries.WebhookJob) for one in page.records]
    assert [(job.webhook, job.room, job.seq) for job in found] == [
        (id_, room, 4), (id_, room, 3), (id_, room, 5),
    ]  # fmt: skip
    assert all(abs(clock.now_ms() - job.at_ms) < DAY_MS / 2 for job in found)
    stopped = await replica.ask.ok(ada, "PATCH", path, {"enabled": False})
    assert stopped["disabled_ms"] > 0
    audit = (await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/audit"))["entries"]
    actions = [entry["action"] for entry in audit]
    assert actions[:3] == ["webhook.disabled", "webhook.enabled", "webhook.created"]


async def test_a_receiver_that_wants_no_more(replica: Replica, peer: Peer) -> None:
    """410 disables at once; and an incoming one is never told, nor switched."""
    ada = user()
    room = await replica.room(ada)
    id_, _ = await made(replica, ada, room)
    await ended(peer, room, id_, 3, reason="it answered 410", dead=True, off=True)
    assert (await shown(replica, ada, room))["disabled_ms"] > 0
    incoming = await replica.ask.ok(ada, "POST", f"/v1/rooms/{room}/webhooks", {"name": "CI"})
    path = f"/v1/rooms/{room}/webhooks/{incoming['webhook']['id']}"
    refused(await replica.ask(ada, "PATCH", path, {"enabled": False}), 409, "conflict")
    refused(await replica.ask(ada, "GET", f"{path}/dead-letters"), 404, "not_found")


async def test_dead_letters_are_bounded(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest stay; and with the webhook they are gone."""
    monkeypatch.setattr(limits, "DEAD_LETTERS", 2)
    ada, pool = user(), replica.history.pool
    room = await replica.room(ada)
    id_, _ = await made(replica, ada, room)
    for seq in (1, 4, 2, 3):
        await deliveries_postgres.bury(pool, id_, seq, "why", seq)
    kept = await deliveries_postgres.dead_letters(pool, id_)
    assert [letter.seq for letter in kept] == [4, 3]
    await replica.ask.ok(ada, "DELETE", f"/v1/rooms/{room}/webhooks/{id_}")
    assert await deliveries_postgres.dead_letters(pool, id_) == []
    await deliveries_postgres.bury(pool, id_, 9, "late", 9)
