"""What a soak measures is memory, and how it compares."""

from __future__ import annotations

import os

from tests.faults import soak


def test_memory_of_ones_own_is_seen() -> None:
    """32 MB that were written to count, and count no more when they are given back."""
    before = soak.uss_kilobytes(os.getpid())
    block = bytearray(os.urandom(1)) * (32 * 1024 * 1024)
    held = soak.uss_kilobytes(os.getpid())
    assert held - before > 30_000
    del block
    assert soak.uss_kilobytes(os.getpid()) < held - 30_000


def test_growth_counts_from_where_it_has_settled() -> None:
    """From the fifth minute of an hour; what came before is the start, and no growth."""
    an_hour = [10] * 30 + [100] * 690
    assert soak._grown(an_hour, 60) == (0.0, 100, 100)
    assert soak._grown([*an_hour[:-6], *[120] * 6], 60) == (0.2, 100, 120)


def test_a_short_run_settles_for_a_third_of_it() -> None:
    """And never longer than five minutes."""
    assert soak.settled_minutes(6) == 2
    assert soak.settled_minutes(60) == 5
