"""Where the bytes of an idle socket are, as the bench tells it."""

from __future__ import annotations

import asyncio

from bench.idle_parts import weigh


def test_each_part_is_weighed_and_the_whole_is_within_the_bar() -> None:
    """A socket, its person and ten rooms of ten: some KB, and none of it counted twice."""
    parts = asyncio.run(weigh(50, 10))
    assert all(0 < size < 4_000 for size in parts.values()), parts
    assert sum(parts.values()) < 8_000


def test_who_is_in_no_room_weighs_less() -> None:
    """The rooms' part goes with the rooms, and the person's own gets smaller."""
    none, ten = asyncio.run(weigh(50, 0)), asyncio.run(weigh(50, 10))
    assert sum(none.values()) < sum(ten.values()) - 500
    assert none["the person and their roles"] < ten["the person and their roles"]
    assert none["the socket"] == ten["the socket"]
