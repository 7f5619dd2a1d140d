"""What the people of a company do in a working day, and where: a guess, said plainly; pure.

Nobody's logs are behind it. The proportions are what matters: much more is read than said, most is
said to few, and everybody is in one large room in which little is said.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

DAY_SECONDS = 8 * 3_600
A_DAY = {"send": 40, "type": 40, "read": 100, "status": 8, "reconnect": 4, "page": 20}
"""How often each person does it: says something, begins to type, reads what is new, goes idle or
comes back, loses the connection, opens a room's history. They follow the presence of their team and
of those whom they talk to in private."""
WHERE = {"direct": 45, "team": 40, "project": 13, "company": 2}
"""Of a hundred messages. Typing and reading go the same way."""
TEAM, PROJECT = 10, 25
FRIENDS = 2
"""Direct rooms that each person begins; as many are begun with them."""


class Act(NamedTuple):
    """What somebody does, by their number, and when: seconds from the beginning of the day."""

    at: float
    person: int
    what: str
    where: str


def day(people: int, seconds: float, seed: int) -> list[Act]:
    """Everybody's day pressed into so many seconds, in order; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    places, weights = list(WHERE), list(WHERE.values())
    acts = [
        Act(chance.uniform(0, seconds), person, what, chance.choices(places, weights)[0])
        for person in range(people)
        for what, times in A_DAY.items()
        for _ in range(times)
    ]
    return sorted(acts)


def rooms(people: int) -> dict[str, list[list[int]]]:
    """Who is in which rooms: of each kind the rooms, of each the numbers of its people."""
    everyone = range(people)
    return {
        "company": [list(everyone)],
        "team": _cut(everyone, TEAM),
        # Across the teams: every so manyth.
        "project": _cut([one for start in range(TEAM) for one in everyone[start::TEAM]], PROJECT),
        "direct": [
            [one, (one + step) % people] for one in everyone for step in range(1, FRIENDS + 1)
        ],
    }


def _cut(people: Sequence[int], size: int) -> list[list[int]]:
    return [list(people[at : at + size]) for at in range(0, len(people), size)]
