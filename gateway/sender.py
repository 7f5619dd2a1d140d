"""Puts messages into the log and answers their senders; checks of the text alone are `session`'s.

Sends of one connection into one room go out one after another, so that their order in the log is
the order sent, whatever has to be repeated; other rooms and connections do not wait for them. Their
answers keep that order too, also where they are held until history has stored the messages.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from gateway.admitter import Admitter
from gateway.asker import Asker, RefusedError
from gateway.confirmer import Confirmer
from gateway.connection import Connection
from gateway.holder import Holder
from gateway.metrics import GatewayMetrics
from gateway.warden import Warden
from proto import events, frames, limits, mentions, sending, subjects, wire
from proto.codes import ErrorCode
from proto.shapes import Attachment
from services import clock, logs_structlog
from services.bus import Ack, BusError, BusTimeout, LogFull, TooLarge
from services.log_nats import Log
from services.meter import Limited, Meter

_RETRY_MS = 1_000
LANES = 256
"""Rooms that one connection may have sends under way into."""
_log = logs_structlog.get_logger()


class SendError(Exception):
    """A send that gets an `error`."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        retry_after_ms: int | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.retry_after_ms = retry_after_ms

    @property
    def final(self) -> bool:
        """Whether it says that the message is nowhere."""
        return self.code not in (ErrorCode.TIMEOUT, ErrorCode.UNAVAILABLE)


class _Waiting(NamedTuple):
    send: frames.Send
    key_ms: int
    began: float


class Lane:
    """The sends of one connection into one room that are not answered yet."""

    __slots__ = ("held", "last", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[_Waiting] = deque()
        """Those that are not in the log yet; the first one is under way."""
        self.held = 0
        """Answers that wait for history."""
        self.last = 0
        """The highest place of all that were acknowledged."""

    def __len__(self) -> int:
        return len(self.waiting) + self.held


class Sender:
    """Publishes with the key as identity; the log itself catches what is repeated."""

    def __init__(
        self,
        log: Log,
        asker: Asker,
        admitter: Admitter,
        warden: Warden,
        confirmer: Confirmer,
        holder: Holder,
        meter: Meter,
        metrics: GatewayMetrics,
    ) -> None:
        self._log = log
        self._meter = meter
        self._confirmer = confirmer
        self._asker = asker
        self._admitter = admitter
        self._warden = warden
        self._holder = holder
        self._metrics = metrics
        self._running: set[asyncio.Task[None]] = set()
        self._refused = False
        self.on_said: Callable[[Connection, str], None] = lambda _connection, _room: None
        """Called with the sender and the room once a message is in the log."""

    def __len__(self) -> int:
        """How many lanes have something under way."""
        return len(self._running)

    def submit(self, connection: Connection, send: frames.Send, key_ms: int) -> None:
        """Take a send; its answer comes by itself."""
        if connection.lanes is None:
            connection.lanes = {}
        lane = connection.lanes.get(send.room)
        if lane is None and len(connection.lanes) >= LANES:
            text = f"sends into {LANES} rooms are under way"
            self._refuse(connection, send, SendError(ErrorCode.RATE_LIMITED, text, _RETRY_MS))
            return
        if lane is None:
            lane = connection.lanes[send.room] = Lane()
        elif len(lane) > limits.SENDS_WAITING:
            text = "too many sends wait for an earlier one"
            self._refuse(connection, send, SendError(ErrorCode.RATE_LIMITED, text, _RETRY_MS))
            return
        lane.waiting.append(_Waiting(send, key_ms, clock.monotonic()))
        if len(lane.waiting) == 1:
            task = asyncio.create_task(self._drive(connection, lane, send.room))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _drive(self, connection: Connection, lane: Lane, room: str) -> None:
        """Send what waits in the lane, the first one being under way."""
        while lane.waiting and not connection.is_over:
            waiting, turn = lane.waiting[0], clock.monotonic()
            result = await self._result(connection, waiting.send, waiting.key_ms)
            self._hold(connection, lane, waiting, turn, result)
            if isinstance(result, frames.SendResult):
                self.on_said(connection, room)
            lane.waiting.popleft()
        if connection.is_over:
            lane.waiting.clear()
        _tidy(connection, lane, room)

    async def _result(
        self, connection: Connection, send: frames.Send, key_ms: int
    ) -> frames.SendResult | SendError:
        try:
            return await self._send(connection, send, key_ms)
        except SendError as error:
            return error
        except Exception:
            _log.exception("send failed", connection_id=connection.id)
            return SendError(ErrorCode.INTERNAL, "something went wrong")

    def _hold(
        self,
        connection: Connection,
        lane: Lane,
        waiting: _Waiting,
        turn: float,
        result: frames.SendResult | SendError,
    ) -> None:
        """Answer once history has stored it, and never before an earlier answer of the lane."""

        def answer(*, stored: bool) -> None:
            lane.held -= 1
            if isinstance(result, SendError):
                self._refuse(connection, waiting.send, result)
            elif stored:
                self._accept(connection, waiting, result)
            else:
                text = "it is in the log, but not stored yet: send it again with the same key"
                self._refuse(connection, waiting.send, SendError(ErrorCode.TIMEOUT, text))
            _tidy(connection, lane, waiting.send.room)

        if isinstance(result, frames.SendResult):
            lane.last = max(lane.last, result.seq)
        elif not lane.held:
            lane.last = 0
        lane.held += 1
        self._holder.hold(lane.last, turn, answer)

    def _accept(self, connection: Connection, waiting: _Waiting, result: frames.SendResult) -> None:
        self._metrics.accepted.inc()
        self._metrics.send_ok_seconds.observe(clock.monotonic() - waiting.began)
        if waiting.send.id is not None and not connection.is_over:
            connection.ok(waiting.send.id, result)

    def _refuse(self, connection: Connection, send: frames.Send, error: SendError) -> None:
        self._metrics.sends.labels(error.code.value).inc()
        if not connection.is_over:
            connection.error(send.id, error.code, str(error), error.retry_after_ms, error.field)

    async def _send(
        self, connection: Connection, send: frames.Send, key_ms: int
    ) -> frames.SendResult:
        claims = connection.claims
        assert claims is not None  # noqa: S101 - a live conversation has them
        deadline = clock.monotonic() + limits.SEND_DEADLINE_SECONDS
        # First: whoever sends too much costs neither history nor the log anything.
        await self._take("sends", claims.sub)
        await self._confirm(deadline)
        try:
            await self._check_member(connection, send.room)
            await self._heed(connection, send)
        except SendError as error:
            # A retry of what was said while they were a member: `error` would deny what is there.
            known = await self._look_up(send, claims.sub) if error.final else None
            if known is None:
                raise
            return known
        # After it: nobody else uses up what a room's members may send.
        await self._take("sends_room", send.room)
        now_ms = clock.now_ms()
        known = await self._known(send, claims.sub, key_ms, now_ms)
        if known is not None:
            return known
        try:
            files = await self._attached(send, claims.sub)
        except SendError as error:
            # A retry of one that was deleted meanwhile, and its files with it.
            known = await self._look_up(send, claims.sub) if error.final else None
            if known is None:
                raise
            return known
        users, everyone = await self._mentioned(send, claims.sub)
        name = claims.name or claims.username
        message = sending.message(
            send.room,
            claims.sub,
            name,
            send,
            now_ms,
            users,
            # A bot has the rights of its role as far as its token is good for them.
            everyone=everyone and claims.may("moderate"),
            attachments=files,
        )
        ack = await self._publish(message, deadline)
        if not ack.duplicate:
            return frames.SendResult(ack.seq, now_ms, duplicate=False)
        return await self._first(ack, now_ms)

    async def _take(self, limit: str, owner: str) -> None:
        try:
            await self._meter.take(limit, owner)
        except Limited as limited:
            raise SendError(ErrorCode.RATE_LIMITED, str(limited), limited.wait_ms) from None

    async def _confirm(self, deadline: float) -> None:
        try:
            await self._confirmer.confirm(deadline)
        except BusTimeout:
            raise SendError(ErrorCode.TIMEOUT, "the log did not answer in time") from None

    async def _check_member(self, connection: Connection, room: str) -> None:
        """Only who is in the room may write; history is asked before anyone is refused."""
        person = connection.person
        assert person is not None and connection.claims is not None  # noqa: PT018, S101 - live
        if room in person.rooms:
            return
        try:
            reply = await self._admitter.admit(room, person.id)
        except BusError as error:
            raise _unavailable(error) from None
        if reply.state is not None and room in person.rooms:
            return
        if reply.kind == "public":
            raise SendError(ErrorCode.FORBIDDEN, "only members write here: join the room first")
        raise SendError(ErrorCode.NOT_FOUND, "there is no such room for you")

    async def _heed(self, connection: Connection, send: frames.Send) -> None:
        """What the room asks of its members: that they are not muted, nor too fast."""
        person = connection.person
        assert person is not None  # noqa: S101 - a live conversation has one
        try:
            refusal = await self._warden.refusal(person, send)
        except BusError as error:
            raise _unavailable(error) from None
        if refusal is not None:
            raise SendError(*refusal)

    async def _known(
        self, send: frames.Send, sender: str, key_ms: int, now_ms: int
    ) -> frames.SendResult | None:
        """The first one, if this may be a retry that the log does not know for one."""
        if not sending.is_late(key_ms, now_ms):
            return None
        return await self._look_up(send, sender, stored=not sending.is_old(key_ms, now_ms))

    async def _look_up(
        self, send: frames.Send, sender: str, *, stored: bool = False
    ) -> frames.SendResult | None:
        """What only history can tell: whether the key is known, or, with `stored`, known by now.

        That is enough where the log knows the rest; and without Postgres the log is believed, so
        that talk goes on.
        """
        try:
            reply = await self._asker.key(send.room, sender, send.key.lower(), stored=stored)
        except RefusedError as error:
            if stored:
                return None
            raise SendError(ErrorCode.UNAVAILABLE, str(error), _RETRY_MS) from None
        except BusError as error:
            raise _unavailable(error) from None
        if reply.seq is None or reply.ts is None:
            return None
        self._holder.stored(reply.seq)
        return frames.SendResult(reply.seq, reply.ts, duplicate=True)

    async def _attached(self, send: frames.Send, sender: str) -> list[Attachment]:
        """The files of the message: only media says what they are, and whose."""
        if not send.attachments:
            return []
        try:
            return await self._asker.attach(send.room, sender, send.key.lower(), send.attachments)
        except RefusedError as error:
            if error.failure.code != ErrorCode.NOT_FOUND:
                raise SendError(ErrorCode.UNAVAILABLE, str(error), _RETRY_MS) from None
            text = error.failure.message
            raise SendError(ErrorCode.NOT_FOUND, text, field="attachments") from None
        except BusError as error:
            raise _unavailable(error) from None

    async def _mentioned(self, send: frames.Send, sender: str) -> tuple[list[str], bool]:
        """Whom the text mentions; nobody while history is away, for talk goes on without it."""
        named = mentions.named(send.text)
        if not named.people and not named.everyone:
            return [], False
        try:
            reply = await self._asker.mentions(send.room, sender, named)
        except BusError as error:
            _log.warning("mentions stay text", room=send.room, error=str(error))
            return [], False
        return named.resolve(reply.users), reply.everyone

    async def _publish(self, message: events.Message, deadline: float) -> Ack:
        identity = subjects.message_id(message.room, message.sender, message.id)
        try:
            ack = await self._log.publish(
                subjects.room_log(message.room),
                wire.encode(message),
                identity,
                deadline_seconds=max(0.0, deadline - clock.monotonic()),
            )
        except BusTimeout as error:
            self._tell(refused=str(error))
            raise SendError(ErrorCode.TIMEOUT, "the log did not answer in time") from None
        except TooLarge as error:
            raise SendError(ErrorCode.TOO_LARGE, str(error)) from None
        except LogFull as error:
            self._tell(refused=str(error))
            raise SendError(ErrorCode.UNAVAILABLE, "the log takes nothing now", _RETRY_MS) from None
        except BusError as error:
            raise _unavailable(error) from None
        self._tell(refused=None)
        return ack

    def _tell(self, *, refused: str | None) -> None:
        """Tell once that the log takes nothing, and once that it does again."""
        if refused is not None and not self._refused:
            _log.warning("log takes nothing: see NATS and its disk", error=refused)
        elif refused is None and self._refused:
            _log.info("log takes messages again")
        self._refused = refused is not None

    async def _first(self, ack: Ack, now_ms: int) -> frames.SendResult:
        """The key was there before: answer with the first one's time.

        A repetition of our own whose first answer was lost is no duplicate to the client.
        """
        try:
            record = await self._log.get(ack.seq)
        except BusError as error:
            raise _unavailable(error) from None
        if record is None:
            return frames.SendResult(ack.seq, now_ms, duplicate=True)
        first_ms = msgspec.json.decode(record.data, type=_Stamp).ts
        ours = ack.attempts > 1 and first_ms == now_ms
        return frames.SendResult(ack.seq, first_ms, duplicate=not ours)


class _Stamp(msgspec.Struct):
    ts: int


def _tidy(connection: Connection, lane: Lane, room: str) -> None:
    """Close the lane once nothing is in it."""
    if not lane and connection.lanes is not None:
        connection.lanes.pop(room, None)


def _unavailable(error: BusError) -> SendError:
    return SendError(ErrorCode.UNAVAILABLE, f"not available now: {error}", _RETRY_MS)
