"""Values to two digits, from microseconds to minutes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.histogram import Histogram, bound


@given(st.floats(1e-6, 1e6))
def test_a_bound_is_hardly_above_the_value(value: float) -> None:
    """At most a tenth of it, whatever its size: two digits."""
    assert value * (1 - 1e-9) <= bound(value) <= 1.11 * value


def test_a_bound_is_its_own() -> None:
    """What is read back falls where it was."""
    for value in (0.0, 0.0012, 0.99, 1.0, 1.1, 99.0, 100.0, 110.0, 4800.0):
        assert bound(value) == value
    assert bound(-1.0) == 0.0
    assert bound(101.0) == 110.0


def test_rounds_add_up() -> None:
    """Two rounds together are as if all had been one; so is what was written and read."""
    first, second, whole = Histogram(), Histogram(), Histogram()
    first.add([1.0, 2.0, 3.0])
    second.add([250.0, 0.0])
    whole.add([1.0, 2.0, 3.0, 250.0, 0.0])
    first.merge(Histogram.read(second.plain()))
    assert first.plain() == whole.plain() == {"0": 1, "1": 1, "2": 1, "3": 1, "250": 1}
    assert len(first) == 5


def test_percentiles_are_bounds() -> None:
    """The one that so many values do not go beyond."""
    found = Histogram()
    found.add(float(value) for value in range(1, 101))
    assert found.percentiles() == {"p50": 50, "p90": 90, "p99": 99, "p99.9": 100, "max": 100}
    with pytest.raises(ValueError, match="nothing was measured"):
        Histogram().at(0.5)
