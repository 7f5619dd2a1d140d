"""Decisions about messages while the writer rests or the one who decided is gone."""

import asyncio

from proto import events
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, until, user
from tests.history.test_amending_http import at


async def test_decisions_not_stored_yet_count(own: Replica, own_peer: Peer) -> None:
    """While the writer rests: an edit of what it has, then a deletion, then an edit too late."""
    ada = user()
    room = await own.room(ada)
    seq = await own_peer.say(room, ada, "first")
    await own.stored(seq)
    writer = own.part("writer")
    await writer.stop()
    slow = await own.ask(ada, "PATCH", at(room, seq), {"text": "second"})
    refused(slow, 503, "unavailable")  # it is decided, but cannot be shown
    refused(await own.ask(ada, "PATCH", at(room, seq), {"text": "second"}), 503, "unavailable")
    kinds = [kind for (kind,) in await own_peer.log_of(room)]
    assert kinds.count("message.edited") == 1
    deleting = asyncio.create_task(own.ask(ada, "DELETE", at(room, seq)))
    await until(lambda: _has(own_peer, room, "message.deleted"))
    late = await own.ask(ada, "PATCH", at(room, seq), {"text": "third"})
    refused(late, 404, "not_found")
    said = await own_peer.say(room, ada, "fourth")
    refused(await own.ask(ada, "PATCH", at(room, said), {"text": "x"}), 503, "unavailable")
    await writer.start()
    assert (await deleting).status_code == 204
    assert (await own.ask.ok(ada, "GET", at(room, seq)))["deleted"] is True


async def _has(peer: Peer, room: str, kind: str) -> bool:
    return (kind,) in await peer.log_of(room)


async def test_what_nobody_erased_is_swept(own: Replica, own_peer: Peer) -> None:
    """A deletion whose request died leaves its places behind, and the next sweep erases them."""
    ada = user()
    room = await own.room(ada)
    seq = await own_peer.say(room, ada, "secret")
    await own_peer.publish(events.MessageDeleted(room=room, target=seq, by=ada, ts=1))

    async def is_erased() -> bool:
        return await own_peer.log.get(seq) is None

    await until(is_erased)
    pool = own.history.pool

    async def is_noted() -> bool:
        return int(await pool.fetchval("SELECT count(*) FROM erasures")) == 0

    await until(is_noted)
