"""How many sockets one address holds."""

from __future__ import annotations

from gateway.crowd import Crowd
from services.addresses import Addresses


def test_an_address_holds_so_many() -> None:
    """One who leaves makes room; another address has its own count, an exempt one has none."""
    crowd = Crowd(2, Addresses(("127.0.0.0/8",)))
    for _ in range(2):
        assert not crowd.is_full("203.0.113.7")
        crowd.enter("203.0.113.7")
        crowd.enter("127.0.0.1")
    assert crowd.is_full("203.0.113.7")
    assert not crowd.is_full("203.0.113.8")
    assert not crowd.is_full("127.0.0.1")
    crowd.leave("203.0.113.7")
    assert not crowd.is_full("203.0.113.7")


def test_nothing_is_kept_of_who_is_gone() -> None:
    """Else every address that was ever here would cost something for ever."""
    crowd = Crowd(2, Addresses())
    for host in range(200):
        crowd.enter(f"203.0.113.{host}")
    assert len(crowd) == 200
    for host in range(200):
        crowd.leave(f"203.0.113.{host}")
    assert len(crowd) == 0


def test_no_limit_counts_nobody() -> None:
    """0 is any number."""
    crowd = Crowd(0, Addresses())
    crowd.enter("203.0.113.7")
    assert not crowd.is_full("203.0.113.7")
    crowd.leave("203.0.113.7")
    assert len(crowd) == 0
