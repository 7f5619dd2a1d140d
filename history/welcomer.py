"""Lets everybody into the default rooms, once each, so that nobody meets an empty screen.

It happens at somebody's first hello, or first look at their rooms; making an account needs nothing
of history. Who left such a room is not let in again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from history import members_postgres, people_postgres, sanctions_postgres, welcomed_postgres
from history.decider import admit
from history.relay import Relay
from history.room import Draft
from history.rooms_postgres import Place
from proto.shapes import Role
from services import clock, logs_structlog
from services.pool_postgres import Connection, Pool
from services.problem import Problem

_REMEMBERED: Final = 100_000
_PUSH_SECONDS: Final = 2.0
"""A hello waits so long for the log to say that the person is in; else they hear of it later."""
_log = logs_structlog.get_logger()


class Welcomer:
    """`rooms` are the names of the default rooms by their ids, which every replica knows alike."""

    def __init__(self, pool: Pool, relay: Relay, rooms: Mapping[str, str]) -> None:
        self._pool = pool
        self._relay = relay
        self._rooms = rooms
        self._welcomed: OrderedDict[str, None] = OrderedDict()

    async def welcome(self, user: str, username: str, display_name: str) -> None:
        """Let somebody into those default rooms that they were never let into; never raises.

        What fails is tried again at their next hello.
        """
        if not self._rooms or not username or user in self._welcomed:
            return
        try:
            known = await welcomed_postgres.rooms(self._pool, user)
            for room in self._rooms.keys() - known:
                await people_postgres.name(self._pool, user, username, display_name or username)
                async with self._pool.transaction() as connection:
                    await self._let_in(connection, room, user)
                await self._relay.push(room, _PUSH_SECONDS)
        except Problem as problem:
            _log.warning("somebody was not welcomed", error=problem.message)
            return
        except Exception:
            # Whatever it is, a hello is answered.
            _log.exception("somebody was not welcomed")
            return
        self._welcomed[user] = None
        if len(self._welcomed) > _REMEMBERED:
            self._welcomed.popitem(last=False)

    async def _let_in(self, connection: Connection, room: str, user: str) -> None:
        """Make the room if it never was, and let the person in unless something speaks against it.

        Like every public room that nobody is in, it belongs to the first who comes.
        """
        now_ms = clock.now_ms()
        draft = Draft("public", self._rooms[room], "", (), None)
        await members_postgres.make(connection, room, draft, now_ms)
        place = await members_postgres.lock(connection, room, user)
        if not await welcomed_postgres.note(connection, user, room):
            return
        if not isinstance(place, Place) or place.role is not None or place.archived:
            return
        if await sanctions_postgres.term(connection, "bans", room, user, now_ms) is not None:
            return
        role: Role = "member" if place.members else "owner"
        await admit(connection, room, user, [(user, role)], now_ms)
