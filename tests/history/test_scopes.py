"""What a bot may do: no more than its token is good for, whatever its role in a room is."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

from proto.identity import SCOPES as ALL
from tests.bad_input.scopes import SCOPES
from tests.docs.openapi import documents
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, key, user
from tests.history.tokens_jwt import token

pytestmark = pytest.mark.asyncio(loop_scope="module")
OF_HISTORY = [
    (scope, method.upper(), path)
    for path, item in documents()["history"]["paths"].items()
    for method, operation in item.items()
    if (scope := operation.get("x-scope"))
]


async def by_bot(
    replica: Replica, bot: str, scopes: str, method: str, path: str, json: object = None
) -> httpx.Response:
    """Ask as a bot whose token is good for `scopes`."""
    bearer = f"Bearer {token(bot, scope=scopes)}"
    return await replica.ask("", method, path, json, authorization=bearer)


async def test_every_operation_has_the_scope_that_is_written_down() -> None:
    """In every service: one that is new has to be put into the table, or this fails."""
    served: dict[str, set[str]] = {scope: set() for scope in SCOPES}
    for document in documents().values():
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if {"access_token": []} in operation["security"]:
                    served[operation["x-scope"]].add(f"{method.upper()} {path}")
    assert served == {scope: set(paths) for scope, paths in SCOPES.items()}
    assert sum(map(len, SCOPES.values())) == sum(map(len, served.values()))
    # Whoever may only listen changes nothing; to a GET nothing more than that is ever asked for
    # but what is for moderators or admins.
    asking = {path for path in SCOPES["read"] if not path.startswith("GET ")}
    assert asking == {"POST /v1/media/sign"}  # a question that is long
    assert "GET" not in {path.split()[0] for path in SCOPES["send"]}


async def test_a_bot_does_nothing_that_its_token_is_not_good_for(
    replica: Replica, peer: Peer
) -> None:
    """Though it owns the room: each operation is refused to a token with all other scopes."""
    bot, ada = user(), user()
    room = await replica.room(bot, ada)
    seq = await peer.say(room, bot)
    known = {"room": room, "user": ada, "seq": seq, "emoji": quote("👍"), "code": "none"}
    known |= {"webhook": "none"}
    before = await peer.log_of(room)
    for needed, method, path in OF_HISTORY:
        others = " ".join(scope for scope in ALL if scope != needed)
        answer = await by_bot(replica, bot, others, method, path.format(**known), {})
        assert f"no scope {needed}" in refused(answer, 403, "forbidden")["detail"], path
    assert await peer.log_of(room) == before
    assert (await replica.ask.ok(bot, "GET", f"/v1/rooms/{room}"))["members"] == 2


async def test_a_bot_that_talks_deletes_what_it_said_itself(replica: Replica, peer: Peer) -> None:
    """What others said only with the scope to moderate, which its role does not stand for."""
    bot, ada = user(), user()
    room = await replica.room(bot, ada)
    own, others = await peer.say(room, bot), await peer.say(room, ada)
    path = f"/v1/rooms/{room}/messages"
    answer = await by_bot(replica, bot, "read send", "DELETE", f"{path}/{others}")
    assert "no scope moderate" in refused(answer, 403, "forbidden")["detail"]
    assert (await replica.ask.ok(ada, "GET", f"{path}/{others}"))["text"] == "hello"
    for scopes, seq in (("send", own), ("send moderate", others)):
        answer = await by_bot(replica, bot, scopes, "DELETE", f"{path}/{seq}")
        assert answer.status_code == 204


@pytest.mark.parametrize(("scopes", "reaches"), [("send", False), ("send moderate", True)])
async def test_a_bot_that_talks_calls_not_everybody(
    replica: Replica,
    peer: Peer,
    scopes: str,
    reaches: bool,  # noqa: FBT001 - a parameter
) -> None:
    """`@room` is for moderators, in a message and in an edit of it; a name is for all."""
    bot, ada = user(), user()
    room = await replica.room(bot, ada)
    path = f"/v1/rooms/{room}/messages"
    said = {"key": key(), "text": f"@room @{ada.lower()}"}
    answer = await by_bot(replica, bot, scopes, "POST", path, said)
    assert (answer.json()["everyone"], answer.json()["mentions"]) == (reaches, [ada])
    edited = {"text": f"@here, @{ada.lower()}"}
    at = f"{path}/{answer.json()['seq']}"
    answer = await by_bot(replica, bot, scopes, "PATCH", at, edited)
    assert (answer.json()["everyone"], answer.json()["mentions"]) == (reaches, [ada])
