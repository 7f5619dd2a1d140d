"""What a large room is told reaches each socket once, in order, in slices."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from gateway.parcel import Parcel
from gateway.turns import SLICE, Turns
from gateway.wave import Wave, Written

pytestmark = pytest.mark.core


class Peer:
    """Keeps what is written to it, as JSON; one that is gone takes nothing."""

    def __init__(self, *, is_gone: bool = False) -> None:
        self.heard = b""
        self.writes = 0
        self.is_gone = is_gone

    def write_joined(self, frames: Mapping[int, bytes]) -> bool:
        """Keep it without the header of each frame, which is two bytes long."""
        if self.is_gone:
            return False
        data = frames[0]
        self.heard += data[2::3]
        self.writes += 1
        return True


def said(word: str) -> Parcel:
    """A parcel of one letter."""
    return Parcel(word.encode())


def test_what_is_told_before_a_wave_begins_goes_with_it() -> None:
    """All of it in one write for each socket; what is told later is for the next wave."""
    peers = [Peer() for _ in range(3)]
    wave = Wave(peers, said("a"))
    assert wave.add(said("b"))
    assert wave.write(2) == Written(2, 4, 2)
    assert not wave.add(said("c"))
    assert not wave.is_over
    assert wave.write(2) == Written(1, 2, 1)
    assert wave.is_over
    assert [(peer.heard, peer.writes) for peer in peers] == [(b"ab", 1)] * 3


def test_who_takes_nothing_more_is_no_write() -> None:
    """A closed socket is passed over, and the others have theirs."""
    peers = [Peer(), Peer(is_gone=True), Peer()]
    assert Wave(peers, said("a")).write(9) == Written(3, 2, 2)
    assert [peer.heard for peer in peers] == [b"a", b"", b"a"]


def test_a_sealed_wave_takes_nothing_more() -> None:
    """Who is in the room has changed: the next word is not for the same sockets."""
    peer = Peer()
    wave = Wave([peer], said("a"))
    wave.seal()
    assert not wave.add(said("b"))
    wave.write(1)
    assert peer.heard == b"a"


def test_whoever_is_hurried_is_written_to_once() -> None:
    """At once, and not again when its slice comes; whoever had it already gets nothing."""
    peers = [Peer() for _ in range(4)]
    wave = Wave(peers, said("a"))
    wave.write(1)
    for number in (0, 2, 2):
        wave.hurry(peers[number])
    assert [peer.heard for peer in peers] == [b"a", b"", b"a", b""]
    assert not wave.add(said("b"))
    while not wave.is_over:
        wave.write(1)
    assert [(peer.heard, peer.writes) for peer in peers] == [(b"a", 1)] * 4


async def test_waves_follow_one_another_a_slice_in_a_turn() -> None:
    """The second begins when the first is over; whoever is hurried has both, in their order."""
    told: list[tuple[int, int]] = []
    turns = Turns(lambda frames, writes: told.append((frames, writes)))
    peers = [Peer() for _ in range(SLICE + 10)]
    for word in "ab":
        turns.begin(Wave(peers, said(word)))
    await asyncio.sleep(0)
    assert [peer.heard for peer in peers] == [b"a"] * SLICE + [b""] * 10
    turns.hurry(peers[-1])
    assert peers[-1].heard == b"ab"
    for _ in range(2):
        await asyncio.sleep(0)
    assert [peer.heard for peer in peers] == [b"ab"] * (SLICE + 10)
    assert told == [(SLICE, SLICE), (SLICE, SLICE), (18, 18)]
