"""Who a replica said to be typing."""

from presence.typists import Typists
from proto.passing import TypingChanged


def began(user: str, rev: int, room: str = "r") -> TypingChanged:
    """Somebody begins."""
    return TypingChanged(room, user, active=True, rev=rev)


def ended(user: str, rev: int, room: str = "r") -> TypingChanged:
    """Somebody ends."""
    return TypingChanged(room, user, active=False, rev=rev)


def test_who_began_is_ended_when_redis_forgets() -> None:
    """Once, with a revision just above the beginning's."""
    typists = Typists(10)
    typists.take([began("u", 5), began("v", 7)])
    assert typists.end(lambda _room: True) == [ended("u", 6), ended("v", 8)]
    assert typists.end(lambda _room: True) == []


def test_who_ended_need_not_be_ended() -> None:
    """Nor somebody who ends without having begun here."""
    typists = Typists(10)
    typists.take([began("u", 5), ended("u", 6), ended("w", 9)])
    assert len(typists) == 0
    assert typists.end(lambda _room: True) == []


def test_only_rooms_that_are_lost_are_ended() -> None:
    """The others' ends will be found as ever."""
    typists = Typists(10)
    typists.take([began("u", 5, "a"), began("u", 7, "b")])
    assert typists.end(lambda room: room == "a") == [ended("u", 6, "a")]
    assert typists.end(lambda room: room == "b") == [ended("u", 8, "b")]


def test_the_oldest_are_dropped() -> None:
    """Who begins again counts as new."""
    typists = Typists(2)
    typists.take([began("u", 1), began("v", 2), began("u", 3), began("w", 4)])
    assert typists.end(lambda _room: True) == [ended("u", 4), ended("w", 5)]
