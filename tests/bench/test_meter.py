"""What a process costs, and how figures are summed up."""

from __future__ import annotations

import os
import time

import pytest

from bench.meter import Cpu, cpu, percentiles, spread, uss_bytes


def test_the_time_of_a_process_is_its_own() -> None:
    """Work shows up in it, waiting does not."""
    before, until = cpu([os.getpid()]), time.process_time() + 0.2
    while time.process_time() < until:
        pass
    spent = cpu([os.getpid()]).since(before)
    assert spent.all >= 0.15
    assert spent.all == pytest.approx(spent.user + spent.system)


def test_several_processes_count_together() -> None:
    """The same one twice is twice as much."""
    one, two = cpu([os.getpid()]), cpu([os.getpid(), os.getpid()])
    assert two.all >= 2 * one.all
    assert Cpu(3, 2).since(Cpu(1, 1)) == Cpu(2, 1)


def test_memory_that_is_written_to_counts() -> None:
    """A block of 32 MB that is filled is 32 MB more."""
    before = uss_bytes(os.getpid())
    block = bytearray(b"x" * 33_554_432)
    assert uss_bytes(os.getpid()) - before > 0.9 * len(block)


def test_percentiles_are_samples() -> None:
    """None is made up between two of them; the order they came in does not matter."""
    found = percentiles([float(value) for value in reversed(range(101))])
    assert found == {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 100.0, "max": 100.0}
    assert set(percentiles([7.0]).values()) == {7.0}


def test_nothing_has_no_percentiles() -> None:
    """A figure of no samples is none."""
    with pytest.raises(ValueError, match="nothing was measured"):
        percentiles([])


def test_rounds_are_summed_up_by_their_median() -> None:
    """One slow round moves the most, and nothing else."""
    assert spread([1.0, 2.0, 90.0]) == {"median": 2.0, "min": 1.0, "max": 90.0}
