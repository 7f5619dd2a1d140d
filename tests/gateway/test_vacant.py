"""Which rooms without anybody are kept: those left last, for a while, a bounded number."""

import pytest

from gateway import vacant
from gateway.vacant import SECONDS, Vacant

pytestmark = pytest.mark.core


def test_a_room_is_kept_for_a_while() -> None:
    """Not a moment longer; those left later stay."""
    kept = Vacant()
    kept.add("one", 100.0)
    kept.add("two", 101.0)
    assert kept.due(100.0 + SECONDS - 0.1, 9) == []
    assert kept.due(100.0 + SECONDS, 9) == ["one"]
    assert len(kept) == 1
    assert kept.due(101.0 + SECONDS, 9) == ["two"]
    assert kept.due(1e9, 9) == []


def test_who_comes_back_ends_it() -> None:
    """And the time begins anew with the next who leaves."""
    kept = Vacant()
    kept.add("one", 100.0)
    kept.remove("one")
    kept.remove("one")
    assert len(kept) == 0
    kept.add("two", 101.0)
    kept.add("one", 150.0)
    assert kept.due(101.0 + SECONDS, 9) == ["two"]


def test_no_more_than_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest empty ones go, a few at a time as one asks."""
    monkeypatch.setattr(vacant, "ROOMS", 3)
    kept = Vacant()
    for number in range(6):
        kept.add(f"r{number}", 100.0)
    assert kept.due(100.0, 2) == ["r0", "r1"]
    assert kept.due(100.0, 2) == ["r2"]
    assert kept.due(100.0, 2) == []
    assert kept.clear() == ["r3", "r4", "r5"]
    assert len(kept) == 0
