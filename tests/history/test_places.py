"""Every operation of a room, tried where one is not: rooms that are not there, of others, left,
ended; public ones one has not joined; and places of the log that hold no message of it."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from proto import limits
from tests.docs.openapi import documents
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, key, user

pytestmark = pytest.mark.asyncio(loop_scope="module")
OK, NONE, NO, CONFLICT = 200, 404, 403, 409
_CODES = {NONE: "not_found", NO: "forbidden", CONFLICT: "conflict"}
_LIKE = quote("👍")
# Read here: it runs a loop of its own, which none of the tests below can.
PATHS = documents()["history"]["paths"]


class Row(NamedTuple):
    """What an operation is answered: to one who is not a member of a public room, and to a plain
    member. `left`: to one who has left a private room, to which all else is `not_found`; `banned`:
    to one who was banned from it, if that is something else."""

    visitor: int
    member: int
    json: Any = None
    left: int = NONE
    banned: int | None = None


def _seen() -> Row:
    return Row(OK, OK)


def _said(json: object = None) -> Row:
    return Row(NO, OK, json)


def _managed(json: object = None) -> Row:
    return Row(NO, NO, json)


ROOM = "/v1/rooms/{room}"
MESSAGE = ROOM + "/messages/{seq}"
ROWS = {
    f"GET {ROOM}": _seen(),
    f"PATCH {ROOM}": _managed({"topic": "bad"}),
    f"DELETE {ROOM}": _managed(),
    f"GET {ROOM}/members": _seen(),
    f"POST {ROOM}/members": _managed({"user": "{owner}"}),
    f"PATCH {ROOM}/members/{{user}}": _managed({"role": "member"}),
    f"DELETE {ROOM}/members/{{user}}": _managed(),
    f"GET {ROOM}/bans": _managed(),
    f"GET {ROOM}/bans/me": Row(NONE, NONE, banned=OK),
    f"PUT {ROOM}/bans/{{user}}": _managed({}),
    f"DELETE {ROOM}/bans/{{user}}": _managed(),
    f"GET {ROOM}/mutes": _managed(),
    f"PUT {ROOM}/mutes/{{user}}": _managed({}),
    f"DELETE {ROOM}/mutes/{{user}}": _managed(),
    f"GET {ROOM}/audit": _managed(),
    f"POST {ROOM}/invites": _managed({}),
    f"GET {ROOM}/invites": _managed(),
    f"DELETE {ROOM}/invites/{{code}}": _managed(),
    f"GET {ROOM}/webhooks": _managed(),
    f"POST {ROOM}/webhooks": _managed({"name": "CI"}),
    f"DELETE {ROOM}/webhooks/{{webhook}}": _managed(),
    f"POST {ROOM}/webhooks/{{webhook}}/secret": _managed(),
    f"PATCH {ROOM}/webhooks/{{webhook}}": _managed({"enabled": True}),
    f"GET {ROOM}/webhooks/{{webhook}}/dead-letters": _managed(),
    f"POST {ROOM}/webhooks/{{webhook}}/dead-letters/replay": _managed({}),
    f"GET {ROOM}/messages": _seen(),
    f"POST {ROOM}/messages": _said({"key": "{key}", "text": "x"}),
    f"PUT {ROOM}/read": _said({"seq": 1}),
    f"GET {MESSAGE}": _seen(),
    f"PATCH {MESSAGE}": _managed({"text": "bad"}),
    f"DELETE {MESSAGE}": _managed(),
    f"GET {MESSAGE}/edits": _managed(),
    f"GET {MESSAGE}/reactions": _seen(),
    f"PUT {MESSAGE}/reactions/{{emoji}}": _said(),
    f"DELETE {MESSAGE}/reactions/{{emoji}}": _said(),
    f"PUT {MESSAGE}/pin": _managed(),
    f"DELETE {MESSAGE}/pin": _managed(),
    f"GET {ROOM}/pins": _seen(),
    f"PUT {ROOM}/preferences": _said({"muted": False}),
    f"GET {ROOM}/receipts": _said(),
    # They change who is a member, so they come last.
    f"POST {ROOM}/leave": Row(OK, OK, None, OK),
    f"POST {ROOM}/join": Row(OK, OK),
}
# What is asked for of a message that is deleted; what is not here is answered as of any other one.
DELETED = {
    f"PATCH {MESSAGE}": NONE,
    f"PUT {MESSAGE}/reactions/{{emoji}}": NONE,
    f"PUT {MESSAGE}/pin": NONE,
}


class Asked:
    """Operations, asked as somebody of a room."""

    def __init__(self, replica: Replica, owner: str, seq: int) -> None:
        """`seq`: the place of a message that the owner said."""
        self._replica = replica
        self._owner = owner
        self._seq = seq

    async def of(
        self, who: str, room: str, operation: str, status: int, seq: int | None = None
    ) -> None:
        """Ask, and see that it is answered so: with this status, or any good one for 200."""
        method, _, template = operation.partition(" ")
        known = {"room": room, "user": self._owner, "emoji": _LIKE, "code": "none"}
        known["webhook"] = "none"
        path = template.format(**known, seq=self._seq if seq is None else seq)
        json = {
            name: value.replace("{key}", key()).replace("{owner}", self._owner)
            if isinstance(value, str)
            else value
            for name, value in (ROWS[operation].json or {}).items()
        }
        body = None if ROWS[operation].json is None else json
        answer = await self._replica.ask(who, method, path, body)
        if status == OK:
            assert answer.is_success, (operation, room, answer.text)
        else:
            refused(answer, status, _CODES[status])


async def test_every_operation_of_a_room_is_tried() -> None:
    """A new one is put into the table, or this fails."""
    served = {
        f"{method.upper()} {path}"
        for path, item in PATHS.items()
        for method in item
        if "{room}" in path
    }
    assert served == set(ROWS)


async def test_a_room_that_is_not_there_for_somebody_is_not_there(
    replica: Replica, peer: Peer
) -> None:
    """Whatever is asked of it: none with that id, a private or direct room of others, one that was
    left or ended, and one that somebody was removed or banned from, but that one is told so."""
    ada, bob, eve = user(), user(), user()
    private, left, ended, closed = [await replica.room(ada, eve) for _ in range(4)]
    stranger, direct = await replica.room(ada), await replica.room(ada, bob, kind="direct")
    asked = Asked(replica, ada, await peer.say(stranger, ada))
    await replica.ask.ok(eve, "POST", f"/v1/rooms/{left}/leave")
    await replica.ask.ok(ada, "DELETE", f"/v1/rooms/{private}/members/{eve}")
    await replica.ask.ok(ada, "PUT", f"/v1/rooms/{closed}/bans/{eve}", {})
    await replica.ask.ok(ada, "DELETE", f"/v1/rooms/{ended}")
    for operation, row in ROWS.items():
        for room in ("r_none", stranger, direct, ended):
            await asked.of(eve, room, operation, NONE)
        for room in (left, private):
            await asked.of(eve, room, operation, row.left)
        await asked.of(eve, closed, operation, row.left if row.banned is None else row.banned)


async def test_a_public_room_is_looked_at_and_no_more(replica: Replica, peer: Peer) -> None:
    """By one who has not joined it, and by one who has left it."""
    ada, eve, cid = user(), user(), user()
    room = await replica.room(ada, cid, kind="public")
    seq = await peer.say(room, ada)
    asked = Asked(replica, ada, seq)
    await replica.ask.ok(cid, "POST", f"/v1/rooms/{room}/leave")
    before = await peer.log_of(room)
    for operation, row in ROWS.items():
        if operation.endswith("/join"):
            assert await peer.log_of(room) == before
        for who in (eve, cid):
            await asked.of(who, room, operation, row.visitor)


async def test_a_member_does_what_members_do(replica: Replica, peer: Peer) -> None:
    """What is for moderators, or for who said it, is forbidden, and nothing of it done."""
    ada, eve = user(), user()
    room = await replica.room(ada, eve, kind="public")
    asked = Asked(replica, ada, await peer.say(room, ada))
    for operation, row in ROWS.items():
        await asked.of(eve, room, operation, row.member)
    kinds = {kind for (kind,) in await peer.log_of(room)}
    assert kinds == {
        "member.joined", "member.left", "message", "reaction.added", "reaction.removed",
    }  # fmt: skip


async def test_a_place_without_a_message_of_the_room_holds_none(
    replica: Replica, peer: Peer
) -> None:
    """Of an owner of it: where a member came, where another room has a message, and far beyond."""
    ada = user()
    room, other = await replica.room(ada), await replica.room(ada)
    asked = Asked(replica, ada, 0)
    elsewhere = await peer.say(other, ada)
    joined = (await peer.stored(room, up_to=elsewhere)).events[0].seq
    for operation in ROWS:
        if "{seq}" in operation:
            for place in (0, joined, elsewhere, limits.SEQ_MAX):
                await asked.of(ada, room, operation, NONE, place)


async def test_a_deleted_message_takes_nothing_more(replica: Replica, peer: Peer) -> None:
    """No text, reaction or pin, of its sender and the owner; to delete it again is no news."""
    ada = user()
    room = await replica.room(ada)
    seq = await peer.say(room, ada)
    await replica.ask.ok(ada, "DELETE", f"/v1/rooms/{room}/messages/{seq}")
    asked = Asked(replica, ada, seq)
    for operation in ROWS:
        if "{seq}" in operation:
            await asked.of(ada, room, operation, DELETED.get(operation, OK))
    assert [kind for (kind,) in await peer.log_of(room)].count("message.deleted") == 1


async def test_ten_thousand_names_mention_the_first_few(replica: Replica) -> None:
    """A text that is nothing but names: so many are looked up, and it is said as any other."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    names = [bob.lower(), *(f"n{number}" for number in range(10_000)), ada.lower()]
    text = " ".join(f"@{name}" for name in names)
    said = {"key": key(), "text": text}
    path = f"/v1/rooms/{room}/messages"
    refused(await replica.ask(ada, "POST", path, said), 413, "too_large")
    said["text"] = text[: limits.TEXT_BYTES]
    made = await replica.ask.ok(ada, "POST", path, said)
    assert (made["mentions"], made["everyone"]) == ([bob], False)
