"""The day of a company: everybody does as much as is said, where it is said, in order."""

from __future__ import annotations

from collections import Counter

from bench.habits import A_DAY, WHERE, day, rooms


def test_everybody_does_what_is_said() -> None:
    """So often each, within the day, in the order of time; the same for the same seed."""
    acts = day(20, 30.0, seed=1)
    assert Counter((act.person, act.what) for act in acts) == {
        (person, what): times for person in range(20) for what, times in A_DAY.items()
    }
    assert all(0 <= act.at <= 30 for act in acts)
    assert [act.at for act in acts] == sorted(act.at for act in acts)
    assert acts == day(20, 30.0, seed=1) != day(20, 30.0, seed=2)


def test_most_is_said_to_few() -> None:
    """The shares are those of the table, which is whole."""
    assert sum(WHERE.values()) == 100
    found = Counter(act.where for act in day(100, 30.0, seed=1) if act.what == "send")
    for where, percent in WHERE.items():
        assert abs(100 * found[where] / found.total() - percent) < 3


def test_everybody_is_in_rooms_of_every_kind() -> None:
    """One for all, teams, projects that cut across them, and some of two."""
    made = rooms(100)
    assert set(made) == set(WHERE)
    for kind, some in made.items():
        assert {one for members in some for one in members} == set(range(100)), kind
    assert {len(members) for members in made["direct"]} == {2}
    assert not set(map(tuple, made["team"])) & set(map(tuple, made["project"]))
