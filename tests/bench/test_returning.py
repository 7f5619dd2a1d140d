"""A client that comes back says what it has, and sees what is twice or left out."""

from __future__ import annotations

from bench.returning import Returning
from proto import frames, wire

READY = b'{"type":"ready","rooms":[{"id":"tea","kind":"private","last_seq":4}]}'


def event(seq: int, prev: int) -> bytes:
    """A message at its place."""
    return wire.place(b'{"type":"message","room":"tea","text":"7 x","id":"k"}', seq, prev)


def resumed(*, complete: bool) -> bytes:
    """The end of a replay."""
    return wire.encode(frames.Resumed(room="tea", from_=4, to=9, complete=complete))


def test_it_says_what_it_has() -> None:
    """At first nothing; then the newest it heard of each room, which it awaits the rest of."""
    client = Returning("a token")
    first = wire.decode_client(client.greet()[0])
    assert isinstance(first, frames.Hello)
    assert first.resume == {}
    client.hear(READY)
    assert client.hear(event(9, 4)).text == "7 x"
    again = wire.decode_client(client.greet()[0])
    assert isinstance(again, frames.Hello)
    assert again.resume == {"tea": 9}
    assert client.awaiting == {"tea"}
    client.hear(READY)
    client.hear(resumed(complete=True))
    assert (client.awaiting, client.missed, client.doubled) == (set(), 0, 0)


def test_it_counts_what_is_twice_and_what_is_missing() -> None:
    """An event it has, one that names another it does not have, a replay that is not whole."""
    client = Returning("a token")
    client.hear(READY)
    client.hear(event(4, 3))
    assert client.doubled == 1
    client.hear(event(9, 7))
    assert client.missed == 1
    client.hear(resumed(complete=False))
    assert client.missed == 2
    client.hear(wire.encode(frames.ReadEvent(room="tea", user="ada", seq=3)))
    assert client.doubled == 1
