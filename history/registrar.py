"""Knows people by asking auth, which owns them; it keeps their names for pages and peers."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from history import people_postgres, search_postgres
from proto import calls, limits, subjects, wire
from proto.codes import ErrorCode
from proto.shapes import User
from services import clock, logs_structlog
from services.bus import BusError
from services.bus_nats import Bus
from services.guard import Claims
from services.pool_postgres import Pool
from services.problem import Problem, Unavailable

FRESH_MS: Final = 60_000
"""A name is asked for again when it is looked at and older than this."""
_ASK_SECONDS: Final = 2.0
_FRESHEN_SECONDS: Final = 0.5
_REMEMBERED: Final = 10_000
_TOLD_ROOMS: Final = 5_000
"""Rooms where a new name is told of at most: as many as one message on NATS may name."""
_log = logs_structlog.get_logger()
_reply = msgspec.json.Decoder(calls.UsersReply)


class Registrar:
    """What it remembers and what waits to be freshened is bounded."""

    def __init__(self, pool: Pool, bus: Bus) -> None:
        self._pool = pool
        self._bus = bus
        self._introduced: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._looked_at: dict[str, None] = {}
        self._news = asyncio.Event()

    async def introduce(self, claims: Claims) -> None:
        """Know who calls, by their token. Writes only when it says something new."""
        said = (claims.username or claims.sub, claims.name or claims.username or claims.sub)
        if self._introduced.get(claims.sub) == said:
            self._introduced.move_to_end(claims.sub)
            return
        await people_postgres.name(self._pool, claims.sub, *said)
        self._introduced[claims.sub] = said
        if len(self._introduced) > _REMEMBERED:
            self._introduced.popitem(last=False)

    async def renamed(self, user: User) -> calls.RenamedIn:
        """Keep the name and picture that somebody has now; tell those who share a room with them.

        Raises:
            Unavailable: Postgres is away.
        """
        await people_postgres.change(self._pool, user)
        self._introduced.pop(user.id, None)
        sources = await search_postgres.rooms(self._pool, user.id)
        rooms = [source.room for source in sources[:_TOLD_ROOMS]]
        told = calls.RenamedIn(user, rooms)
        try:
            self._bus.publish(subjects.HISTORY_RENAMED, wire.encode(told))
        except BusError as error:
            _log.warning("a change was not told", error=str(error))
        return told

    async def require(self, users: Sequence[str], field: str) -> None:
        """Return when all of these are known to exist.

        Raises:
            Problem: `not_found`, if one of them does not.
            Unavailable: auth does not answer, and one of them was never heard of.
        """
        known = await people_postgres.refreshed(self._pool, users)
        stale = self._stale(users, known)
        if not stale:
            return
        try:
            found = {user.id for user in await self._ask(stale, _ASK_SECONDS)}
        except BusError as error:
            if known.keys() >= set(users):
                return  # they existed a while ago: nobody is unmade
            raise Unavailable("whether these users exist cannot be found out now") from error
        missing = [user for user in stale if user not in found]
        if missing:
            message = f"there is no user {missing[0]}"
            raise Problem(ErrorCode.NOT_FOUND, message, field=field)

    async def freshen(self, users: Sequence[str]) -> None:
        """Ask for those whose names are old; gives up quietly after half a second."""
        try:
            stale = self._stale(users, await people_postgres.refreshed(self._pool, users))
            if stale:
                await self._ask(stale, _FRESHEN_SECONDS)
        except (BusError, Unavailable) as error:
            _log.debug("names not freshened", error=str(error))

    def look(self, users: Iterable[str]) -> None:
        """Have names freshened that were shown just now; forgets them if too many wait."""
        for user in users:
            if len(self._looked_at) < _REMEMBERED:
                self._looked_at[user] = None
                self._news.set()

    async def run(self) -> None:
        """Freshen what was looked at, a hundred at a time, until cancelled."""
        while True:
            await self._news.wait()
            some = [*self._looked_at][: limits.IDS_PER_QUERY]
            for user in some:
                del self._looked_at[user]
            try:
                await self.freshen(some)
            except Exception:
                # Old names are no reason to end the process.
                _log.exception("names not freshened")
            if not self._looked_at:
                self._news.clear()
            await asyncio.sleep(_FRESHEN_SECONDS)

    async def _ask(self, users: Sequence[str], seconds: float) -> list[User]:
        """What auth says of these, kept. Raises BusError."""
        found: list[User] = []
        for start in range(0, len(users), limits.IDS_PER_QUERY):
            call = calls.UsersCall(list(users[start : start + limits.IDS_PER_QUERY]))
            raw = await self._bus.request(subjects.AUTH_USERS, wire.encode(call), seconds)
            try:
                found += _reply.decode(raw).users
            except msgspec.DecodeError as error:
                raise BusError(f"auth did not say who these are: {error}") from None
        if found:
            await people_postgres.save(self._pool, found, clock.now_ms())
        return found

    def _stale(self, users: Sequence[str], known: dict[str, int]) -> list[str]:
        old = clock.now_ms() - FRESH_MS
        return [user for user in dict.fromkeys(users) if known.get(user, 0) < old]
