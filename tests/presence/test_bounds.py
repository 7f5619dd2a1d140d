"""How soon somebody is gone, and how long they have to come back: what the figures add up to."""

from __future__ import annotations

from presence import sweeper, teller
from proto import limits

GONE_SECONDS = 20.0
"""After a gateway was killed, its people are offline within that."""
BACK_SECONDS = 10.0
"""Whoever is back within that was never away."""


def test_who_was_on_a_gateway_that_was_killed_is_gone_in_time() -> None:
    """Renewed at the last moment, noticed by the next sweep, and told after the window."""
    noticed = limits.LEASE_MS / 1000 + sweeper.INTERVAL_SECONDS + teller.WINDOW_SECONDS
    assert noticed + 1.0 <= GONE_SECONDS


def test_whoever_is_back_in_time_was_not_away() -> None:
    """Renewed at the first moment, and the renewal itself late by two seconds."""
    assert limits.LEASE_MS / 1000 - limits.LEASE_RENEW_SECONDS - 2.0 >= BACK_SECONDS
    assert limits.LINGER_MS / 1000 >= BACK_SECONDS
    assert limits.LINGER_MS < limits.LEASE_MS
