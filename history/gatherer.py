"""Reads the rooms of many people at once for hellos; what a room looks like is `rooms_postgres`'s.

After a gateway died thousands say hello within a second. One statement for each would be parsed,
bound, answered and awaited by itself; those who ask while others are read wait a moment for company
instead, and cost what their rows cost. With nobody else about there is nothing to wait for.
"""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Final, NamedTuple

from history import people_settings_postgres, rooms_postgres
from history.rooms_postgres import Seen
from services.pool_postgres import Pool

READS_AT_ONCE: Final = 2
"""Of one process: the other connections of the pool are for pages and decisions."""
PEOPLE: Final = 32
"""In one read: each may be in hundreds of rooms, and the last one waits for the first."""


class Known(NamedTuple):
    """The rooms of somebody, in no order, all as of one moment; and whom they block."""

    rooms: list[Seen]
    blocked: list[str]


Answer = asyncio.Future[Known]


class Gatherer:
    """At most `READS_AT_ONCE` reads of at most `PEOPLE`; who asks is bounded by its callers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: dict[str, Answer] = {}
        self._reading: set[asyncio.Task[None]] = set()

    async def known_of(self, user: str) -> Known:
        """What is known of the user, as of a moment after this call began.

        Whoever asks about one whose read has not begun shares it. Cancelling leaves the others be.

        Raises:
            Unavailable: Postgres cannot answer.
        """
        answer = self._waiting.get(user)
        if answer is None:
            answer = self._waiting[user] = asyncio.get_running_loop().create_future()
            if len(self._reading) < READS_AT_ONCE:
                task = asyncio.create_task(self._work())
                self._reading.add(task)
                task.add_done_callback(self._reading.discard)
        return await asyncio.shield(answer)

    async def _work(self) -> None:
        while self._waiting:
            some = {user: self._waiting.pop(user) for user in [*islice(self._waiting, PEOPLE)]}
            try:
                # First: whoever is blocked in between is left out of the counts alone.
                blocked = await people_settings_postgres.blocked_by(self._pool, list(some))
                found = await rooms_postgres.of_users(self._pool, list(some))
            except Exception as error:
                for answer in some.values():
                    answer.set_exception(error)
                    answer.exception()  # seen: whoever asked may have gone
            else:
                for user, answer in some.items():
                    answer.set_result(Known(found[user], blocked.get(user, [])))
