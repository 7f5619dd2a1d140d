"""Bad frames on a living conversation: each is answered as documented, and costs nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from proto import limits
from proto.codes import ErrorCode
from tests.bad_input.frames import IGNORED, TABLE, Case, encoded
from tests.bad_input.places import fill
from tests.bad_input.scene import Scene, heard, scene
from tests.local_stack import LocalStack
from tests.system.raw import Raw

pytestmark = pytest.mark.asyncio(loop_scope="module")
CASES = [pytest.param(case, id=case.name) for cases in TABLE.values() for case in cases]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(stack: LocalStack) -> AsyncIterator[Scene]:
    """The witnesses, and the one who errs."""
    async with scene(stack) as made:
        yield made


@pytest.mark.parametrize("case", CASES)
async def test_a_bad_frame_is_answered_and_costs_nothing_else(place: Scene, case: Case) -> None:
    """One `error` with the documented code; others and the sender's own next frames go through."""
    async with place.witnesses.undisturbed(), Raw(place.stack.url, place.token) as socket:
        await socket.send_as_is(encoded(fill(case.sent, place.known)))
        error = await socket.until("error")
        assert (error["code"], error.get("field")) == (case.code, case.field)
        assert error.get("id") == case.request
        # A sentence for a developer, which does not bring back what was sent.
        assert 0 < len(error["message"]) < 200
        if case.code is ErrorCode.BAD_KEY:
            assert error["server_time_ms"] > 0
        assert (await socket.say(place.room, "still here"))["type"] == "ok"
        assert [frame["type"] for frame in socket.seen].count("error") == 1
        assert "bad" not in [frame.get("text") for frame in socket.seen]


@pytest.mark.parametrize("name", IGNORED)
async def test_what_has_no_answer_is_ignored_where_one_is_not(place: Scene, name: str) -> None:
    """Nothing comes back but what others say, and nothing of it reaches anyone."""
    async with place.witnesses.undisturbed(), Raw(place.stack.url, place.token) as socket:
        await socket.send_as_is(encoded(fill(IGNORED[name], place.known)))
        assert {frame["type"] for frame in await socket.nothing_more()} <= {"message"}
        assert (await socket.say(place.room, "still here"))["type"] == "ok"


@pytest.mark.parametrize("bad", ["{", "[]", b"{}", '{"type":"sync","id":"1"}'])
async def test_fifteen_bad_frames_in_a_row_close(place: Scene, bad: str | bytes) -> None:
    """Ten are answered, and with the tenth the connection ends with 4510."""
    async with place.witnesses.undisturbed(), Raw(place.stack.url, place.token) as socket:
        for _ in range(15):
            await socket.send_as_is(bad)
        assert await socket.close_code() == 4510
        codes = [frame["code"] for frame in socket.seen if frame["type"] == "error"]
        assert codes == ["bad_frame"] * limits.BAD_FRAMES_PER_MINUTE


async def test_what_an_older_server_does_not_know_is_no_bad_frame(place: Scene) -> None:
    """`unknown_type` and `invalid` are answered as often as they come: a newer client may try."""
    async with place.witnesses.undisturbed(), Raw(place.stack.url, place.token) as socket:
        for _ in range(15):
            await socket.send({"type": "shout"})
            await socket.send({"type": "status", "status": "away"})
        for _ in range(15):
            assert (await socket.until("error"))["code"] == "unknown_type"
            assert (await socket.until("error"))["code"] == "invalid"
        assert (await socket.say(place.room, "still here"))["type"] == "ok"


async def test_unknown_fields_are_ignored(place: Scene) -> None:
    """Whatever they hold: they are a newer client's."""
    async with place.witnesses.undisturbed(), Raw(place.stack.url, place.token) as socket:
        extra = {"shape": {"a": [1, None, "\0"]}, "seq": "no number", "sender": "somebody else"}
        answer = await socket.say(place.room, "still here", **extra)
        event = await heard(socket, answer["result"]["seq"])
        assert set(extra).isdisjoint(set(event) - {"seq", "sender"})
        assert event["sender"] != "somebody else"


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE history.events; --",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "${jndi:ldap://x} {{7*7}} %s %n \\u0000 \\",
        "a\r\nb\tc\u2028d\u0007\u001b[31m",
        "\u202eright to left\u202c \u200b \ufeff \U0001f469\u200d\U0001f680",
        "\ufffe\uffff\ue000 not for exchange",
        "x" * limits.TEXT_BYTES,
        "\U0001f680" * (limits.TEXT_BYTES // 4),
    ],
)
async def test_a_text_is_a_text(place: Scene, text: str) -> None:
    """SQL, HTML, escapes, control characters, the longest: stored and sent as they were written."""
    async with place.witnesses.undisturbed(), Raw(place.stack.url, place.token) as socket:
        answer = await socket.say(place.room, text)
        seq = answer["result"]["seq"]
        assert (await heard(socket, seq))["text"] == text
        sync = {"type": "sync", "id": "s", "room": place.room, "after": seq - 1, "limit": 1}
        (replayed,) = (await socket.ask(sync))["result"]["events"]
        assert replayed["text"] == text
