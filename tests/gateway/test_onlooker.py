"""`watch`, beside a real history: who is told what, when nothing is told, and what is let go."""

from __future__ import annotations

import asyncio

import pytest

from gateway import onlooker
from proto import limits, subjects
from proto.shapes import Status
from services.bus import NoResponders
from tests.gateway.running import Fault, House, Pause, until
from tests.history.running import user
from tests.system.raw import Frame, Raw, key


async def _watch(socket: Raw, *users: str) -> dict[str, str]:
    """Watch people; gives who is seen and how, in the order of the answer."""
    answer = await socket.ask({"type": "watch", "id": "w", "users": list(users)})
    assert answer["type"] == "ok", answer
    return {one["user"]: one["status"] for one in answer["result"]["presence"]}


def _changes(frames: list[Frame]) -> list[tuple[str, str]]:
    return [(f["user"], f["status"]) for f in frames if f["type"] == "presence"]


async def _arrived(house: House, who: str, status: Status) -> None:
    """Return when what was told of somebody has come to the gateway."""
    house.presence.change(who, status)
    await until(lambda: _known(house, who) == status)


def _known(house: House, who: str) -> str | None:
    watched = house.gateway.onlooker.watchlist._people.get(who)
    return None if watched is None or watched.seen is None else watched.seen.status


async def _settled(house: House) -> None:
    """Return when nobody is in doubt."""
    await until(lambda: not house.gateway.onlooker.watchlist.doubted())


async def test_the_answer_is_what_one_may_see_in_the_order_asked(house: House) -> None:
    """Oneself, those who share a room; not strangers, nor those who do not exist; each once."""
    ada, bob, cyd, eve = (user() for _ in range(4))
    await house.replica.room(ada, bob)
    await house.replica.room(ada, cyd)
    house.presence.set(bob, "dnd")
    house.presence.set(eve, "online")
    async with house.socket(ada) as socket:
        users = [cyd, bob, eve, "nobody", ada, bob]
        answer = await socket.ask({"type": "watch", "id": "w", "users": users})
        assert answer["result"]["presence"] == [
            {"user": cyd, "status": "offline", "last_seen_ms": None},
            {"user": bob, "status": "dnd", "last_seen_ms": None},
            {"user": ada, "status": "offline", "last_seen_ms": None},
        ]
        assert len(house.gateway.onlooker._subjects) == 3
        house.presence.change(eve, "idle")
        await _arrived(house, bob, "online")
        assert _changes(await socket.nothing_more()) == [(bob, "online")]
    await until(house.holds_nothing)


async def test_a_change_is_told_to_everyone_who_watches_once(house: House) -> None:
    """By one subject for all of them; last seen comes with `offline` alone."""
    ada, bob = user(), user()
    await house.replica.room(ada, bob)
    async with house.socket(ada) as one, house.socket(ada) as two, house.socket(bob) as three:
        for socket in (one, two, three):
            await _watch(socket, bob)
        assert len(house.gateway.onlooker._subjects) == 1
        house.presence.change(bob, "online")
        house.presence.change(bob, "offline")
        for socket in (one, two, three):
            first, second = await socket.until("presence"), await socket.until("presence")
            assert first == {
                "type": "presence",
                "user": bob,
                "status": "online",
                "last_seen_ms": None,
            }
            assert (second["status"], second["last_seen_ms"]) == ("offline", 1_700_000_000_000)
            assert await socket.nothing_more() == []


async def test_a_watch_replaces_the_one_before(house: House) -> None:
    """Those left out are followed no more; an empty one ends all."""
    ada, bob, cyd = user(), user(), user()
    await house.replica.room(ada, bob, cyd)
    async with house.socket(ada) as socket:
        await _watch(socket, bob, cyd)
        assert await _watch(socket, cyd) == {cyd: "offline"}
        house.presence.change(bob, "online")
        await _arrived(house, cyd, "online")
        assert _changes(await socket.nothing_more()) == [(cyd, "online")]
        assert await _watch(socket) == {}
        assert len(house.gateway.onlooker._subjects) == 0
    await until(house.holds_nothing)


async def test_of_two_watches_at_once_the_later_counts(house: House) -> None:
    """Though the earlier one's answer takes its time; each is answered."""
    ada, bob, cyd = user(), user(), user()
    await house.replica.room(ada, bob, cyd)
    async with house.socket(ada) as socket:
        pause = Pause(house.gateway.onlooker._asker, "seen")
        await socket.send({"type": "watch", "id": "1", "users": [bob]})
        await socket.send({"type": "watch", "id": "2", "users": [cyd]})
        async with asyncio.timeout(10):
            await pause.answered.wait()
        # The second one would be answered at once, and must not be: for so long nothing comes.
        house.gateway.onlooker._asker.seen = pause._work  # type: ignore[assignment, method-assign]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await socket.receive()
        pause.end()
        assert (await socket.until("ok", id="1"))["result"]["presence"][0]["user"] == bob
        assert (await socket.until("ok", id="2"))["result"]["presence"][0]["user"] == cyd
        assert house.gateway.onlooker.watchlist.users() == [cyd]


async def test_what_changes_during_the_question_is_in_the_answer(house: House) -> None:
    """The newer of what was read and what was told; the change itself is not told again."""
    ada, bob = user(), user()
    await house.replica.room(ada, bob)
    async with house.socket(ada) as socket:
        pause = Pause(house.gateway.onlooker._asker, "seen")
        await socket.send({"type": "watch", "id": "1", "users": [bob]})
        async with asyncio.timeout(10):
            await pause.answered.wait()
        await _arrived(house, bob, "dnd")
        pause.end()
        answer = await socket.until("ok", id="1")
        assert answer["result"]["presence"][0]["status"] == "dnd"
        assert await socket.nothing_more() == []


async def test_a_watch_that_fails_leaves_the_former_one(house: House) -> None:
    """Presence is away, then history: `unavailable`; what was watched is watched still."""
    ada, bob, cyd = user(), user(), user()
    await house.replica.room(ada, bob, cyd)
    frame = {"type": "watch", "id": "1", "users": [cyd]}
    async with house.socket(ada) as socket:
        await _watch(socket, bob)
        house.presence.is_away = True
        answer = await socket.ask(frame)
        assert (answer["code"], answer["retry_after_ms"]) == ("unavailable", 1_000)
        house.presence.is_away = False
        Fault(house.gateway.onlooker._asker, "peers", NoResponders("as asked"), 1)
        assert (await socket.ask(frame))["code"] == "unavailable"
        assert house.gateway.onlooker.watchlist.users() == [bob]
        house.presence.change(bob, "online")
        assert (await socket.until("presence"))["user"] == bob
        assert await _watch(socket, cyd) == {cyd: "offline"}


async def test_a_watch_that_takes_too_long_is_given_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits behind it, too; then nothing is held for them, and it works again."""
    ada, bob = user(), user()
    await house.replica.room(ada, bob)
    monkeypatch.setattr(onlooker, "_ANSWER_SECONDS", 0.5)
    async with house.socket(ada) as socket:
        pause = Pause(house.gateway.onlooker._asker, "seen")
        for number in ("1", "2"):
            await socket.send({"type": "watch", "id": number, "users": [bob]})
        for number in ("1", "2"):
            refused = await socket.until("error", id=number)
            assert (refused["code"], refused["message"]) == (
                "unavailable",
                "not available now: it takes too long",
            )
        assert len(house.gateway.onlooker.watchlist) == 0
        pause.end()
        monkeypatch.undo()
        assert await _watch(socket, bob) == {bob: "offline"}


async def test_a_connection_that_closes_meanwhile_leaves_nothing(house: House) -> None:
    """At each step of a watch; and one that watches already releases what it watched."""
    ada, bob, cyd = user(), user(), user()
    await house.replica.room(ada, bob, cyd)
    for step in ("peers", "seen"):
        async with house.socket(ada) as socket:
            await _watch(socket, bob)
            pause = Pause(house.gateway.onlooker._asker, step)
            await socket.send({"type": "watch", "id": "1", "users": [bob, cyd]})
            await socket.send({"type": "watch", "id": "2", "users": [cyd]})
            async with asyncio.timeout(10):
                await pause.answered.wait()
            socket.cut()
            await until(lambda: not house.gateway.roster.connections)
            pause.end()
        await until(house.holds_nothing)


async def test_who_leaves_during_the_question_is_not_seen(house: House) -> None:
    """History had answered already: it is asked again."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(ada) as socket:
        pause = Pause(house.gateway.onlooker._asker, "seen")
        await socket.send({"type": "watch", "id": "1", "users": [bob, ada]})
        async with asyncio.timeout(10):
            await pause.answered.wait()
        await house.remove(room, ada, bob)
        await socket.until("member.removed")
        pause.end()
        presence = (await socket.until("ok", id="1"))["result"]["presence"]
        assert [one["user"] for one in presence] == [ada]
        assert house.gateway.onlooker.watchlist.users() == [ada]


async def test_one_too_many_is_invalid(house: House) -> None:
    """The bound holds, and costs nothing else."""
    async with house.socket(user()) as socket:
        users = [f"u{number}" for number in range(limits.WATCH_USERS + 1)]
        answer = await socket.ask({"type": "watch", "id": "1", "users": users})
        assert (answer["code"], answer["field"]) == ("invalid", "users")
        assert await _watch(socket, *users[1:]) == {}


async def test_what_cannot_be_read_is_no_change(house: House) -> None:
    """It is set aside; the next one counts."""
    ada = user()
    async with house.socket(ada) as socket:
        await _watch(socket, ada)
        for junk in (b"", b"null", b"\xff", b'{"user":"\xff"}', b'{"user":"u"}'):
            house.peer.bus.publish(subjects.presence_changed(ada), junk)
        house.presence.change(ada, "online")
        assert (await socket.until("presence"))["status"] == "online"
        assert house.metric('bus_losses_total{reason="slow_consumer"}') == 0


async def test_one_who_is_removed_sees_nobody_and_is_seen_by_nobody(house: House) -> None:
    """From the removal on, both ways; those who share another room see each other still."""
    ada, bob, cyd = user(), user(), user()
    room = await house.replica.room(ada, bob, cyd)
    await house.replica.room(bob, cyd)
    async with house.socket(ada) as one, house.socket(bob) as two, house.socket(cyd) as three:
        for socket in (one, two, three):
            await _watch(socket, ada, bob, cyd)
        await house.remove(room, ada, bob)
        await two.until("member.removed")
        await _settled(house)
        for name in (ada, bob, cyd):
            await _arrived(house, name, "online")
        assert _changes(await one.nothing_more()) == [(ada, "online"), (cyd, "online")]
        assert _changes(await two.nothing_more()) == [(bob, "online"), (cyd, "online")]
        everyone = [(ada, "online"), (bob, "online"), (cyd, "online")]
        assert _changes(await three.nothing_more()) == everyone


async def test_a_room_that_is_deleted_parts_those_who_shared_nothing_else(house: House) -> None:
    """As if everyone had left it; nobody is followed for nothing."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(ada) as one, house.socket(bob) as two:
        await _watch(one, bob)
        await _watch(two, ada)
        await house.replica.ask.ok(ada, "DELETE", f"/v1/rooms/{room}")
        await one.until("room.deleted")
        await _settled(house)
        assert len(house.gateway.onlooker._subjects) == 0
        house.presence.change(bob, "online")
        house.presence.change(ada, "online")
        assert _changes(await one.nothing_more()) == _changes(await two.nothing_more()) == []


async def test_in_doubt_nothing_is_shown_until_history_answers(house: House) -> None:
    """It fails at first and is asked again; then comes what is true by then, once."""
    ada, bob, cyd = user(), user(), user()
    room = await house.replica.room(ada, bob, cyd)
    await house.replica.room(ada, bob)
    async with house.socket(ada) as socket:
        await _watch(socket, bob, cyd)
        fault = Fault(house.gateway.onlooker._asker, "peers", NoResponders("as asked"))
        await house.remove(room, ada, bob)
        await socket.until("member.removed")
        tried = fault.times
        await until(lambda: fault.times < tried)
        await _arrived(house, bob, "online")
        await _arrived(house, bob, "dnd")
        await _arrived(house, cyd, "online")
        assert _changes(await socket.nothing_more()) == [(cyd, "online")]
        fault.times = 0
        change = await socket.until("presence")
        assert (change["user"], change["status"]) == (bob, "dnd")
        assert await socket.nothing_more() == []


@pytest.mark.parametrize("is_told", [True, False])
async def test_a_room_followed_late_puts_in_doubt_who_entered_it(
    house: House,
    is_told: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Whoever left it before was told of by nobody. Whether word of it came, or the member did."""
    ada, bob = user(), user()
    room = await house.replica.room(ada)
    await house.replica.room(ada, bob)
    async with house.socket(bob) as socket:
        await _watch(socket, ada, bob)
        asked = Pause(house.gateway.onlooker._asker, "peers")
        if not is_told:
            house.gateway.fanout._subjects.remove(subjects.user_passing(bob))
        await house.add(room, ada, bob)
        if not is_told:
            await socket.send({"type": "send", "room": room, "key": key(), "text": "hi"})
        await socket.until("room.added")
        async with asyncio.timeout(10):
            await asked.answered.wait()
        assert house.gateway.onlooker.watchlist.doubted() == [bob]
        asked.end()
        await _settled(house)


async def test_after_a_lost_connection_all_is_as_it_should_be(house: House) -> None:
    """What changed meanwhile is sent; who was removed meanwhile is not shown, nor was before."""
    ada, bob, cyd = user(), user(), user()
    room = await house.replica.room(ada, bob, cyd)
    async with house.socket(ada) as socket:
        await _watch(socket, bob, cyd)
        await house.way.cut()
        await until(lambda: not house.gateway.bus.connected)
        await house.remove(room, ada, bob)
        house.presence.change(bob, "online")
        house.presence.change(cyd, "online")
        answer = await socket.ask({"type": "watch", "id": "1", "users": [cyd]})
        assert answer["code"] == "unavailable"
        await house.way.mend()
        while not {"presence", "member.removed"} <= {frame["type"] for frame in socket.seen}:
            await socket.receive()
        await _settled(house)
        await _arrived(house, cyd, "idle")
        assert (await socket.until("presence", user=cyd))["status"] == "idle"
        shown = [f["user"] for f in socket.seen if f["type"] == "presence"]
        assert bob not in shown
        assert house.gateway.onlooker.watchlist.users() == [cyd]
