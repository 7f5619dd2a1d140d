"""One person who thinks better of it: edits, deletes, reacts, and notes what came of each.

Over HTTP, as any bot would, and again until it is answered. Nothing is judged here.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from parley_sdk import Api
from parley_sdk.errors import ApiError

from proto import codes
from services.clock import now_ms
from tests.faults import marks
from tests.faults.fold import ADDED, DELETED, EDITED, REMOVED
from tests.faults.record import Amending, Outcome, Sending

GIVE_UP_SECONDS = 45.0
PAUSE_SECONDS = 0.5
RECENT = 30
"""So many of the latest messages of somebody in a room are thought of."""
EMOJI = ("👍", "🎉", "👀")
_SHARES = {EDITED: 4, DELETED: 2, ADDED: 3, REMOVED: 2}
"""How often each is done, against the others."""
_FINAL = frozenset(
    {
        codes.ErrorCode.FORBIDDEN,
        codes.ErrorCode.NOT_FOUND,
        codes.ErrorCode.CONFLICT,
        codes.ErrorCode.INVALID,
    }
)
"""Answers after which the same is not asked again."""


class _Wanted(NamedTuple):
    kind: str
    room: str
    target: int
    text: str = ""


class Changer:
    """What one person does to what they, or others in their rooms, have said."""

    def __init__(
        self, name: str, api: Api, user: str, chance: random.Random, asked: Counter[str]
    ) -> None:
        """Nothing is done yet. All of a crowd count in one `asked` what they do, by its kind."""
        self._name = name
        self._api = api
        self._user = user
        self._chance = chance
        self._asked = asked
        self._numbers = itertools.count(1)
        self.amendings: list[Amending] = []

    async def change(
        self, rooms: Mapping[str, Sequence[Sending]], owned: frozenset[str] = frozenset()
    ) -> None:
        """Do one thing to one message of `rooms`, each with what was acknowledged there.

        In those that are `owned` others' messages may be deleted, too. It is of the kind that all
        are furthest behind with, so that a short run has every kind; if there is nothing to do that
        to, of the next.
        """
        wanted = self._draw(rooms, owned)
        if wanted is None:
            return
        self._asked[wanted.kind] += 1
        ask, began = self._ask(wanted), now_ms()
        outcome: Outcome = "unknown"
        attempts = 0
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                while True:
                    attempts += 1
                    try:
                        await ask()
                    except ApiError as error:
                        if error.code in _FINAL:
                            # An earlier attempt that was not answered may have been carried out.
                            outcome = "refused" if attempts == 1 else "unknown"
                            return
                        await asyncio.sleep(PAUSE_SECONDS)
                    else:
                        outcome = "ok"
                        return
        except TimeoutError:
            pass
        finally:
            self._asked[wanted.kind] -= outcome != "ok"
            self._note(wanted, began, outcome, attempts)

    def _draw(
        self, rooms: Mapping[str, Sequence[Sending]], owned: frozenset[str]
    ) -> _Wanted | None:
        shares = {
            kind: (self._asked[kind] / share, self._chance.random())
            for kind, share in _SHARES.items()
        }
        some = (self._some(kind, rooms, owned) for kind in sorted(shares, key=shares.__getitem__))
        return next((wanted for wanted in some if wanted is not None), None)

    def _some(
        self, kind: str, rooms: Mapping[str, Sequence[Sending]], owned: frozenset[str]
    ) -> _Wanted | None:
        """Draw what to do it to; None if there is nothing in the room that was drawn."""
        if kind == REMOVED:
            return self._taken_back()
        room = self._chance.choice(list(rooms))
        recent = rooms[room][-RECENT:]
        if kind == EDITED or (kind == DELETED and room not in owned):
            recent = [one for one in recent if one.user == self._user]
        targets = sorted({one.seq for one in recent if one.seq} - self._deleted(room))
        if not targets:
            return None
        target = self._chance.choice(targets)
        if kind == EDITED:
            text = f"{self._name} on {target}: {next(self._numbers)} {marks.mark()}"
            return _Wanted(kind, room, target, text)
        return _Wanted(kind, room, target, self._chance.choice(EMOJI) if kind == ADDED else "")

    def _taken_back(self) -> _Wanted | None:
        """One of the latest reactions."""
        added = [one for one in self.amendings[-RECENT:] if one.kind == ADDED]
        if not added:
            return None
        one = self._chance.choice(added)
        return _Wanted(REMOVED, one.room, one.target, one.text)

    def _deleted(self, room: str) -> set[int]:
        """What this person has asked to be deleted: nothing more is done to it."""
        return {one.target for one in self.amendings if one.kind == DELETED and one.room == room}

    def _ask(self, wanted: _Wanted) -> Callable[[], Awaitable[object]]:
        api, (kind, room, target, text) = self._api, wanted
        match kind:
            case "message.edited":
                return lambda: api.edit_message(room, target, text)
            case "message.deleted":
                return lambda: api.delete_message(room, target)
            case "reaction.added":
                return lambda: api.react(room, target, text)
            case _:
                return lambda: api.unreact(room, target, text)

    def _note(self, wanted: _Wanted, began_ms: int, outcome: Outcome, attempts: int) -> None:
        self.amendings.append(
            Amending(
                client=self._name,
                user=self._user,
                room=wanted.room,
                kind=wanted.kind,
                target=wanted.target,
                text=wanted.text,
                number=next(self._numbers),
                began_ms=began_ms,
                ended_ms=now_ms(),
                outcome=outcome,
                attempts=attempts,
            )
        )
