"""Who types in which room, in Redis, until they say otherwise or say nothing; it announces nothing.

Like leases (`leases_redis.py`): one script a transition, so that of replicas that race each change
is found by one of them, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from presence import keyspace, scripts
from presence.store_redis import Store, raise_first
from proto import limits
from proto.calls import TypingCall
from proto.ids import Id
from proto.passing import TypingChanged
from services.script import Call

ROOM_MOST: Final = limits.TYPING_MEMBERS
"""People of one room held at once, those included who have just ended; more are left out."""
OFF_MS: Final = 60_000
"""A call whose time is further from Redis' clock than this is taken as of now."""

Outcome = Literal["changed", "repeated", "stale", "full", "unavailable"]
_SEPARATOR: Final = "|"
_NO_CHANGE: Final[dict[str, Outcome]] = {"repeated": "repeated", "stale": "stale", "full": "full"}


class Taken(NamedTuple):
    """What became of each call, in their order, and the changes they made."""

    outcomes: list[Outcome]
    changes: list[TypingChanged]


class Typist(NamedTuple):
    """Somebody in a room."""

    room: Id
    user: Id


class Due(NamedTuple):
    """Those whose time is up, `more` of them or not, and since when each shard remembers."""

    typists: list[Typist]
    more: bool
    since: list[int]


class Typing:
    """Who types, in one store. Nothing here is worth a retry: a repeat comes, or the time is up."""

    def __init__(self, store: Store, *, typing_ms: int = int(limits.TYPING_SECONDS * 1000)) -> None:
        """Who types is held for `typing_ms`, and so long is known who ended."""
        self._store = store
        self._typing_ms = typing_ms
        names = ("typing", "typing_due", "typing_sweep")
        self._take, self._due, self._sweep = map(scripts.load, names)

    async def take(self, calls: Sequence[TypingCall]) -> Taken:
        """Hold what these calls say, unless a later one of the same person and room was held.

        Of two of the same millisecond an end counts as the later. Where Redis failed the outcome is
        `unavailable`.

        Raises:
            Unavailable: all of it failed.
        """
        batches = keyspace.batches(range(len(calls)), lambda i: calls[i].room)
        outcomes: list[Outcome] = ["unavailable"] * len(calls)
        changes = []
        places = [batch for _, batch in batches]
        answers = await self._store.run(
            self._take, [self._call([calls[i] for i in batch]) for batch in places]
        )
        for batch, answer in zip(places, answers, strict=True):
            if isinstance(answer, Exception):
                continue
            for i, said in zip(batch, msgspec.convert(answer, list[str]), strict=True):
                outcomes[i] = _NO_CHANGE.get(said, "changed")
                if outcomes[i] == "changed":
                    call = calls[i]
                    changes.append(TypingChanged(call.room, call.user, call.active, int(said)))
        return Taken(outcomes, changes)

    async def due(self) -> Due:
        """Tell whose time is up: at most `BATCH` of a shard.

        Raises:
            Unavailable: a shard could not be asked.
        """
        calls = [
            Call(
                (keyspace.typing_due_key(shard), keyspace.typing_since_key(shard)),
                (keyspace.BATCH,),
            )
            for shard in range(keyspace.SHARDS)
        ]
        answers = await self._store.run(self._due, calls)
        raise_first(answers)
        found = [Typist(*text.split(_SEPARATOR)) for answer in answers for text in answer[1:]]
        more = any(len(answer) > keyspace.BATCH for answer in answers)
        return Due(found, more, [int(answer[0]) for answer in answers])

    async def sweep(self, typists: Sequence[Typist]) -> list[TypingChanged]:
        """End those whose time is up; return the ends that nobody else found.

        Whoever lies where Redis failed stays due.

        Raises:
            Unavailable: all of it failed.
        """
        batches = list(keyspace.batches(typists, lambda typist: typist.room))
        calls = []
        for shard, batch in batches:
            keys = [keyspace.typing_due_key(shard), *(keyspace.room_key(room) for room, _ in batch)]
            calls.append(Call(keys, (self._typing_ms, *(text for one in batch for text in one))))
        answers = await self._store.run(self._sweep, calls)
        return [
            TypingChanged(room, user, active=False, rev=int(rev))
            for (_, batch), answer in zip(batches, answers, strict=True)
            if isinstance(answer, list)
            for (room, user), rev in zip(batch, answer, strict=True)
            if rev is not None
        ]

    def _call(self, calls: Sequence[TypingCall]) -> Call:
        shard = keyspace.shard_of(calls[0].room)
        keys = [keyspace.typing_due_key(shard), *(keyspace.room_key(call.room) for call in calls)]
        said = ((call.room, call.user, int(call.active), call.at_ms) for call in calls)
        bounds = (self._typing_ms, ROOM_MOST, OFF_MS)
        return Call(keys, (*bounds, *(text for one in said for text in one)))
