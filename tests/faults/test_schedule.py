"""The same seed gives the same faults, and the fixed schedule leaves nothing out."""

from __future__ import annotations

from typing import get_args

from tests.faults import schedule


def test_a_seed_repeats_itself() -> None:
    """Step for step; another seed is another schedule."""
    assert schedule.draw(7, 600) == schedule.draw(7, 600)
    assert schedule.draw(7, 600) != schedule.draw(8, 600)


def test_a_schedule_takes_about_as_long_as_asked() -> None:
    """Pauses and what lasts, counted together."""
    steps = schedule.draw(7, 600)
    assert 600 <= sum(step.pause_seconds + step.seconds for step in steps) < 620


def test_seeds_that_went_wrong_say_why() -> None:
    """Each is drawn as it was then, and is short enough to be tried before every release."""
    for one in schedule.kept():
        assert one.why.endswith(".")
        assert 0 < one.minutes <= 20
        steps = schedule.draw(one.seed, one.minutes * 60)
        assert steps == schedule.draw(one.seed, 1_200)[: len(steps)]


def test_every_target_exists() -> None:
    """Each is a wire, a process, or a role among the nodes."""
    names = {"nats-leader", "nats-follower", *schedule.WIRES}
    for sort, count in schedule.PROCESSES.items():
        names |= {f"{sort}-{n + 1}" for n in range(count)} or {sort}
    for step in (*schedule.draw(3, 3_000), *schedule.short()):
        assert step.target in names


def test_the_short_schedule_leaves_nothing_out() -> None:
    """Every kind of fault, and every sort of process."""
    steps = schedule.short()
    assert {step.kind for step in steps} == set(get_args(schedule.Kind))
    assert {step.target.partition("-")[0] for step in steps} >= set(schedule.PROCESSES)
