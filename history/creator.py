"""Makes rooms: once for each Idempotency-Key, and one direct room for each set of people."""

from __future__ import annotations

import hashlib
import secrets
from typing import NamedTuple

from history import idempotency_postgres, members_postgres, people_settings_postgres, room
from history.decider import admit
from history.registrar import Registrar
from history.relay import Relay
from history.room import Draft
from proto import wire
from proto.codes import ErrorCode
from proto.shapes import NewRoom, Role
from proto.wire import Fault
from services import clock
from services.guard import Claims
from services.pool_postgres import Connection, Pool
from services.problem import Problem


class Made(NamedTuple):
    """The room, and whether it is new (201) or was there (200)."""

    room: str
    status: int


class Creator:
    """Raises Problem (what it refuses, or `timeout`) and Unavailable."""

    def __init__(self, pool: Pool, relay: Relay, registrar: Registrar) -> None:
        self._pool = pool
        self._relay = relay
        self._registrar = registrar

    async def create(self, claims: Claims, new: NewRoom, key: str | None) -> Made:
        """Make a room with its maker and the others in it; answers when all are in the log.

        With a `key` it is made once within 24 hours, and a repetition gets the first answer; the
        same key with another request is a `conflict`.
        """
        draft = room.draft(new, claims.sub)
        if isinstance(draft, Fault):
            raise Problem(draft.code, draft.message, field=draft.field)
        self._relay.require()
        await self._registrar.introduce(claims)
        if draft.others:
            await self._registrar.require(draft.others, "members")
        async with self._pool.transaction() as connection:
            made = await self._once(connection, claims.sub, draft, key)
        await self._relay.push(made.room)
        return made

    async def _once(self, connection: Connection, user: str, draft: Draft, key: str | None) -> Made:
        """Make the room, or find the answer that the key was given before."""
        if key is None:
            return await _make(connection, user, draft)
        digest = hashlib.sha256(wire.encode(draft)).digest()
        now_ms = clock.now_ms()
        if not await idempotency_postgres.claim(connection, user, key, digest, now_ms):
            first = await idempotency_postgres.answer(connection, user, key)
            if first.request != digest:
                message = "this Idempotency-Key was used for another request"
                raise Problem(ErrorCode.CONFLICT, message, field="Idempotency-Key")
            return Made(first.room, first.status)
        made = await _make(connection, user, draft)
        await idempotency_postgres.note(connection, user, key, made.room, made.status)
        return made


async def _make(connection: Connection, user: str, draft: Draft) -> Made:
    room_id = "r_" + secrets.token_urlsafe(16)
    now_ms = clock.now_ms()
    if draft.people is not None:
        there = await members_postgres.of_people(connection, draft.people)
        if there is not None:
            return Made(there, 200)
        if await people_settings_postgres.unwilling(connection, user, (user, *draft.others)):
            # Whether it is a block, and whose, is nobody's to know.
            message = "one of them takes no direct messages from you, or from another of them"
            raise Problem(ErrorCode.FORBIDDEN, message, field="members")
    if not await members_postgres.make(connection, room_id, draft, now_ms):
        made_meanwhile = await members_postgres.of_people(connection, draft.people or "")
        return Made(made_meanwhile or "", 200)
    first: Role = "member" if draft.kind == "direct" else "owner"
    others: list[tuple[str, Role]] = [(other, "member") for other in draft.others]
    await admit(connection, room_id, user, [(user, first), *others], now_ms)
    return Made(room_id, 201)
