"""Who here types where, and who is shown to those here as typing; a core, which tells nobody.

Two views that do not meet: `Typists` is what people here say and how often it counts, `Shown` what
one room is told of anyone, by presence, in the order of its revisions.
"""

from __future__ import annotations

from collections.abc import Hashable

from proto import limits

ROOMS = 16
"""Rooms in which one person types at a time; another is let go by."""
SHOWN_USERS = 256
"""Most people one room keeps track of; more do not type at once where typing is passed at all."""
SHOWN_SECONDS = 120.0
"""Nobody is shown typing for longer at a stretch: the word of their end may have been lost."""
REMEMBERED_SECONDS = 10.0
"""How long the revision of an end is kept, so that an earlier beginning cannot undo it."""


class _Turn:
    __slots__ = ("at", "at_ms", "is_active", "source")

    def __init__(self) -> None:
        self.at = float("-inf")
        """When something of the client's counted last, on the monotonic clock."""
        self.at_ms = 0
        self.is_active = False
        self.source: Hashable = None


class Typists:
    """What people here say of themselves. Times: monotonic seconds, and ms since the epoch.

    An answer is the `at_ms` to pass it on with, which rises with each of one person in one room;
    None if it is let go by.
    """

    __slots__ = ("_people",)

    def __init__(self) -> None:
        self._people: dict[str, dict[str, _Turn]] = {}

    def __len__(self) -> int:
        return len(self._people)

    def say(
        self, user: str, room: str, source: Hashable, now: float, now_ms: int, *, active: bool
    ) -> int | None:
        """Take a `typing` frame that came through the connection `source`."""
        turns = self._people.get(user, {})
        turn = turns.get(room)
        if turn is None:
            turn = self._begin(user, now, room) if active else None
        elif now - turn.at < limits.TYPING_CHANGE_SECONDS:
            return None
        if turn is None or not (active or _is_active(turn, now)):
            return None
        turn.at, turn.source = now, source
        return _change(turn, now_ms, active=active)

    def spoke(self, user: str, room: str, now: float, now_ms: int) -> int | None:
        """Learn that the person's message is in the log: whatever they typed is over."""
        turn = self._people.get(user, {}).get(room)
        if turn is None or not _is_active(turn, now):
            return None
        return _change(turn, now_ms, active=False)

    def left(self, user: str, source: Hashable, now: float, now_ms: int) -> list[tuple[str, int]]:
        """Learn that a connection is gone; gives the rooms it typed in, each with its `at_ms`."""
        return [
            (room, _change(turn, now_ms, active=False))
            for room, turn in self._people.get(user, {}).items()
            if turn.source == source and _is_active(turn, now)
        ]

    def forget(self, user: str) -> None:
        """Learn that the person has no connection here any more."""
        self._people.pop(user, None)

    def _begin(self, user: str, now: float, room: str) -> _Turn | None:
        turns = self._people.setdefault(user, {})
        if len(turns) >= ROOMS:
            for other in [r for r, t in turns.items() if now - t.at >= limits.TYPING_SECONDS]:
                del turns[other]
        if len(turns) >= ROOMS:
            return None
        turn = turns[room] = _Turn()
        return turn


class Shown:
    """Who is shown as typing in one room; every `now` is monotonic seconds."""

    __slots__ = ("_people",)

    def __init__(self) -> None:
        self._people: dict[str, tuple[int, bool, float]] = {}

    def __len__(self) -> int:
        return len(self._people)

    def take(self, user: str, rev: int, now: float, *, active: bool) -> bool:
        """Learn that somebody began or stopped; True if those here are to be told.

        What is no later than what is known is dropped, and so is an end whose beginning nobody saw.
        """
        known, was_active, _ = self._people.get(user, (-1, False, now))
        if rev <= known or (known < 0 and not self._make_room()):
            return False
        self._people[user] = (rev, active, now)
        return active is not was_active

    def end(self) -> list[str]:
        """End all who are shown, as when the word of their end may be lost; gives who they were."""
        return self._end([user for user, (_, active, _) in self._people.items() if active])

    def prune(self, now: float) -> list[str]:
        """Forget ends of long ago; gives those who were shown for too long, and no more."""
        over: dict[bool, list[str]] = {False: [], True: []}
        for user, (_, active, at) in self._people.items():
            if now - at >= (SHOWN_SECONDS if active else REMEMBERED_SECONDS):
                over[active].append(user)
        for user in over[False]:
            del self._people[user]
        return self._end(over[True])

    def _end(self, users: list[str]) -> list[str]:
        for user in users:
            rev, _, at = self._people[user]
            self._people[user] = (rev, False, at)
        return users

    def _make_room(self) -> bool:
        if len(self._people) >= SHOWN_USERS:
            ended = next((u for u, (_, active, _) in self._people.items() if not active), None)
            if ended is None:
                return False
            del self._people[ended]
        return True


def _is_active(turn: _Turn, now: float) -> bool:
    return turn.is_active and now - turn.at < limits.TYPING_SECONDS


def _change(turn: _Turn, now_ms: int, *, active: bool) -> int:
    turn.at_ms, turn.is_active = max(now_ms, turn.at_ms + 1), active
    return turn.at_ms
