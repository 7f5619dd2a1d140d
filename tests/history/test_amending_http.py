"""Edits and deletions over HTTP: who may, what is answered, and what is left."""

from typing import Any

import msgspec
import pytest

from proto import limits, subjects
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, message, user

pytestmark = pytest.mark.asyncio(loop_scope="module")


def at(room: str, seq: int, more: str = "") -> str:
    """The path of a message."""
    return f"/v1/rooms/{room}/messages/{seq}{more}"


async def newest(replica: Replica, room: str, reader: str) -> dict[str, Any]:
    """The newest message of a page."""
    page = await replica.ask.ok(reader, "GET", f"/v1/rooms/{room}/messages")
    newest: dict[str, Any] = page["messages"][-1]
    return newest


async def everything(replica: Replica, peer: Peer, room: str) -> list[bytes]:
    """All that is left anywhere: in the log, in what it replays, and in any table."""
    found = [bytes(event.body) for event in (await peer.stored(room)).events]
    page = await peer.log.read(subjects.room_log(room), 0, 1_000)
    found += [record.data for record in page.records]
    pool = replica.history.pool
    tables = await pool.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'history'::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT relispartition"
    )
    for table in tables:
        query = f'SELECT t::text FROM history."{table[0]}" t'  # noqa: S608 - our own tables
        found += [str(row[0]).encode() for row in await pool.fetch(query)]
    assert len(tables) > 10
    return found


async def test_an_edit_is_seen_everywhere(replica: Replica, peer: Peer) -> None:
    """In the answer, in a page, in the log and in sync: the new text, and since when."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    seq = await peer.say(room, ada, "first")
    answer = await replica.ask.ok(ada, "PATCH", at(room, seq), {"text": "second @" + bob})
    assert (answer["seq"], answer["text"], answer["mentions"]) == (seq, "second @" + bob, [bob])
    assert answer["edited_ms"] >= answer["ts"]
    assert await newest(replica, room, bob) == answer
    assert await replica.ask.ok(bob, "GET", at(room, seq)) == answer
    stored = (await peer.stored(room)).events
    bodies = [msgspec.json.decode(event.body) for event in stored]
    assert [body["text"] for body in bodies[-2:]] == [answer["text"]] * 2
    assert bodies[-2]["edited_ms"] == answer["edited_ms"] == bodies[-1]["ts"]
    assert (await peer.hello(bob))[room].room.mentions == 1


async def test_former_texts_are_for_moderators(replica: Replica, peer: Peer) -> None:
    """Oldest first, each with its time; the sender does not see them, nor a stranger the room."""
    ada, bob, eve = user(), user(), user()
    room = await replica.room(ada, bob)
    seq = await peer.say(room, bob, "one")
    assert await replica.ask.ok(ada, "GET", at(room, seq, "/edits")) == {"versions": []}
    first = await replica.ask.ok(bob, "GET", at(room, seq))
    second = await replica.ask.ok(bob, "PATCH", at(room, seq), {"text": "two"})
    await replica.ask.ok(bob, "PATCH", at(room, seq), {"text": "three"})
    versions = (await replica.ask.ok(ada, "GET", at(room, seq, "/edits")))["versions"]
    assert versions == [
        {"text": "one", "ts": first["ts"]},
        {"text": "two", "ts": second["edited_ms"]},
    ]
    refused(await replica.ask(bob, "GET", at(room, seq, "/edits")), 403, "forbidden")
    refused(await replica.ask(eve, "GET", at(room, seq, "/edits")), 404, "not_found")
    refused(await replica.ask(ada, "GET", at(room, 1, "/edits")), 404, "not_found")


async def test_the_same_text_is_no_edit(replica: Replica, peer: Peer) -> None:
    """A repeated PATCH is answered alike and leaves nothing in the log."""
    ada = user()
    room = await replica.room(ada)
    seq = await peer.say(room, ada, "first")
    once = await replica.ask.ok(ada, "PATCH", at(room, seq), {"text": "second"})
    assert await replica.ask.ok(ada, "PATCH", at(room, seq), {"text": "second"}) == once
    assert [kind for (kind,) in await peer.log_of(room)].count("message.edited") == 1


async def test_only_its_sender_edits_a_message(replica: Replica, peer: Peer) -> None:
    """No moderator does, no visitor, nobody who has left; and there must be a message."""
    ada, bob, eve = user(), user(), user()
    room = await replica.room(ada, bob, kind="public")
    seq = await peer.say(room, bob)
    edit = {"text": "other words"}
    refused(await replica.ask(ada, "PATCH", at(room, seq), edit), 403, "forbidden")
    refused(await replica.ask(eve, "PATCH", at(room, seq), edit), 403, "forbidden")
    refused(await replica.ask(eve, "PATCH", at("r_none", seq), edit), 404, "not_found")
    for place in (1, seq + 1, limits.SEQ_MAX):
        refused(await replica.ask(bob, "PATCH", at(room, place), edit), 404, "not_found")
    other = await replica.room(bob)
    refused(await replica.ask(bob, "PATCH", at(other, seq), edit), 404, "not_found")
    await replica.ask.ok(bob, "POST", f"/v1/rooms/{room}/leave")
    refused(await replica.ask(bob, "PATCH", at(room, seq), edit), 403, "forbidden")
    refused(await replica.ask(bob, "DELETE", at(room, seq)), 403, "forbidden")
    assert (await newest(replica, room, ada))["text"] == "hello"


async def test_no_one_edits_for_ever(replica: Replica, peer: Peer) -> None:
    """A hundred times at most, which bounds what is kept of it."""
    ada = user()
    room = await replica.room(ada)
    seq = await peer.say(room, ada, "0")
    for n in range(limits.EDITS):
        await replica.history.pool.execute(
            "INSERT INTO edits VALUES ($1, $2, $3, $4)", room, seq, seq + n + 1_000_000, b"{}"
        )
    late = await replica.ask(ada, "PATCH", at(room, seq), {"text": "once more"})
    refused(late, 409, "conflict")


async def test_a_deleted_message_is_nowhere(replica: Replica, peer: Peer) -> None:
    """Once it is answered: not in a page, a quote, an edit, sync, any table, nor the log itself."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    seq = await peer.say(room, bob, "secret one", mentions=[ada])
    answer = await peer.say(room, ada, "which?", reply_to=seq)
    await replica.ask.ok(bob, "PATCH", at(room, seq), {"text": "secret two"})
    await replica.ask.ok(bob, "PATCH", at(room, seq), {"text": "secret three"})
    shown = await newest(replica, room, ada)
    assert shown["quote"] == {
        "seq": seq, "sender": bob, "sender_name": bob.capitalize(), "text": "secret three"
    }  # fmt: skip
    assert (await replica.ask(bob, "DELETE", at(room, seq))).status_code == 204
    gone = await replica.ask.ok(ada, "GET", at(room, seq))
    assert (gone["text"], gone["deleted"], gone["mentions"]) == ("", True, [])
    assert "edited_ms" not in gone
    quote = (await replica.ask.ok(ada, "GET", at(room, answer)))["quote"]
    assert (quote["text"], quote["deleted"]) == ("", True)
    assert await replica.ask.ok(ada, "GET", at(room, seq, "/edits")) == {"versions": []}
    assert (await peer.hello(ada))[room].room.mentions == 0
    kinds = [kind for (kind,) in await peer.log_of(room)]
    assert kinds == ["member.joined", "member.joined", "message", "message.deleted"]
    secret = b"secret"
    found = await everything(replica, peer, room)
    assert not [one for one in found if secret in one or secret.hex().encode() in one]


async def test_deleting_is_ones_own_or_a_moderators(replica: Replica, peer: Peer) -> None:
    """Repeating is the same; what is deleted is neither edited, nor is its room touched twice."""
    ada, bob, eve = user(), user(), user()
    room = await replica.room(ada, bob, eve)
    seqs = [await peer.say(room, bob, text) for text in ("own", "moderated")]
    refused(await replica.ask(eve, "DELETE", at(room, seqs[0])), 403, "forbidden")
    for who, seq in ((bob, seqs[0]), (ada, seqs[1]), (ada, seqs[1])):
        assert (await replica.ask(who, "DELETE", at(room, seq))).status_code == 204
    told = [event for event in await peer.log_of(room) if event == ("message.deleted",)]
    assert len(told) == 2
    late = await replica.ask(bob, "PATCH", at(room, seqs[0]), {"text": "late"})
    refused(late, 404, "not_found")
    refused(await replica.ask(ada, "DELETE", at(room, 1)), 404, "not_found")


async def test_equals_delete_their_own_alone(replica: Replica, peer: Peer) -> None:
    """In a direct room nobody moderates."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob, kind="direct")
    seq = await peer.say(room, bob)
    refused(await replica.ask(ada, "DELETE", at(room, seq)), 403, "forbidden")
    assert (await replica.ask(bob, "DELETE", at(room, seq))).status_code == 204


@pytest.mark.parametrize(
    ("method", "text", "status", "code"),
    [
        ("PATCH", "", 400, "invalid"),
        ("PATCH", " \n", 400, "invalid"),
        ("PATCH", "a\0b", 400, "invalid"),
        ("PATCH", "x" * (limits.TEXT_BYTES + 1), 413, "too_large"),
    ],
)
async def test_a_bad_text_is_refused(
    replica: Replica, method: str, text: str, status: int, code: str
) -> None:
    """As in `send`, whatever message it is for."""
    ada = user()
    room = await replica.room(ada)
    answer = await replica.ask(ada, method, at(room, 1), {"text": text})
    assert refused(answer, status, code)["field"] == "text"


async def test_what_is_said_may_be_edited_at_once(replica: Replica, peer: Peer) -> None:
    """Edits wait for the writer; they never answer 404 for what the log has."""
    ada = user()
    room = await replica.room(ada)
    for n in range(20):
        seq = await peer.say(room, ada, f"m{n}")
        edited = await replica.ask.ok(ada, "PATCH", at(room, seq), {"text": f"e{n}"})
        assert edited["text"] == f"e{n}"


async def test_a_mention_is_resolved_by_history(replica: Replica, peer: Peer) -> None:
    """Members by their usernames, in any case; the whole room by those who may."""
    ada, bob, eve = user(), user(), user()
    room = await replica.room(ada, bob)
    text = f"@{ada} @{bob.upper()}, @{eve} and @room"
    own = await peer.say(room, ada, "x")
    edited = await replica.ask.ok(ada, "PATCH", at(room, own), {"text": text})
    assert (edited["mentions"], edited["everyone"]) == ([ada, bob], True)
    event = message(room, bob)
    seq = (await peer.publish(event)).seq
    edited = await replica.ask.ok(bob, "PATCH", at(room, seq), {"text": text})
    assert (edited["mentions"], edited["everyone"]) == ([ada, bob], False)
    direct = await replica.room(ada, bob, kind="direct")
    seq = await peer.say(direct, bob)
    assert (await replica.ask.ok(bob, "PATCH", at(direct, seq), {"text": "@here"}))["everyone"]
