"""How many sockets one address holds and opens."""

from __future__ import annotations

from gateway.crowd import Crowd, Refusal
from services.addresses import Addresses
from services.settings import Rate

OFF = Rate(0, 1.0)
FULL = Refusal("sockets_address", 10)
HOME = "203.0.113.7"


def test_an_address_holds_so_many() -> None:
    """One who leaves makes room; another address has its own count, an exempt one has none."""
    crowd = Crowd(2, OFF, Addresses(("127.0.0.0/8",)))
    for _ in range(2):
        assert crowd.refusal(HOME, 0.0) is None
        crowd.enter(HOME, 0.0)
        crowd.enter("127.0.0.1", 0.0)
    assert crowd.refusal(HOME, 0.0) == FULL
    assert crowd.refusal("203.0.113.8", 0.0) is None
    assert crowd.refusal("127.0.0.1", 0.0) is None
    crowd.leave("127.0.0.1")
    crowd.leave(HOME)
    assert crowd.refusal(HOME, 0.0) is None


def test_an_address_opens_so_many_in_a_time() -> None:
    """Whether they were closed meanwhile or not; then it is told when to come again."""
    crowd = Crowd(0, Rate(3, 2.0), Addresses())
    for _ in range(3):
        assert crowd.refusal(HOME, 100.0) is None
        crowd.enter(HOME, 100.0)
        crowd.leave(HOME)
    assert crowd.refusal(HOME, 100.5) == Refusal("connects_address", 2)
    assert crowd.refusal("203.0.113.8", 100.5) is None
    assert crowd.refusal(HOME, 102.2) is None
    crowd.enter(HOME, 110.0)
    assert len(crowd._window or ()) == 1


def test_nothing_is_kept_of_who_is_gone() -> None:
    """Else every address that was ever here would cost something for ever."""
    crowd = Crowd(2, Rate(1, 1.0), Addresses())
    for host in range(200):
        crowd.enter(f"203.0.113.{host}", 0.0)
    assert len(crowd) == 200
    for host in range(200):
        crowd.leave(f"203.0.113.{host}")
    assert len(crowd) == 0
    crowd.enter(HOME, 60.0)
    assert len(crowd._window or ()) == 1


def test_no_limit_is_none() -> None:
    """0 is any number."""
    crowd = Crowd(0, OFF, Addresses())
    for _ in range(50):
        crowd.enter(HOME, 0.0)
    assert crowd.refusal(HOME, 0.0) is None
