"""Default rooms: everybody is let in, once, whichever replica greets them first."""

import asyncio
from collections.abc import Callable

from proto import calls, subjects
from tests.history.running import Peer, running, user
from tests.nats_server import NatsServer


async def greet(peer: Peer, who: str) -> dict[str, calls.RoomAsOf]:
    """The rooms of somebody who says hello with the names of their token."""
    call = calls.HelloCall(who, who, who.capitalize())
    reply = await peer.call(subjects.HISTORY_HELLO, call, calls.HelloReply)
    return {known.room.name or "": known for known in reply.rooms}


async def test_everybody_is_let_into_the_default_rooms_once(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """Two replicas at once make each room once; who left one, or is banned, stays out; one that
    is added later is everybody's at their next hello; without a name nobody is let in."""
    ada, people = user(), [user() for _ in range(8)]
    names = "General, news,general"
    async with (
        running(database, own_nats.url, PARLEY_DEFAULT_ROOMS=names) as one,
        running(database, own_nats.url, PARLEY_DEFAULT_ROOMS=names) as two,
    ):
        assert set(await greet(own_peer, ada)) == {"General", "news"}
        found = await asyncio.gather(*(greet(own_peer, who) for who in people * 2))
        assert {tuple(sorted(rooms)) for rooms in found} == {("General", "news")}
        general = found[0]["General"].room
        assert (general.kind, general.role, general.unread) == ("public", "member", 0)
        shown = await one.ask.ok(ada, "GET", f"/v1/rooms/{general.id}")
        assert (shown["role"], shown["members"]) == ("owner", 9)
        listed = (await two.ask.ok(ada, "GET", f"/v1/rooms/{general.id}/members"))["members"]
        assert {member["user"]["id"] for member in listed} == {ada, *people}
        assert listed[0]["user"]["display_name"] == ada.capitalize()
        joined = await own_peer.log_of(general.id, "user")
        assert sorted(joined) == sorted(("member.joined", who) for who in (ada, *people))
        await one.ask.ok(people[0], "POST", f"/v1/rooms/{general.id}/leave")
        await one.ask.ok(ada, "PUT", f"/v1/rooms/{general.id}/bans/{people[1]}", {})
        banned = user()
        await one.ask.ok(ada, "PUT", f"/v1/rooms/{general.id}/bans/{banned}", {})
    async with running(database, own_nats.url, PARLEY_DEFAULT_ROOMS=names + ",Later") as three:
        for who in (*people[:2], banned):
            assert set(await greet(own_peer, who)) == {"news", "Later"}
        assert set(await greet(own_peer, people[2])) == {"General", "news", "Later"}
        assert await own_peer.hello(user()) == {}
        mine = (await three.ask.ok(user(), "GET", "/v1/rooms"))["rooms"]
        assert {room["name"] for room in mine} == {"General", "news", "Later"}


async def test_a_default_room_that_was_changed_is_not_made_again(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """Renamed it is the same room; archived or ended, newcomers are not let into it."""
    ada = user()
    async with running(database, own_nats.url, PARLEY_DEFAULT_ROOMS="General") as replica:
        room = (await greet(own_peer, ada))["General"].room.id
        await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}", {"name": "Lobby"})
        assert set(await greet(own_peer, user())) == {"Lobby"}
        await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}", {"archived": True})
        assert await greet(own_peer, user()) == {}
        await replica.ask.ok(ada, "DELETE", f"/v1/rooms/{room}")
        assert await greet(own_peer, user()) == {}


async def test_a_hello_does_not_depend_on_being_let_in(
    database: str, own_nats: NatsServer, own_peer: Peer, nats_server: Callable[..., NatsServer]
) -> None:
    """While Postgres refuses, it is tried again at the next one."""
    ada = user()
    async with running(database, own_nats.url, PARLEY_DEFAULT_ROOMS="General") as replica:
        pool = replica.history.pool
        await pool.execute("ALTER TABLE welcomed RENAME TO unwelcome")
        await replica.history.welcomer.welcome(ada, ada, ada)
        await pool.execute("ALTER TABLE unwelcome RENAME TO welcomed")
        assert set(await greet(own_peer, ada)) == {"General"}
