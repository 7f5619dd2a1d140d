"""The state machine of one client through all its sockets: pure, no I/O, no clock, no chance.

    WAITING ──dialing──> DIALING ──opened──> GREETING ──ready──> READY
       ^                    │ refused            │ lost             │ lost
       └────────────────────┴────────────────────┴──────────────────┘    any ──stop──> CLOSED

Inputs are methods that take `now` (monotonic seconds); what follows from them is fetched with
`take`, in order. Nothing a server sends makes it raise.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

import msgspec

from parley_sdk import closing, requests
from parley_sdk.backoff import delay_seconds, told_seconds
from parley_sdk.closing import Advice
from parley_sdk.effects import (
    Effect,
    Entered,
    Hangup,
    Renew,
    Saw,
    Settle,
    State,
    Stopped,
    Strange,
    Write,
)
from parley_sdk.errors import ClosedError, RequestError
from parley_sdk.inbox import Ask, Inbox
from parley_sdk.outbox import Outbox, Settled
from parley_sdk.requests import ANSWER_SECONDS, Asked, Requests, Result
from parley_sdk.room_log import Item
from parley_sdk.rooms import keep_up, prefer
from parley_sdk.watched import Watched, event_of
from proto import codes, events, frames, limits
from proto.encoding import JSON, Encoding
from proto.shapes import OwnStatus, Room

GREETING_SECONDS = 20.0
"""From the upgrade to `ready`; beyond, another gateway is tried."""
PONG_SECONDS = 10.0
"""Silence after a `ping` before the socket is given up."""
STEADY_SECONDS = 10.0
"""A connection that was ready for so long starts the backoff anew."""
RENEW_BEFORE_SECONDS = 50.0
"""Less than a token source waits itself, so that many clients of one source share a refresh."""
RENEW_RETRY_SECONDS = 5.0
FRESH_TOKENS = 2
"""Fresh tokens in a row that may be turned down before the client stops."""


class Phase(Enum):
    """Where the current socket is."""

    WAITING = auto()
    DIALING = auto()
    GREETING = auto()
    READY = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class Settings:
    """What a client says of itself, and how much it keeps."""

    client: str = ""
    encoding: Encoding = JSON
    capacity: int = 1_000
    resume: dict[str, int] = field(default_factory=dict)


class Connection:
    """One client. `dial_at`: when to dial next; `fresh`: whether with a fresh token."""

    def __init__(
        self,
        settings: Settings,
        *,
        make_key: Callable[[int], str],
        draw: Callable[[], float],
        status: OwnStatus = "online",
    ) -> None:
        self.phase = Phase.WAITING
        self.state = State.CONNECTING
        self.dial_at = 0.0
        self.fresh = False
        self.status: OwnStatus = status
        self.session = ""
        self.user: frames.ReadyUser | None = None
        self.rooms: dict[str, Room] = {}
        self.limits = frames.ReadyLimits()
        self.inbox = Inbox(settings.capacity, settings.resume)
        self.outbox = Outbox(make_key, draw)
        self.why: str = ""
        """Why the last socket was lost."""
        self._settings = settings
        self.encoding = settings.encoding
        self._draw = draw
        self._effects: list[Effect] = []
        self._numbers = itertools.count(1)
        self._requests = Requests(self._number)
        self._tickets = itertools.count(1)
        self._watched = Watched()
        self._attempts = 0
        self._tokens_refused = 0
        self._ready_at = 0.0
        self._heard_at = 0.0
        self._pinged_at: float | None = None
        self._greet_by = 0.0
        self._heartbeat_seconds = limits.HEARTBEAT_MS / 1000
        self._clock_ms = 0.0
        self._leave_at: float | None = None
        self._leaving = False
        self._renew_at: float | None = None

    # ------------------------------------------------------------------- the life of a socket

    def dialing(self) -> None:
        """Note that a connection is being made."""
        if self.phase is Phase.WAITING:
            self.phase = Phase.DIALING

    def opened(self, token: str, expires_in_seconds: float | None, now: float) -> None:
        """Take an upgraded socket: greet, and resume what is held."""
        if self.phase is not Phase.DIALING:
            return
        self.phase = Phase.GREETING
        self.fresh = False
        self._heard_at = now
        self._pinged_at = self._leave_at = None
        self._leaving = False
        self._greet_by = now + GREETING_SECONDS
        self._plan_renewal(expires_in_seconds, now)
        self._write(
            frames.Hello(
                token=token,
                client=self._settings.client,
                status=self.status,
                resume=self.inbox.resume(),
            )
        )

    def lost(self, code: int, now: float) -> None:
        """Take the end of a socket: `code` of its close frame, 1006 when there was none."""
        advice = Advice.AT_ONCE if self._leaving else closing.after_close(code)
        self._end_of_socket(f"{closing.reason(code)} ({code})", now)
        self._go_on(advice, now, code=code)

    def refused(self, status: int, retry_after_seconds: float, now: float) -> None:
        """Take an upgrade answered by an HTTP status instead."""
        self._end_of_socket(f"the upgrade was answered with HTTP {status}", now)
        self._go_on(closing.after_refusal(status), now, code=0)
        self.dial_at += told_seconds(retry_after_seconds * 1000)

    def unreachable(self, why: str, now: float) -> None:
        """Take it that no connection, or no token to go with it, is to be had for now."""
        self._end_of_socket(why, now)
        self._go_on(Advice.BACKOFF, now, code=0)

    def stop(self, error: ClosedError | None) -> None:
        """End it all: what is not settled fails. Idempotent."""
        if self.phase is Phase.CLOSED:
            return
        self.phase = Phase.CLOSED
        self._requests.drain()
        self._effects.append(Hangup(1000))
        self._effects.append(Stopped(error))

    def _end_of_socket(self, why: str, now: float) -> None:
        if self.phase is Phase.CLOSED:
            return
        if self.phase is Phase.READY and now - self._ready_at >= STEADY_SECONDS:
            self._attempts = 0
        self.phase = Phase.WAITING
        self.why = why
        self.inbox.disconnected()
        self.outbox.disconnected(now)
        error = requests.error(codes.ErrorCode.UNAVAILABLE, f"the connection was lost: {why}")
        for asked in self._requests.drain():
            self._fail(asked, error, now)

    def _go_on(self, advice: Advice, now: float, *, code: int) -> None:
        if self.phase is Phase.CLOSED:
            return
        if advice is Advice.FRESH_TOKEN:
            self._tokens_refused += 1
            self.fresh = True
            if self._tokens_refused > FRESH_TOKENS:
                advice = Advice.STOP
        if advice is Advice.STOP:
            self.stop(ClosedError(self.why, code))
        elif advice is Advice.WHEN_TOLD and self._leave_at is not None:
            self.dial_at = max(now, self._leave_at)
        elif advice in (Advice.AT_ONCE, Advice.FRESH_TOKEN) and self._attempts == 0:
            self.dial_at = now
            self._attempts = 1
        else:
            self.dial_at = now + delay_seconds(self._attempts, self._draw())
            self._attempts += 1

    # --------------------------------------------------------------------------- what comes in

    def heard(self, now: float) -> None:
        """Note a sign of life: any frame, a WebSocket ping too."""
        self._heard_at = now
        self._pinged_at = None

    def received(self, data: bytes, now: float) -> None:
        """Take one message of the server."""
        self.heard(now)
        if self.phase not in (Phase.GREETING, Phase.READY):
            return
        try:
            frame = self.encoding.decode_server(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self._effects.append(Strange(f"a frame that is not of the protocol: {error}"))
            return
        if frame is None:
            return
        self._effects.append(Saw(frame))
        if isinstance(frame, events.Placed):
            self._event(frame, now)
        else:
            self._frame(frame, now)

    def _event(self, event: events.LogEvent, now: float) -> None:
        self.inbox.event(event, now)
        keep_up(self.rooms, event, None if self.user is None else self.user.id)

    def _frame(self, frame: frames.ServerFrame, now: float) -> None:
        match frame:
            case frames.Ok():
                self._ok(frame, now)
            case frames.Error():
                self._error(frame, now)
            case frames.Ready():
                self._ready(frame, now)
            case frames.Resumed():
                self.inbox.resumed(frame, now)
                if frame.gone is True:
                    self.rooms.pop(frame.room, None)
            case frames.RoomAdded():
                self.rooms[frame.room.id] = frame.room
                self.inbox.added(frame.room, now)
            case frames.RoomPreferences():
                prefer(self.rooms, frame)
            case frames.Reconnect():
                self._leave_at = now + told_seconds(frame.after_ms)
            case frames.AuthExpiring():
                self._effects.append(Renew())
                self._renew_at = now + RENEW_RETRY_SECONDS

    def _ready(self, frame: frames.Ready, now: float) -> None:
        if self.phase is Phase.READY:
            self._effects.append(Strange("a second ready"))
            return
        self.phase = Phase.READY
        self._ready_at = now
        self._tokens_refused = 0
        self._clock_ms = frame.server_time_ms - now * 1000
        self._heartbeat_seconds = max(1.0, frame.heartbeat_ms / 1000)
        self.session, self.user, self.limits = frame.session, frame.user, frame.limits
        self.rooms = {room.id: room for room in frame.rooms}
        self.inbox.ready(frame.rooms, now)
        self._watched.retry_at = None
        self._watch_anew(now)

    def _watch_anew(self, now: float) -> None:
        users = self._watched.users
        if users:
            asked = Asked(now + ANSWER_SECONDS, frames.WatchResult)
            self._request(asked, lambda number: frames.Watch(id=number, users=list(users)))

    def _ok(self, frame: frames.Ok, now: float) -> None:
        if self.outbox.sent(frame.id):
            sent = requests.read(frame, frames.SendResult, self.encoding)
            if isinstance(sent, str):
                self._effects.append(Strange(sent))
                self.outbox.unreadable(frame.id, now)
            else:
                self._settle(self.outbox.acknowledged(frame.id, sent))
            return
        asked = self._requests.pop(frame.id)
        if asked is None:
            return
        result = requests.read(frame, asked.result, self.encoding)
        if isinstance(result, str):
            self._effects.append(Strange(result))
            self._fail(asked, requests.error(codes.ErrorCode.INTERNAL, result), now)
        elif asked.ticket is not None:
            self._effects.append(Settle(asked.ticket, result))
        elif isinstance(result, frames.SyncResult):
            self.inbox.answered(asked.room, result, now)
        elif isinstance(result, frames.AuthResult):
            self._plan_renewal(result.expires_in_ms / 1000, now)
        else:  # watched anew after a `ready`
            for presence in result.presence:
                self._effects.append(Saw(event_of(presence)))

    def _error(self, frame: frames.Error, now: float) -> None:
        if frame.id is None:
            return
        if self.outbox.sent(frame.id):
            self._settle(self.outbox.refused(frame, now))
            return
        asked = self._requests.pop(frame.id)
        if asked is not None:
            self._fail(asked, frame, now)

    # -------------------------------------------------------------------- what the user wants

    def send(self, frame: frames.Send) -> int:
        """Send a message, when its turn in its room comes; without a `key` one is made."""
        ticket = next(self._tickets)
        error = self.outbox.add(ticket, frame)
        if error is not None:
            self._effects.append(Settle(ticket, error))
        return ticket

    def withdraw(self, ticket: int) -> str | None:
        """Give up a message or a request; answer a message's key if it may be in the log."""
        return None if self._requests.withdraw(ticket) else self.outbox.withdraw(ticket)

    def sync(self, room: str, after: int, limit: int, now: float) -> int:
        """Ask for log events; apart from what the inbox asks for by itself."""
        return self._ask(
            frames.SyncResult,
            lambda number: frames.Sync(id=number, room=room, after=after, limit=limit),
            now,
        )

    def watch(self, users: Sequence[str], now: float) -> int:
        """Follow the presence of these people alone, on later connections too."""
        self._watched.users, self._watched.retry_at = tuple(users), None
        return self._ask(
            frames.WatchResult, lambda number: frames.Watch(id=number, users=list(users)), now
        )

    def set_status(self, status: OwnStatus) -> None:
        """Show this person so, on later connections too; what comes before `ready` waits there."""
        self.status = status
        if self.phase in (Phase.GREETING, Phase.READY):
            self._write(frames.SetStatus(status=status))

    def tell(self, frame: frames.Read | frames.Typing | frames.Ping) -> None:
        """Send what has no answer, now or never."""
        if self.phase is Phase.READY:
            self._write(frame)

    def renewed(self, token: str, expires_in_seconds: float | None, now: float) -> None:
        """Bring a fresh token to the living connection."""
        if self.phase is Phase.READY:
            self._plan_renewal(expires_in_seconds, now)
            self._request(
                Asked(now + ANSWER_SECONDS, frames.AuthResult),
                lambda number: frames.Auth(id=number, token=token),
            )

    def probe(self, now: float) -> None:
        """Find out at once whether the connection lives: the network or the tab came back."""
        if self.phase is Phase.READY and self._pinged_at is None:
            self._ping(now)

    def pop(self, now: float) -> Item | None:
        """Give the user the next event or marker, or None."""
        return self.inbox.pop(now)

    # ----------------------------------------------------------------------- time, and effects

    def tick(self, now: float) -> None:
        """Do what is due."""
        if self.phase is Phase.GREETING and now >= self._greet_by:
            self._greet_by = now + GREETING_SECONDS
            self._effects.append(Hangup(None))
        if self.phase is not Phase.READY:
            return
        self._heartbeat(now)
        if self._leave_at is not None and now >= self._leave_at and not self._leaving:
            self._leaving = True
            self._effects.append(Hangup(1001))
        if self._renew_at is not None and now >= self._renew_at:
            self._renew_at = now + RENEW_RETRY_SECONDS
            self._effects.append(Renew())
        if self._watched.is_due(now):
            self._watch_anew(now)
        late = requests.error(codes.ErrorCode.TIMEOUT, "no answer came in time")
        for asked in self._requests.late(now):
            self._fail(asked, late, now)

    def next_at(self) -> float | None:
        """Give the time of the next `tick` that is due, or None; never before the last `take`."""
        if self.phase is Phase.GREETING:
            return self._greet_by
        if self.phase is not Phase.READY:
            return None
        times = (
            self._heard_at + self._heartbeat_seconds
            if self._pinged_at is None
            else self._pinged_at + PONG_SECONDS,
            None if self._leaving else self._leave_at,
            self._renew_at,
            self._watched.retry_at,
            self._requests.next_at(),
            self.outbox.next_at(),
            self.inbox.next_at(),
        )
        return min(at for at in times if at is not None)

    def take(self, now: float) -> list[Effect]:
        """Fetch what is to be done, in order; what is due to be sent is in it."""
        if self.phase is Phase.READY:
            server_ms = int(self._clock_ms + now * 1000)
            for frame in self.outbox.due(now, server_ms, self._number):
                self._write(frame)
            for ask in self.inbox.asks(now):
                self._fill(ask, now)
        self._enter()
        effects, self._effects = self._effects, []
        return effects

    def _fill(self, ask: Ask, now: float) -> None:
        self._request(
            Asked(now + ANSWER_SECONDS, frames.SyncResult, room=ask.room),
            lambda number: frames.Sync(id=number, room=ask.room, after=ask.after, limit=ask.limit),
        )

    def _heartbeat(self, now: float) -> None:
        if self._pinged_at is None:
            if now >= self._heard_at + self._heartbeat_seconds:
                self._ping(now)
        elif now >= self._pinged_at + PONG_SECONDS:
            self._pinged_at = now
            self._effects.append(Hangup(None))

    def _ping(self, now: float) -> None:
        self._pinged_at = now
        self._write(frames.Ping())

    def _plan_renewal(self, expires_in_seconds: float | None, now: float) -> None:
        self._renew_at = None
        if expires_in_seconds is not None:
            wait = max(expires_in_seconds - RENEW_BEFORE_SECONDS, expires_in_seconds / 2)
            self._renew_at = now + max(wait, RENEW_RETRY_SECONDS)

    def _number(self) -> str:
        return str(next(self._numbers))

    def _ask(
        self, result: type[Result], make: Callable[[str], frames.ClientFrame], now: float
    ) -> int:
        ticket = next(self._tickets)
        if self.phase is Phase.READY:
            self._request(Asked(now + ANSWER_SECONDS, result, ticket=ticket), make)
        else:
            error = RequestError(codes.ErrorCode.UNAVAILABLE, "there is no connection")
            self._effects.append(Settle(ticket, error))
        return ticket

    def _request(self, asked: Asked, make: Callable[[str], frames.ClientFrame]) -> None:
        self._write(make(self._requests.add(asked)))

    def _fail(self, asked: Asked, error: frames.Error, now: float) -> None:
        if asked.room:
            self.inbox.refused(asked.room, error.code, now)
        elif asked.ticket is not None:
            self._effects.append(Settle(asked.ticket, requests.failure(error)))
        elif asked.result is frames.WatchResult:
            self._watched.refused(error.code, now)

    def _settle(self, settled: Settled | None) -> None:
        if settled is not None:
            self._effects.append(Settle(*settled))

    def _write(self, frame: frames.ClientFrame) -> None:
        self._effects.append(Write(self.encoding.encode(frame)))

    def _enter(self) -> None:
        if self.phase is Phase.CLOSED:
            state = State.CLOSED
        elif self.phase is not Phase.READY:
            state = State.CONNECTING
        else:
            state = State.LIVE if self.inbox.whole else State.CATCHING_UP
        if state is not self.state:
            self.state = state
            self._effects.append(Entered(state))
