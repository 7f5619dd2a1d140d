"""What other services answer, as a gateway takes it: in pages, refused, or not to be read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from gateway.asker import Asker, RefusedError
from proto import calls, limits, subjects, wire
from services.bus import BusError, NoResponders
from services.bus_nats import Bus
from tests.nats_server import NatsServer


@pytest.fixture
async def bus(own_nats: NatsServer) -> AsyncIterator[Bus]:
    """Give a connection that serves and asks."""
    connected = Bus([own_nats.url], "test")
    await connected.start()
    yield connected
    await connected.stop()


async def _serve_always(bus: Bus, subject: str, reply: bytes) -> None:
    async def answer(_data: bytes) -> bytes:
        return reply

    await bus.serve(subject, "", answer)


async def test_a_failure_is_a_refusal_whatever_its_code(bus: Bus) -> None:
    """A later version may have codes that this one does not know."""
    failure = calls.Failure("of_a_later_version", "not today")
    await _serve_always(bus, subjects.HISTORY_HELLO, wire.encode(failure))
    with pytest.raises(RefusedError, match="of_a_later_version: not today"):
        await Asker(bus).rooms_of("u")


@pytest.mark.parametrize("reply", [b"", b"null", b"{}", b"\xff", b'{"type":"\xff"}'])
async def test_an_answer_that_cannot_be_read_is_an_error_of_the_bus(bus: Bus, reply: bytes) -> None:
    """Callers know what to do about those; any other would end their work."""
    await _serve_always(bus, subjects.HISTORY_MEMBER, reply)
    with pytest.raises(BusError, match="cannot be read"):
        await Asker(bus).member("r", "u")


async def test_nobody_to_ask_is_told_at_once(bus: Bus) -> None:
    """Without waiting for an answer that nobody will give."""
    with pytest.raises(NoResponders):
        await Asker(bus).key("r", "u", "k")


async def test_who_shares_a_room_is_asked_in_parts(bus: Bus) -> None:
    """As many as a watch holds at once, and no question about nobody."""
    asked: list[int] = []

    async def answer(data: bytes) -> bytes:
        users = msgspec.json.decode(data, type=calls.PeersCall).users
        asked.append(len(users))
        return wire.encode(calls.PeersReply(users[:1]))

    await bus.serve(subjects.HISTORY_PEERS, subjects.HISTORY_QUEUE, answer)
    users = [f"u{number}" for number in range(limits.WATCH_USERS + 1)]
    assert await Asker(bus).peers("u", users) == {"u0", f"u{limits.WATCH_USERS}"}
    assert asked == [limits.WATCH_USERS, 1]
    assert await Asker(bus).peers("u", []) == set()


@pytest.mark.parametrize("others", [[], ["v"], ["u", "v"]])
async def test_an_answer_about_others_is_an_error_of_the_bus(bus: Bus, others: list[str]) -> None:
    """It would show somebody as somebody else."""
    reply = calls.SeenReply([calls.Seen(other, "online", None, 1) for other in others])
    await _serve_always(bus, subjects.PRESENCE_READ, wire.encode(reply))
    with pytest.raises(BusError, match="about others"):
        await Asker(bus).seen(["u"])
