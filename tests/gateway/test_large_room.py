"""Whoever is in a large room hears what was said while they were in it, once and in order.

A real gateway, wired but not started; what is written to a socket is kept instead.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from gateway.connection import Connection
from gateway.room import Event
from gateway.turns import SLICE
from proto import events, wire
from tests.gateway.test_delivery_cost import Room

pytestmark = pytest.mark.core


class Heard:
    """A room whose sockets keep each what is written to it."""

    def __init__(self, sockets: int) -> None:
        self.room = Room(sockets)
        self.by: dict[Connection, bytearray] = {}
        for connection in self.room.entry.connections:
            kept = self.by[connection] = bytearray()
            connection.socket._transport = SimpleNamespace(  # type: ignore[assignment]
                write=kept.extend, get_write_buffer_size=int
            )
            connection.socket._is_direct = False
        self.room.gateway.fanout._entries[self.room.entry.id] = self.room.entry
        self.room.entry.holds = sockets

    def tell(self, word: str) -> None:
        """Say something in the room."""
        said = events.Message(room="r", ts=1, id="k", sender="u", sender_name="A", text=f"<{word}>")
        self.room.gateway.fanout._deliver(self.room.entry, Event(2, 1, wire.encode(said)))

    def words(self, connection: Connection) -> list[str]:
        """What somebody heard, in order."""
        return [part.split(">")[0] for part in self.by[connection].decode("latin-1").split("<")[1:]]


async def turns(count: int) -> None:
    """Let the loop turn."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_who_leaves_hears_what_was_said_before_and_nothing_after() -> None:
    """Though neither had its slice when they left; the others hear both."""
    heard = Heard(SLICE + 50)
    fanout, entry = heard.room.gateway.fanout, heard.room.entry
    everybody = list(entry.connections)
    heard.tell("a")
    fanout.detach(entry, everybody[0])
    heard.tell("b")
    heard.tell("c")
    await turns(6)
    assert heard.words(everybody[0]) == ["a"]
    assert all(heard.words(one) == ["a", "b", "c"] for one in everybody[1:])


async def test_a_room_that_becomes_small_is_told_in_order() -> None:
    """What is said once few are left does not overtake what they still wait for."""
    heard = Heard(SLICE + 50)
    fanout, entry = heard.room.gateway.fanout, heard.room.entry
    everybody = list(entry.connections)
    heard.tell("a")
    await turns(1)
    for one in everybody[:100]:
        fanout.detach(entry, one)
    assert len(entry.connections) <= SLICE
    heard.tell("b")
    await turns(6)
    assert {tuple(heard.words(one)) for one in everybody[:100]} == {("a",)}
    assert {tuple(heard.words(one)) for one in everybody[100:]} == {("a", "b")}
    heard.tell("c")
    await turns(1)
    assert {tuple(heard.words(one)) for one in everybody[100:]} == {("a", "b", "c")}
    assert not entry.is_waiting


async def test_who_comes_back_hears_first_what_was_said_before_they_left() -> None:
    """Let in again while they still wait for it: word of the room comes behind it."""
    heard = Heard(2 * SLICE)
    fanout, entry = heard.room.gateway.fanout, heard.room.entry
    one = next(iter(entry.connections))
    heard.tell("a")
    fanout.detach(entry, one)
    heard.tell("b")
    one.socket.hurry()
    one.send(events.Message(room="r", ts=1, id="k", sender="u", sender_name="A", text="<added>"))
    fanout.attach(entry, one)
    heard.tell("c")
    await turns(8)
    assert heard.words(one) == ["a", "added", "c"]
