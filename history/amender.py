"""Decides changes of messages that were said, and has them in the log before it answers.

A decision waits until the message it is about is stored, is made in one transaction that holds the
room's lock, and goes the way of every decision (`decider`). What it must know may be decided and
not stored yet: `decisions_postgres` reads both.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from history import decisions_postgres, mentions_postgres, message, rights, rooms_postgres
from history.decider import Decider, Turn, check
from history.eraser import Eraser
from history.message import State
from history.reader import Reader
from history.rights import Right
from proto import mentions, sending
from proto.codes import ErrorCode
from proto.wire import Fault
from services import clock, logs_structlog
from services.bus import BusError
from services.guard import Claims
from services.pool_postgres import Pool
from services.problem import Problem, Unavailable
from services.requests import check_scope

ERASE_SECONDS: Final = 15.0
"""How long one who deletes waits until no word is left anywhere."""
_AGAIN_SECONDS: Final = 0.25
_log = logs_structlog.get_logger()


class Amender:
    """Every method raises Problem (what it refuses, or `timeout`) and Unavailable.

    All of them are idempotent.
    """

    def __init__(self, pool: Pool, decider: Decider, reader: Reader, eraser: Eraser) -> None:
        self._pool = pool
        self._decider = decider
        self._reader = reader
        self._eraser = eraser

    async def edit(self, claims: Claims, room: str, seq: int, text: str) -> None:
        """Give one's own message another text; the same text is no change."""
        user = claims.sub
        refuse(sending.check_text(text))
        async with self._about(room, user, seq, Right.SEND) as (turn, state):
            if state.sender != user:
                raise Problem(ErrorCode.FORBIDDEN, "only its sender may edit a message")
            if state.text == text and not state.deleted:
                return
            refuse(message.check_edit(state))
            named = mentions.named(text)
            users = await mentions_postgres.members(turn.connection, room, user, named.usernames)
            everyone = named.everyone and may(Right.HIGHLIGHT, turn) and claims.may("moderate")
            event = message.edited(
                room, state, user, text, named.resolve(users), everyone=everyone, now_ms=turn.now_ms
            )
            kept = message.previews_after(state, text)
            if kept == state.previews:
                await turn.put(event)
            else:
                await turn.put(event, message.previewed(room, state, kept, turn.now_ms))

    async def delete(self, claims: Claims, room: str, seq: int) -> None:
        """Delete one's own message, or as a moderator another's: then no word of it is anywhere."""
        user = claims.sub
        async with self._about(room, user, seq, Right.READ) as (turn, state):
            check(Right.SEND if state.sender == user else Right.MODERATE, turn.place)
            if state.sender != user:
                check_scope(claims, "moderate")
            if not state.deleted:
                await turn.put(message.deleted(room, state, user, turn.now_ms))
        try:
            async with asyncio.timeout(ERASE_SECONDS):
                await self._erase(room, seq)
        except TimeoutError:
            text = "it is decided and will take effect, but the text is not gone everywhere yet"
            raise Problem(ErrorCode.TIMEOUT, text) from None

    async def react(
        self, room: str, user: str, seq: int, emoji: str, *, on: bool, lacking: Fault | None = None
    ) -> None:
        """Add a reaction of one's own, or take it back. `lacking`: as in `check_reaction`."""
        async with self._about(room, user, seq, Right.SEND) as (turn, state):
            if on:
                refuse(message.check_reaction(state, emoji, lacking))
            if (emoji in state.own) is not on:
                event = message.reacted(room, state, user, emoji, turn.now_ms, on=on)
                await turn.put(event)

    async def pin(self, room: str, user: str, seq: int, *, on: bool) -> None:
        """Pin a message, or no longer."""
        async with self._about(room, user, seq, Right.HIGHLIGHT) as (turn, state):
            if on:
                refuse(message.check_pin(state))
            if state.pinned is not on:
                await turn.put(message.pinned(room, state, user, turn.now_ms, on=on))

    @asynccontextmanager
    async def _about(
        self, room: str, user: str, seq: int, right: Right
    ) -> AsyncIterator[tuple[Turn, State]]:
        """Decide about a message of a room that `user` has `right` to; then relay it."""
        place = await rooms_postgres.place(self._pool, room, user)
        if place is None:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such room")
        check(right, place)
        await self._reader.catch_up(room, seq)
        async with self._decider.turn(room, user, right) as turn:
            state = await decisions_postgres.state(turn.connection, room, seq, user)
            if state is None:
                raise Problem(ErrorCode.NOT_FOUND, "there is no such message")
            yield turn, state

    async def _erase(self, room: str, seq: int) -> None:
        """Return when the deletion is stored and the log holds no word of it, however long."""
        while True:
            try:
                await self._reader.catch_up(room)
                return await self._eraser.erase(room, seq)
            except (BusError, Unavailable) as error:
                _log.warning("erasing waits", room=room, error=str(error))
                await asyncio.sleep(_AGAIN_SECONDS)


def may(right: Right, turn: Turn) -> bool:
    """Say whether the one whose turn it is has a right."""
    return rights.refusal(right, turn.place.kind, turn.place.role) is None


def refuse(fault: Fault | None) -> None:
    """Return if there is none. Raises Problem; with `bad_key` it tells the clock."""
    if fault is not None and fault.code is ErrorCode.UNAVAILABLE:
        raise Unavailable(fault.message)
    if fault is not None:
        server_time_ms = clock.now_ms() if fault.code is ErrorCode.BAD_KEY else None
        raise Problem(fault.code, fault.message, field=fault.field, server_time_ms=server_time_ms)
