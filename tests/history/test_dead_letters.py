"""What history set aside, in an operator's hands; poison of every shape never stops the writer."""

from __future__ import annotations

import secrets

import pytest

from history.dead_letters import DeadLetters, parser
from proto import subjects, wire
from tests.history.databases_postgres import execute, fetch
from tests.history.running import Peer, Replica, message, user

POISON = (
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe\x00",
    b'{"type":"not.known.yet","room":"%s","ts":1}',
    b'{"type":"message","room":"%s","ts":1}',
    b'{"type":"message","room":"%s","ts":1e400,"id":1}',
    b'{"type":"message","room":"another","ts":1}',
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    b"{" + b" " * 500_000 + b"}",
)


async def _command(own: Replica, *words: object) -> tuple[list[str], bool]:
    letters = DeadLetters(own.history.settings)
    lines = await letters.run(parser().parse_args([str(word) for word in words]))
    return lines, letters.failed


async def _poison(own_peer: Peer, room: str, data: bytes) -> int:
    unique = secrets.token_hex(8)
    return (await own_peer.log.publish(subjects.room_log(room), data, unique)).seq


async def test_poison_of_every_shape_is_set_aside_and_can_be_looked_at(
    own: Replica, own_peer: Peer
) -> None:
    """None stops the writer, between none of them is a message lost, and each can be dropped."""
    ada = user()
    room = await own.room(ada)
    poison, said = [], []
    for data in POISON:
        given = data.replace(b"%s", room.encode())
        poison.append((await _poison(own_peer, room, given), given))
        said.append(await own_peer.say(room, ada, "a\0b"))
    await own.stored(said[-1])
    lines, _ = await _command(own, "list")
    assert [int(line.split("\t")[0]) for line in lines] == [seq for seq, _ in poison]
    assert [int(line.split("\t")[2]) for line in lines] == [len(data) for _, data in poison]
    page = await own.ask.ok(ada, "GET", f"/v1/rooms/{room}/messages")
    assert [(m["seq"], m["text"]) for m in page["messages"]] == [(seq, "a\0b") for seq in said]
    assert await own.metric("set_aside_total") == len(POISON)
    (shown,), _ = await _command(own, "show", poison[5][0])
    assert "not.known.yet" in shown
    lines, failed = await _command(own, "replay", poison[5][0])
    assert failed
    assert "stays set aside: not a log event" in lines[0]
    for seq, _ in poison:
        assert await _command(own, "drop", seq) == ([f"{seq} is gone"], False)
        assert await own_peer.log.get(seq) is None
        assert await _command(own, "drop", seq) == ([f"{seq} is not set aside"], True)
    assert await _command(own, "list") == ([], False)


async def test_what_is_understood_after_an_upgrade_is_stored_at_its_place(
    own: Replica, own_peer: Peer, database: str
) -> None:
    """Between what was before and after it, with all that follows from it; once. Who has read on
    from there has read it."""
    ada, bob, cleo = user(), user(), user()
    room = await own.room(ada, bob, cleo)
    before = await own_peer.say(room, ada, "before")
    await execute(database, f"ALTER TABLE history.messages ADD CONSTRAINT new CHECK ({REFUSED})")
    event = message(room, ada, "understood later", everyone=True)
    middle = (await own_peer.publish(event)).seq
    after = await own_peer.say(room, ada, "after")
    await own.stored(after)
    await own.ask.ok(cleo, "PUT", f"/v1/rooms/{room}/read", {"seq": after})
    lines, failed = await _command(own, "replay-all")
    assert failed
    assert "CheckViolation" in lines[0]
    await execute(database, "ALTER TABLE history.messages DROP CONSTRAINT new")
    assert await _command(own, "replay-all") == ([f"{middle} is stored"], False)
    assert await _command(own, "replay-all") == ([], False)
    found = (await own_peer.stored(room, before - 1)).events
    places = [(event.seq, event.prev) for event in found]
    assert places[1:] == [(middle, before), (after, middle)]
    assert bytes(found[1].body) == wire.encode(event)
    page = await own.ask.ok(ada, "GET", f"/v1/rooms/{room}/messages")
    assert [m["text"] for m in page["messages"]] == ["before", "understood later", "after"]
    state = (await own_peer.hello(bob))[room].room
    assert (state.unread, state.mentions, state.last_seq) == (3, 1, after)
    for unread in (0, 1):
        assert (await own_peer.hello(cleo))[room].room.unread == unread
        last = await own_peer.say(room, ada)
        assert last > after
        await own.stored(last)


REFUSED = "NOT everyone"


async def test_what_was_sent_again_meanwhile_is_not_stored_twice(
    own: Replica, own_peer: Peer, database: str
) -> None:
    """It stays set aside, and why is said."""
    ada = user()
    room = await own.room(ada)
    event = message(room, ada, everyone=True)
    await execute(database, f"ALTER TABLE history.messages ADD CONSTRAINT new CHECK ({REFUSED})")
    first = (await own_peer.publish(event, "first")).seq
    await own.stored(await own_peer.say(room, ada))
    await execute(database, "ALTER TABLE history.messages DROP CONSTRAINT new")
    second = (await own_peer.publish(event, "second")).seq
    await own.stored(second)
    lines, failed = await _command(own, "replay", first)
    assert failed
    assert "already" in lines[0]
    query = "SELECT seq FROM messages WHERE room = $1 AND everyone"
    assert await fetch(database, query, room) == [(second,)]


async def test_who_is_not_set_aside_is_not_found(own: Replica) -> None:
    """Said so, with a failure."""
    for command in ("show", "replay", "drop"):
        assert await _command(own, command, 7) == (["7 is not set aside"], True)
    with pytest.raises(SystemExit):
        parser().parse_args(["drop", "everything"])
