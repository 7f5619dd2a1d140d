"""Puts messages into the log that come over HTTP, with every guarantee of a `send` on a socket.

The same checks and the same event (`proto.sending`), the same identity in the log, the same slow
path for keys that the log has forgotten. A gateway knows from the log who is a member; here it is
read.
"""

from __future__ import annotations

import contextlib
from typing import Final, NamedTuple

import msgspec

from history import events_postgres, mentions_postgres, page, rights, rooms_postgres
from history.amender import refuse
from history.attacher import Attacher
from history.decider import check
from history.metrics import HistoryMetrics
from history.pacer import Pacer
from history.presenter import Presenter
from history.progress import Progress
from history.reader import Reader
from history.rights import Right
from history.rooms_postgres import Place
from proto import calls, events, limits, mentions, sending, shapes, subjects, wire
from proto.codes import RETRYABLE, ErrorCode
from proto.shapes import NewMessage
from proto.wire import Fault
from services import clock
from services.bus import Ack, BusError, BusTimeout, TooLarge
from services.guard import Claims
from services.log_nats import Log
from services.meter import Limited, Meter
from services.pool_postgres import Pool
from services.problem import Problem, Unavailable

_RETRY_MS: Final = 1_000


class Posted(NamedTuple):
    """The message, and whether it is new (201) or was there (200)."""

    message: shapes.Message
    status: int


class _Stamp(msgspec.Struct):
    ts: int


class Poster:
    """Raises Problem and Unavailable; after `timeout` and `unavailable` the same key settles it.

    `holds`: it answers once the message is in Postgres (`PARLEY_ACK=stored`).
    """

    def __init__(
        self,
        pool: Pool,
        log: Log,
        reader: Reader,
        presenter: Presenter,
        progress: Progress,
        attacher: Attacher,
        meter: Meter,
        metrics: HistoryMetrics,
        *,
        holds: bool,
    ) -> None:
        self._pool = pool
        self._log = log
        self._reader = reader
        self._presenter = presenter
        self._progress = progress
        self._attacher = attacher
        self._pacer = Pacer(pool)
        self._meter = meter
        self._metrics = metrics
        self._holds = holds

    async def post(
        self, claims: Claims, room: str, new: NewMessage, *, metered: bool = False
    ) -> Posted:
        """Put a message into a room's log, once for its key; counted by its outcome.

        `metered`: whoever calls has counted it, and not as one of the sender's own.
        """
        outcome = "ok"
        try:
            return await self._post(claims, room, new, metered=metered)
        except Problem as problem:
            outcome = problem.code
            raise
        finally:
            self._metrics.sends.labels(outcome).inc()

    async def _post(self, claims: Claims, room: str, new: NewMessage, *, metered: bool) -> Posted:
        deadline = clock.monotonic() + limits.SEND_DEADLINE_SECONDS
        key_ms = sending.check(new, clock.now_ms())
        if isinstance(key_ms, Fault):
            refuse(key_ms)
            raise AssertionError("a fault is refused")
        if not metered:
            await self._take("sends", claims.sub)
        try:
            place = await self._admit(claims.sub, room, new)
        except Problem as problem:
            # A retry of what was said while they were a member: an error would deny what is there.
            known = None if problem.code in RETRYABLE else await self._find(claims, room, new)
            if known is None:
                raise
            return await self._again(room, known, claims.sub)
        await self._take("sends_room", room)
        now_ms = clock.now_ms()
        if sending.is_late(key_ms, now_ms):
            is_old = sending.is_old(key_ms, now_ms)
            known = await self._find(claims, room, new, stored=not is_old)
            if known is not None:
                return await self._again(room, known, claims.sub)
        try:
            files = await self._attacher.attach(room, claims.sub, new)
        except Problem as problem:
            # A retry of one that was deleted meanwhile, and its files with it.
            known = None if problem.code in RETRYABLE else await self._find(claims, room, new)
            if known is None:
                raise
            return await self._again(room, known, claims.sub)
        named = mentions.named(new.text)
        users = await mentions_postgres.members(self._pool, room, claims.sub, named.usernames)
        may = rights.refusal(Right.HIGHLIGHT, place.kind, place.role) is None
        # A bot has the rights of its role as far as its token is good for them.
        may = may and claims.may("moderate")
        event = sending.message(
            room, claims.sub, claims.name or claims.username, new, now_ms, named.resolve(users),
            everyone=named.everyone and may, attachments=files,
        )  # fmt: skip
        ack = await self._publish(event, deadline)
        if ack.duplicate and not await self._is_ours(ack, now_ms):
            return await self._again(room, ack.seq, claims.sub)
        await self._hold(ack.seq, deadline)
        return Posted(await self._shown(event, ack.seq), 201)

    async def _admit(self, user: str, room: str, new: NewMessage) -> Place:
        """The room of somebody who may write there now; in slow mode the turn is taken."""
        place = await rooms_postgres.place(self._pool, room, user)
        if place is None:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such room")
        check(Right.SEND, place)
        await self._pacer.require(place, user, new.key.lower())
        return place

    async def _take(self, limit: str, owner: str) -> None:
        try:
            await self._meter.take(limit, owner)
        except Limited as limited:
            raise limited.problem() from None

    async def _find(
        self, claims: Claims, room: str, new: NewMessage, *, stored: bool = False
    ) -> int | None:
        """Where the key is stored, knowing all that the log holds now; or what is `stored` now."""
        call = calls.KeyCall(room, claims.sub, new.key.lower(), stored)
        found = await self._reader.key(call)
        return found.seq

    async def _again(self, room: str, seq: int, user: str) -> Posted:
        """The message that the key stands for, as it is now."""
        await self._reader.catch_up(room, seq)
        message = await self._presenter.one(room, seq, user)
        if message is None:
            raise Unavailable("the first one with this key is not stored yet")
        return Posted(message, 200)

    async def _publish(self, event: events.Message, deadline: float) -> Ack:
        identity = subjects.message_id(event.room, event.sender, event.id)
        try:
            return await self._log.publish(
                subjects.room_log(event.room),
                wire.encode(event),
                identity,
                deadline_seconds=max(0.0, deadline - clock.monotonic()),
            )
        except BusTimeout:
            raise Problem(ErrorCode.TIMEOUT, "the log did not answer in time") from None
        except TooLarge as error:
            raise Problem(ErrorCode.TOO_LARGE, str(error)) from None
        except BusError as error:
            raise Unavailable(f"not available now: {error}", _RETRY_MS) from None

    async def _is_ours(self, ack: Ack, now_ms: int) -> bool:
        """A repetition of our own whose first answer was lost is no duplicate to the client."""
        if ack.attempts == 1:
            return False
        try:
            record = await self._log.get(ack.seq)
        except BusError as error:
            raise Unavailable(f"not available now: {error}", _RETRY_MS) from None
        return record is not None and msgspec.json.decode(record.data, type=_Stamp).ts == now_ms

    async def _hold(self, seq: int, deadline: float) -> None:
        if self._holds and not await self._progress.wait(seq, deadline - clock.monotonic()):
            text = "it is in the log, but not stored yet: send it again with the same key"
            raise Problem(ErrorCode.TIMEOUT, text)

    async def _shown(self, event: events.Message, seq: int) -> shapes.Message:
        """The message as it is at its place; which event is before it, the log did not say."""
        quote = None
        if event.reply_to is not None:
            # It is said, whatever comes: only the quote would be missing.
            with contextlib.suppress(Unavailable):
                await self._reader.catch_up(event.room, event.reply_to)
            quoted = await events_postgres.quoted(self._pool, event.room, [event.reply_to])
            for stored in quoted.values():
                quote = page.quote(page.said(stored.body), stored.seq, deleted=stored.deleted)
        return page.message(event, seq, 0, quote=quote)
