"""What is asked over HTTP about messages, and what an answer becomes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import pytest
from parley_sdk import Api, FixedToken, new_key

from proto import ids
from tests.sdk.peer_uvicorn import http_peer
from tests.sdk.test_api import MESSAGE, USER

CALLS: list[tuple[str, str, object, object, Callable[[Api], Awaitable[object]]]] = [
    (
        "POST /v1/rooms/r1/messages",
        "",
        {"key": "k", "text": "hi", "reply_to": 3, "thread": None, "attachments": None},
        MESSAGE,
        lambda api: api.post("r1", "hi", key="k", reply_to=3),
    ),
    ("GET /v1/rooms/r1/messages/7", "", None, MESSAGE, lambda api: api.message("r1", 7)),
    (
        "PATCH /v1/rooms/r1/messages/7",
        "",
        {"text": "new"},
        MESSAGE,
        lambda api: api.edit_message("r1", 7, "new"),
    ),
    ("DELETE /v1/rooms/r1/messages/7", "", None, None, lambda api: api.delete_message("r1", 7)),
    (
        "GET /v1/rooms/r1/messages/7/edits",
        "",
        None,
        {"versions": [{"text": "old", "ts": 5}]},
        lambda api: api.edits("r1", 7),
    ),
    (
        "PUT /v1/rooms/r1/messages/7/reactions/%F0%9F%91%8D",
        "",
        None,
        None,
        lambda api: api.react("r1", 7, "👍"),
    ),
    (
        "DELETE /v1/rooms/r1/messages/7/reactions/%23%EF%B8%8F%E2%83%A3",
        "",
        None,
        None,
        lambda api: api.unreact("r1", 7, "#️⃣"),
    ),
    (
        "GET /v1/rooms/r1/messages/7/reactions",
        "",
        None,
        {"reactions": [{"emoji": "👍", "count": 1, "me": True, "users": [USER]}]},
        lambda api: api.reactions("r1", 7),
    ),
    ("PUT /v1/rooms/r1/messages/7/pin", "", None, None, lambda api: api.pin("r1", 7)),
    ("DELETE /v1/rooms/r1/messages/7/pin", "", None, None, lambda api: api.unpin("r1", 7)),
    ("GET /v1/rooms/r1/pins", "", None, {"messages": [MESSAGE]}, lambda api: api.pins("r1")),
    ("GET /v1/emoji", "", None, {"emoji": [], "may_add": "admins"}, lambda api: api.emoji()),
    ("DELETE /v1/emoji/party", "", None, None, lambda api: api.remove_emoji("party")),
    ("DELETE /v1/media/avatars/me", "", None, None, lambda api: api.remove_avatar()),
]


@pytest.mark.parametrize(
    ("line", "query", "body", "answer", "call"), CALLS, ids=[call[0] for call in CALLS]
)
async def test_calls(
    line: str, query: str, body: object, answer: object, call: Callable[[Api], Awaitable[object]]
) -> None:
    """Each asks what protocol.md says, as the user, and gives the answer typed."""
    async with http_peer() as server, Api(server.url, FixedToken("token")) as api:
        server.then(answer, 204 if answer is None else 200)
        given = await call(api)
        (asked,) = server.asked
    assert f"{asked.method} {asked.path}" == line
    assert (asked.query, asked.body, asked.token) == (query, body, "Bearer token")
    assert not isinstance(given, dict)


def test_keys_are_made_once_for_each_message() -> None:
    """UUIDv7, by this machine's clock."""
    first, second = new_key(), new_key()
    assert first != second
    assert abs((ids.key_ms(first) or 0) - time.time() * 1000) < 60_000
