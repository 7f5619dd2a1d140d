"""Messages sent over HTTP: the guarantees of `send`, one by one."""

import asyncio
from typing import Any

import msgspec
import pytest

from proto import ids, limits, subjects
from services import clock
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, key, user
from tests.history.test_amending_http import at

pytestmark = pytest.mark.asyncio(loop_scope="module")


def old_key() -> str:
    """A key that the log's own memory need not have any more."""
    return ids.uuid7(clock.now_ms() - limits.DEDUPE_WINDOW_MS, bytes(range(10)))


async def post(replica: Replica, who: str, room: str, **fields: Any) -> tuple[int, Any]:  # noqa: ANN401
    """Say something; the status and the answer."""
    form = {"key": key(), "text": "hello", **fields}
    answer = await replica.ask(who, "POST", f"/v1/rooms/{room}/messages", form)
    return answer.status_code, answer.json()


async def test_what_is_said_is_in_the_log_with_all_its_fields(replica: Replica, peer: Peer) -> None:
    """As a gateway would have written it, and as a page shows it; the key in lower case."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    first = await peer.say(room, bob, "what?")
    made = key()
    fields = {"key": made.upper(), "text": f"this, @{bob}", "reply_to": first, "thread": 7}
    status, said = await post(replica, ada, room, **fields)
    assert status == 201
    (record,) = (await peer.log.read(subjects.room_log(room), said["seq"] - 1, 1)).records
    assert record.message_id == subjects.message_id(room, ada, made)
    event = msgspec.json.decode(record.data)
    assert (event["type"], event["id"], event["sender"], event["text"]) == (
        "message", made, ada, said["text"],
    )  # fmt: skip
    names = (event["sender_name"], said["sender_name"])
    assert names == (ada.capitalize(), ada.capitalize())
    assert (event["mentions"], event["ts"]) == ([bob], said["ts"])
    shown = await replica.ask.ok(bob, "GET", at(room, said["seq"]))
    assert shown == {**said, "prev": first}
    assert (shown["quote"]["text"], shown["thread"]) == ("what?", 7)


@pytest.mark.parametrize("make", [key, old_key])
async def test_one_key_is_one_message(replica: Replica, peer: Peer, make: Any) -> None:  # noqa: ANN401
    """Two at once and one later, whatever the text: one is new, the others get it with 200; so
    does a retry of what a gateway was sent."""
    ada = user()
    room = await replica.room(ada)
    made = make()
    answers = await asyncio.gather(*(post(replica, ada, room, key=made) for _ in range(2)))
    assert sorted(status for status, _ in answers) == [200, 201]
    later = await post(replica, ada, room, key=made.upper(), text="other")
    assert later[0] == 200
    assert {answer["seq"] for _, answer in (*answers, later)} == {answers[0][1]["seq"]}
    assert later[1]["text"] == "hello"
    kinds = [kind for (kind,) in await peer.log_of(room)]
    assert kinds.count("message") == 1


async def test_a_retry_after_a_removal_is_still_the_same_message(
    replica: Replica, peer: Peer
) -> None:
    """An error would say that the message is nowhere; a new one is refused."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob, kind="public")
    made = key()
    _, said = await post(replica, bob, room, key=made)
    await replica.ask.ok(ada, "DELETE", f"/v1/rooms/{room}/members/{bob}")
    again = await post(replica, bob, room, key=made)
    assert (again[0], again[1]["seq"]) == (200, said["seq"])
    status, problem = await post(replica, bob, room)
    assert (status, problem["code"]) == (403, "forbidden")


async def test_a_key_from_the_future_is_told_the_clock(replica: Replica) -> None:
    """As on the socket: nothing was stored, and the client corrects its clock."""
    ada = user()
    room = await replica.room(ada)
    late = ids.uuid7(clock.now_ms() + limits.KEY_AHEAD_MS + 5_000, bytes(10))
    for bad in (late, "7"):
        form = {"key": bad, "text": "hello"}
        answer = await replica.ask(ada, "POST", f"/v1/rooms/{room}/messages", form)
        problem = refused(answer, 400, "bad_key")
        assert problem["field"] == "key"
        assert abs(problem["server_time_ms"] - clock.now_ms()) < 60_000


async def test_what_a_room_asks_of_its_members_holds(replica: Replica) -> None:
    """Muted, too fast for slow mode, archived; and so many in ten seconds and no more."""
    ada, bob, eve = user(), user(), user()
    room = await replica.room(ada, bob, eve)
    await replica.ask.ok(ada, "PUT", f"/v1/rooms/{room}/mutes/{eve}", {})
    status, problem = await post(replica, eve, room)
    assert (status, problem["code"]) == (403, "forbidden")
    await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}", {"slow_mode_seconds": 600})
    assert (await post(replica, bob, room))[0] == 201
    status, problem = await post(replica, bob, room)
    assert (status, problem["code"]) == (429, "rate_limited")
    assert problem["retry_after_ms"] > 500_000
    assert (await post(replica, ada, room))[0] == 201
    await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}", {"archived": True})
    assert (await post(replica, ada, room))[0] == 403
    other = await replica.room(ada)
    answers = await asyncio.gather(*(post(replica, ada, other) for _ in range(70)))
    codes = [status for status, _ in answers]
    assert set(codes) == {201, 429}
    assert codes.count(201) <= 50
