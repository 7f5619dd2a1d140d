"""Between hello and live: what happens meanwhile is neither missed nor shown to who may not see."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from gateway import asker, fanout, greeter
from gateway.dispatcher import REQUESTS_AT_ONCE
from proto import calls, limits, subjects, wire
from services.bus import BusError, RemoteError
from tests.gateway.running import Fault, House, Pause, until
from tests.history.running import user
from tests.history.tokens_jwt import token
from tests.system.raw import Frame, Raw, key

LONG_SECONDS = 30.0


async def _later(pause: Pause) -> None:
    async with asyncio.timeout(10):
        await pause.answered.wait()


async def _resuming(house: House, who: str, room: str, seq: int) -> tuple[Raw, Pause]:
    """A socket that is `ready`, and whose replay has not begun."""
    pause = Pause(house.gateway.replayer, "_drained")
    socket = house.socket(who, resume={room: seq})
    await socket.__aenter__()
    await _later(pause)
    return socket, pause


async def test_who_is_removed_before_the_replay_gets_nothing_of_the_room(house: House) -> None:
    """The room is followed all the while: the replay says `gone`, and a send is refused."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    held = await house.peer.say(room, ada, "before")
    socket, pause = await _resuming(house, bob, room, held)
    try:
        await house.remove(room, ada, bob)
        secret = await house.peer.say(room, ada, "secret")
        await house.replica.stored(secret)
        await until(lambda: room not in _rooms(house, bob))
        pause.end()
        assert (await socket.until("resumed"))["gone"] is True
        assert (await socket.say(room))["code"] == "not_found"
        assert not [frame for frame in socket.seen if frame["type"] == "message"]
    finally:
        await socket.__aexit__(None, None, None)
    await until(house.holds_nothing)


async def test_who_is_back_in_a_room_before_the_replay_of_others_ends_hears_of_it(
    house: House,
) -> None:
    """Told that it is out of the room, then that it is in again; and it gets what is said there."""
    ada, bob = user(), user()
    rooms = [await house.replica.room(ada, bob), await house.replica.room(ada, bob)]
    held = {room: await house.peer.say(room, ada, "before") for room in rooms}
    first = Pause(house.gateway.replayer, "_drained")
    async with house.socket(bob, resume=held) as socket:
        await _later(first)
        await house.remove(rooms[0], ada, bob)
        await until(lambda: rooms[0] not in _rooms(house, bob))
        second = Pause(house.gateway.replayer, "_drained")
        first.end()
        assert (await socket.until("resumed", room=rooms[0]))["gone"] is True
        await _later(second)
        await house.add(rooms[0], ada, bob)
        await until(lambda: rooms[0] in _rooms(house, bob))
        said = await house.peer.say(rooms[0], ada, "welcome back")
        assert (await socket.until("room.added"))["room"]["id"] == rooms[0]
        assert (await socket.until("message"))["seq"] == said
        second.end()
        assert (await socket.until("resumed", room=rooms[1]))["complete"] is True
    await until(house.holds_nothing)


async def test_what_is_said_before_the_replay_comes_once_in_order(house: House) -> None:
    """Also when word comes, just then, that the person was let into the very room."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    held = await house.peer.say(room, ada, "before")
    said = [await house.peer.say(room, ada, "missed")]
    socket, pause = await _resuming(house, bob, room, held)
    try:
        await house.gateway.admitter.admit(room, bob)
        said.append(await house.peer.say(room, ada, "meanwhile"))
        # In the log is not yet here: without it the replay would end before, and it come live.
        await until(lambda: house.holds(room) == said[-1])
        pause.end()
        resumed = await socket.until("resumed")
        assert (resumed["to"], resumed["complete"]) == (said[-1], True)
        said.append(await house.peer.say(room, ada, "after"))
        await socket.until("message", seq=said[-1])
        assert [f["seq"] for f in socket.seen if f["type"] == "message"] == said
        assert not [frame for frame in socket.seen if frame["type"] == "room.added"]
    finally:
        await socket.__aexit__(None, None, None)


async def test_a_room_deleted_before_the_replay_is_gone(house: House) -> None:
    """Nobody is attached yet, and it is acted on all the same."""
    ada = user()
    room = await house.replica.room(ada)
    held = await house.peer.say(room, ada, "before")
    socket, pause = await _resuming(house, ada, room, held)
    try:
        await house.replica.ask.ok(ada, "DELETE", f"/v1/rooms/{room}")
        await until(lambda: room not in _rooms(house, ada))
        pause.end()
        assert (await socket.until("resumed"))["gone"] is True
    finally:
        await socket.__aexit__(None, None, None)


async def test_a_seq_seen_through_another_gateway_is_no_lost_log(house: House) -> None:
    """The event may be on its way to this one: it is waited for, not denied."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(ada):
        fanout = house.gateway.fanout
        fanout._subjects.remove(f"room.live.{room}")
        seen = await house.peer.say(room, ada, "seen elsewhere")
        async with house.socket(bob, resume={room: seen}) as socket:
            resumed = await socket.until("resumed")
            assert (resumed["to"], resumed["complete"]) == (seen, True)
        async with house.socket(bob, resume={room: seen + 1}) as socket:
            resumed = await socket.until("resumed")
            assert (resumed["to"], resumed["complete"]) == (seen, False)


async def test_who_joins_while_being_greeted_is_let_in_after_it(house: House) -> None:
    """History was asked before, so `ready` lacks the room; `room.added` follows, and what is said
    in it. Who is removed then is out: nothing of the early word is left."""
    ada, bob = user(), user()
    room = await house.replica.room(ada)
    asker = house.gateway.greeter._asker
    pause = Pause(asker, "rooms_of")
    socket = house.socket(bob)
    entering = asyncio.create_task(socket.__aenter__())
    await _later(pause)
    await house.add(room, ada, bob)
    await until(lambda: room in _joined(house, bob))
    pause.end()
    await entering
    try:
        assert socket.ready["rooms"] == []
        assert (await socket.until("room.added"))["room"]["id"] == room
        said = await house.peer.say(room, ada)
        assert (await socket.until("message"))["seq"] == said
        assert _joined(house, bob) == set()
        await house.remove(room, ada, bob)
        await socket.until("member.removed")
        assert (await socket.say(room))["code"] == "not_found"
    finally:
        await socket.__aexit__(None, None, None)
    await until(house.holds_nothing)


async def test_an_answer_to_an_earlier_question_refuses_nobody(house: House) -> None:
    """A send that comes after a join is acknowledged, though an older one is still being refused:
    history is asked anew."""
    ada, bob = user(), user()
    room = await house.replica.room(ada)
    asker = house.gateway.greeter._asker
    async with house.socket(bob) as socket:
        pause = Pause(asker, "member")
        await socket.send({"type": "sync", "id": "old", "room": room, "after": 0})
        await _later(pause)
        house.gateway.fanout.unfollow_user(bob)  # no word of the join but the send's own question
        await house.add(room, ada, bob)
        saying = {"type": "send", "id": "new", "room": room, "key": key(), "text": "hi"}
        await socket.send(saying)
        await socket.send({"type": "ping"})
        await socket.until("pong")
        pause.end()
        await socket.until("ok", id="new")


async def test_letting_in_is_repeated_until_history_answers(house: House) -> None:
    """A member whom nobody let in would hear nothing, and not know it."""
    ada, bob = user(), user()
    room = await house.replica.room(ada)
    async with house.socket(bob) as socket:
        fault = Fault(house.gateway.greeter._asker, "member", BusError("history is away"), 2)
        await house.add(room, ada, bob)
        assert (await socket.until("room.added"))["room"]["id"] == room
        assert fault.times == 0


async def test_who_cannot_be_let_in_has_to_start_afresh(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4002 after half a minute without history, rather than silence."""
    monkeypatch.setattr("gateway.admitter._ADMIT_SECONDS", 0.0)
    ada, bob = user(), user()
    room = await house.replica.room(ada)
    async with house.socket(bob) as socket:
        Fault(house.gateway.greeter._asker, "member", BusError("history is away"))
        await house.add(room, ada, bob)
        assert await socket.close_code() == 4002


async def test_unread_is_right_however_far_history_lags(house: House) -> None:
    """What a tail is too short for is counted all the same."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    calm = await house.peer.say(room, ada, "calm")
    await house.replica.stored(calm)
    asker = house.gateway.greeter._asker
    pause = Pause(asker, "rooms_of")
    socket = house.socket(bob)
    entering = asyncio.create_task(socket.__aenter__())
    await _later(pause)
    text = "x" * 16_000
    count = 2 * limits.TAIL_BYTES // len(text)
    for _ in range(count):
        last = await house.peer.say(room, ada, text)
    pause.end()
    await entering
    try:
        (known,) = socket.ready["rooms"]
        assert (known["last_seq"], known["unread"]) == (last, 1 + count)
    finally:
        await socket.__aexit__(None, None, None)


async def test_a_room_that_was_quiet_for_longer_than_the_log_is_kept_is_entered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much was said in it before: none of it is read for `ready`, none of it is a hole, and
    who comes back to it is given what was missed."""
    monkeypatch.setattr(fanout, "_HEAL_EVENTS", 10)
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    said = [await house.peer.say(room, ada, str(number)) for number in range(20)]
    await house.replica.stored(said[-1])
    await house.peer.log.purge(said[-1])
    async with house.socket(bob, resume={room: said[-3]}) as socket:
        (known,) = socket.ready["rooms"]
        assert (known["last_seq"], known["unread"]) == (said[-1], 20)
        assert (await socket.until("resumed"))["complete"] is True
        said.append(await house.peer.say(room, ada, "at last"))
        await socket.until("message", seq=said[-1])
        shown = [frame["seq"] for frame in socket.seen if frame["type"] == "message"]
        assert shown == said[-3:]
    assert house.metric("gaps_healed_total") == 0
    await until(house.holds_nothing)


async def test_what_is_said_in_such_a_room_before_anyone_is_in_hides_nothing(house: House) -> None:
    """The log does not know any more that something was before it; who missed that is given it."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    said = [await house.peer.say(room, ada, str(number)) for number in range(20)]
    await house.replica.stored(said[-1])
    await house.peer.log.purge(said[-1])
    entry = house.gateway.fanout.hold(room)
    await house.gateway.fanout.prime([entry])
    pause = Pause(house.gateway.greeter._asker, "rooms_of")
    socket = house.socket(bob, resume={room: said[-3]})
    entering = asyncio.create_task(socket.__aenter__())
    await _later(pause)
    said.append(await house.peer.say(room, ada, "at last"))
    await until(lambda: house.holds(room) == said[-1])
    pause.end()
    await entering
    try:
        assert (await socket.until("resumed"))["complete"] is True
        shown = [frame["seq"] for frame in socket.seen if frame["type"] == "message"]
        assert shown == said[-3:]
    finally:
        await socket.__aexit__(None, None, None)
        house.gateway.fanout.release(entry)


async def test_much_that_was_missed_in_many_rooms_is_replayed(house: House) -> None:
    """More than an outbox in all: each room waits until there is place, so that a client that
    reads is not closed as a slow one."""
    ada, bob = user(), user()
    rooms = [await house.replica.room(ada, bob) for _ in range(5)]
    text, count = "x" * 16_000, 25
    held: dict[str, int] = {}
    for room in rooms:
        held[room] = await house.peer.say(room, ada, "before")
        for _ in range(count):
            await house.peer.say(room, ada, text)
    assert len(rooms) * count * len(text) > limits.OUTBOX_BYTES
    async with house.socket(bob, resume=held) as socket:
        for _ in rooms:
            assert (await socket.until("resumed"))["complete"] is True
        replayed = [frame["room"] for frame in socket.seen if frame["type"] == "message"]
        assert replayed == [room for room in rooms for _ in range(count)]


async def test_a_read_mark_that_moves_during_the_greeting_is_told(house: House) -> None:
    """Right after `ready`, whose counts are older: devices of one person agree."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    said = await house.peer.say(room, ada)
    await house.replica.stored(said)
    async with house.socket(bob) as first:
        pause = Pause(house.gateway.greeter._asker, "rooms_of")
        second = house.socket(bob)
        entering = asyncio.create_task(second.__aenter__())
        await _later(pause)
        await first.send({"type": "read", "room": room, "seq": said})
        await first.until("read", seq=said)
        pause.end()
        await entering
        try:
            assert second.ready["rooms"][0]["unread"] == 1
            assert (await second.receive())["type"] == "read"
        finally:
            await second.__aexit__(None, None, None)


async def test_a_fault_after_ready_leaves_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was held for the replay is let go of, although there will be none."""
    ada = user()
    room = await house.replica.room(ada)
    held = await house.peer.say(room, ada)
    async with Raw(house.url) as socket:
        pause = Pause(house.gateway.greeter._asker, "rooms_of")
        await socket.send(_hello(ada, resume={room: held}))
        await _later(pause)
        monkeypatch.setattr("gateway.session.Session.greeted", None)
        pause.end()
        await socket.until("ready")
        assert await socket.close_code() == 4003
    await until(house.holds_nothing)


async def test_sends_that_are_refused_are_counted(house: House) -> None:
    """By their code, those that nobody but the conversation looked at, too."""
    async with house.socket(user()) as socket:
        assert (await socket.say("r", text=""))["code"] == "invalid"
        assert (await socket.say("r"))["code"] == "not_found"
    assert house.metric('sends_total{outcome="invalid"}') == 1
    assert house.metric('sends_total{outcome="not_found"}') == 1


async def test_a_fault_of_our_own_closes_a_hello(house: House) -> None:
    """4003, not a socket that waits for `ready` for ever."""
    Fault(house.gateway.greeter._asker, "rooms_of", RuntimeError("as asked"))
    async with Raw(house.url) as socket:
        await socket.send(_hello(user()))
        assert await socket.close_code() == 4003
    await until(house.holds_nothing)


async def test_requests_of_one_connection_are_bounded(house: House) -> None:
    """Each is answered: those beyond the bound with `rate_limited`, at once."""
    bob = user()
    asker = house.gateway.greeter._asker
    pause = Pause(asker, "member")
    async with house.socket(bob) as socket:
        for number in range(REQUESTS_AT_ONCE + 2):
            await socket.send({"type": "sync", "id": str(number), "room": "r", "after": 0})
        refused = [await socket.until("error") for _ in range(2)]
        assert {frame["code"] for frame in refused} == {"rate_limited"}
        pause.end()
        answers = [await socket.until("error") for _ in range(REQUESTS_AT_ONCE)]
        assert {frame["code"] for frame in answers} == {"not_found"}
        assert len({frame["id"] for frame in refused + answers}) == REQUESTS_AT_ONCE + 2
        answer = await socket.ask({"type": "sync", "id": "x", "room": "r", "after": 0})
        assert answer["code"] == "not_found"


async def test_a_sync_after_the_highest_seq_names_no_higher_one(house: House) -> None:
    """`oldest` is a seq like all others, which a client's schema accepts."""
    ada = user()
    room = await house.replica.room(ada)
    async with house.socket(ada) as socket:
        request = {"type": "sync", "id": "1", "room": room, "after": limits.SEQ_MAX}
        answer = await socket.ask(request)
    assert answer["result"] == {"events": [], "more": False, "oldest": limits.SEQ_MAX}


async def test_a_request_that_fails_is_answered(house: House) -> None:
    """`internal`, without details."""
    async with house.socket(user()) as socket:
        Fault(house.gateway.greeter._asker, "member", RuntimeError("as asked"))
        answer = await socket.ask({"type": "sync", "id": "1", "room": "r", "after": 0})
        assert answer["code"] == "internal"
        assert "as asked" not in answer["message"]


@pytest.mark.parametrize("step", ["upgraded", "hello", "ready", "resuming", "asking", "sending"])
async def test_a_connection_that_is_cut_leaves_nothing(house: House, step: str) -> None:
    """At every step: nobody stays on the roster, nothing is followed, no place is taken."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    held = await house.peer.say(room, ada, "before")
    await house.peer.say(room, ada, "missed")
    socket = Raw(house.url)
    await socket.__aenter__()
    if step != "upgraded":
        await socket.send(_hello(bob, resume={room: held} if step == "resuming" else {}))
    if step in ("ready", "asking", "sending", "resuming"):
        await socket.until("ready")
    if step == "asking":
        await socket.send({"type": "sync", "id": "1", "room": room, "after": 0})
        await socket.send({"type": "sync", "id": "2", "room": "elsewhere", "after": 0})
    if step == "sending":
        for _ in range(10):
            await socket.send({"type": "send", "room": room, "key": key(), "text": "hi"})
            await socket.send({"type": "send", "room": "elsewhere", "key": key(), "text": "hi"})
    socket.cut()
    await until(house.holds_nothing)
    async with house.socket(bob) as again:
        assert (await again.say(room))["type"] == "ok"
    await until(house.holds_nothing)


def _rooms(house: House, who: str) -> set[str]:
    person = house.gateway.roster.get(who)
    return set() if person is None else set(person.rooms)


def _joined(house: House, who: str) -> set[str]:
    person = house.gateway.roster.get(who)
    return set() if person is None else person.joined


def _hello(who: str, **fields: object) -> Frame:
    return {"type": "hello", "token": token(who), **fields}


async def test_a_herd_that_fills_history_is_greeted_all_the_same(house: House) -> None:
    """While others get `too many requests`, nobody who says hello is sent away."""
    ada = user()
    await house.replica.room(ada)
    question = wire.encode(calls.HelloCall(ada))

    async def ask() -> int:
        """Ask as a herd on other gateways does, and count the refusals."""
        refused = 0
        for _ in range(2):
            many = (
                house.peer.bus.request(subjects.HISTORY_HELLO, question, LONG_SECONDS)
                for _ in range(1_000)
            )
            for answer in await asyncio.gather(*many, return_exceptions=True):
                refused += isinstance(answer, RemoteError) and answer.code == 503
        return refused

    asking = asyncio.create_task(ask())
    async with AsyncExitStack() as sockets:
        while not asking.done():
            await sockets.enter_async_context(house.socket(ada))
        assert await asking > 0
    await until(house.holds_nothing)


async def test_who_waits_for_a_turn_is_not_sent_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than a greeting may take: the time of those in front is not theirs."""
    monkeypatch.setattr(greeter, "_GREETING_SECONDS", 0.5)
    turn = house.gateway.greeter._turn = asyncio.Semaphore(0)
    ada = user()
    await house.replica.room(ada)
    async with Raw(house.url) as socket:
        await socket.send(_hello(ada))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await socket.receive()
        turn.release()
        assert (await socket.receive())["type"] == "ready"


async def test_a_question_that_died_with_history_is_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another replica has taken some hellos, and answers none of them: the next one does."""
    monkeypatch.setattr(asker, "ANSWER_SECONDS", 0.2)
    asked, over = asyncio.Event(), asyncio.Event()

    async def never(_data: bytes) -> bytes:
        asked.set()
        await over.wait()
        return b""

    await house.peer.bus.serve(subjects.HISTORY_HELLO, subjects.HISTORY_QUEUE, never)
    ada = user()
    await house.replica.room(ada)
    async with AsyncExitStack() as sockets:
        while not asked.is_set():
            await sockets.enter_async_context(house.socket(ada))
    over.set()
