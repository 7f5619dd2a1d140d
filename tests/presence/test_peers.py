"""Whose presence one may see, asked over a real NATS."""

import pytest

from presence.peers import Peers
from proto import subjects, wire
from proto.calls import Failure
from services.bus_nats import Bus
from services.problem import Unavailable
from tests.presence.history import serve_peers


async def test_only_those_who_share_a_room_and_oneself(bus: Bus) -> None:
    """The order is the one asked in; strangers are left out."""
    await serve_peers(bus, {"me", "a"}, {"me", "b"}, {"a", "c"})
    assert await Peers(bus).visible("me", ["c", "b", "me", "a"]) == ["b", "me", "a"]


async def test_oneself_alone_needs_no_asking(bus: Bus) -> None:
    """One's own presence is there although nobody serves the question."""
    assert await Peers(bus).visible("me", ["me"]) == ["me"]


async def test_without_history_it_is_unavailable(bus: Bus) -> None:
    """Who shares a room is not guessed."""
    with pytest.raises(Unavailable):
        await Peers(bus).visible("me", ["a"])


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (wire.encode(Failure("unavailable", "Postgres is away")), "Postgres is away"),
        (b'{"users":5}', "no answer"),
        (b"", "no answer"),
        (b'{"users":["\xff"]}', "no answer"),
    ],
)
async def test_an_answer_that_is_none_is_unavailable(bus: Bus, answer: bytes, text: str) -> None:
    """A failure of history is told as one; anything else shows nobody."""

    async def reply(_data: bytes) -> bytes:
        return answer

    await bus.serve(subjects.HISTORY_PEERS, subjects.HISTORY_QUEUE, reply)
    with pytest.raises(Unavailable, match=text):
        await Peers(bus).visible("me", ["a"])


async def test_a_history_that_fails_is_unavailable(bus: Bus) -> None:
    """An exception over there is no empty list here."""

    async def fail(_data: bytes) -> bytes:
        raise RuntimeError("broken")

    await bus.serve(subjects.HISTORY_PEERS, subjects.HISTORY_QUEUE, fail)
    with pytest.raises(Unavailable):
        await Peers(bus).visible("me", ["a"])
