"""Of whom others are to be told, and when; what they are told it does not know. Pure: it waits for
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, takewhile


class Agenda:
    """People who changed, each once, for `window_seconds` from their first change on.

    At most `most`: beyond it the oldest are dropped. Thousands at once are spread: where as many
    are due as are taken at a time, the others wait for another window, in which some may be again
    what others last heard.
    """

    def __init__(self, window_seconds: float, most: int) -> None:
        self._window_seconds = window_seconds
        self._most = most
        # In the order of their times, as each is put in with the same wait.
        self._due: dict[str, float] = {}
        self._free_at = float("-inf")

    def __len__(self) -> int:
        return len(self._due)

    def add(self, users: Iterable[str], now: float) -> int:
        """Put in those who are not in it yet; return how many were dropped. `now` never falls."""
        for user in users:
            self._due.setdefault(user, now + self._window_seconds)
        dropped = list(islice(self._due, max(0, len(self._due) - self._most)))
        for user in dropped:
            del self._due[user]
        return len(dropped)

    def next_at(self) -> float | None:
        """Return when the next one is to be taken, None if it is empty."""
        due = next(iter(self._due.values()), None)
        return None if due is None else max(due, self._free_at)

    def take(self, now: float, most: int) -> list[str]:
        """Take out at most `most` of those who are due, the oldest first; after as many nobody for
        a window.
        """
        if now < self._free_at:
            return []
        due = takewhile(lambda item: item[1] <= now, self._due.items())
        users = [user for user, _ in islice(due, most)]
        for user in users:
            del self._due[user]
        if len(users) == most:
            self._free_at = now + self._window_seconds
        return users
