"""Publishes to the log and repeats until it is acknowledged; it knows no stream, no room.

One subscription takes all acknowledgements, one timer watches all messages: no task, no timer and
no parsed headers a message, which is what `js.publish` spends its time on.
"""

from __future__ import annotations

import asyncio
import math
from typing import Final

import msgspec

from services.bus import Ack, BusError, BusTimeout, Disconnected, LogFull, Overloaded
from services.bus_nats import Bus
from services.connection_nats import check_subject
from services.headers import encode
from services.inbox_nats import new_inbox

ATTEMPT_SECONDS: Final = 2.0
"""How long the first attempt waits for its acknowledgement; attempt n waits n times as long."""

_SWEEP_SECONDS: Final = 0.1
_PAUSE_SECONDS: Final = 0.1
_MAX_PAUSE_SECONDS: Final = 1.0
# Error codes of nats-server (server/errors.json).
_FULL: Final = frozenset((10002, 10023, 10028, 10047, 10077))
_AGAIN: Final = frozenset((10008, 10009, 10158, 10167))


class _Error(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _Answer(msgspec.Struct):
    seq: int = 0
    duplicate: bool = False
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Answer).decode


class _Message:
    """One message until it is acknowledged or given up."""

    __slots__ = ("attempts", "command", "deadline", "due", "future", "problem")

    def __init__(self, command: bytes, future: asyncio.Future[Ack], deadline: float) -> None:
        self.command = command
        self.future = future
        self.deadline = deadline
        self.due = math.inf
        self.attempts = 0
        self.problem = "no connection"


class Publisher:
    """At most `max_messages` and `max_bytes` under way; see `publish`."""

    def __init__(self, bus: Bus, *, max_messages: int, max_bytes: int) -> None:
        self._connection = bus.connection
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._bytes = 0
        self._count = 0
        self._prefix = new_inbox(self._connection) + "."
        self._skip = len(self._prefix)
        self._messages: dict[bytes, _Message] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._connection.subscribe_raw(self._prefix + "*", self._answered)
        bus.on_connected.append(self._repeat_all)
        bus.on_stop.append(self._give_up)

    def __len__(self) -> int:
        return len(self._messages)

    def publish(
        self,
        subject: str,
        data: bytes,
        message_id: str,
        headers: dict[str, str] | None,
        deadline_seconds: float,
    ) -> asyncio.Future[Ack]:
        """Send now, repeat as needed; the future has the Ack or the error. See `Log.publish`."""
        block = encode(
            {"Nats-Msg-Id": message_id, **headers} if headers else {"Nats-Msg-Id": message_id}
        )
        check_subject(subject)
        size = len(block) + len(data)
        self._connection.check_size(size)
        token = str(self._count + 1)
        head = f"HPUB {subject} {self._prefix}{token} {len(block)} {size}\r\n".encode()
        command = b"".join((head, block, data, b"\r\n"))
        if (
            len(self._messages) >= self._max_messages
            or self._bytes + len(command) > self._max_bytes
        ):
            raise Overloaded(f"{len(self._messages)} messages wait for the log to acknowledge")
        self._count += 1
        loop = asyncio.get_running_loop()
        now = loop.time()
        message = _Message(command, loop.create_future(), now + deadline_seconds)
        if self._connection.is_up:
            self._send(message, now)
        self._messages[token.encode()] = message
        self._bytes += len(message.command)
        if self._timer is None:
            self._timer = loop.call_later(_SWEEP_SECONDS, self._sweep)
        return message.future

    def _send(self, message: _Message, now: float) -> None:
        self._connection.post(message.command)
        message.attempts += 1
        message.problem = "no acknowledgement"
        message.due = now + ATTEMPT_SECONDS * message.attempts

    def _answered(self, subject: bytes, _reply: bytes, data: bytes, headers: bytes) -> None:
        token = subject[self._skip :]
        message = self._messages.get(token)
        if message is None:
            return  # the second acknowledgement of a repeated message
        if headers:  # acknowledgements have none: this is the server's "no responders"
            self._pause(message, "nobody serves the log")
            return
        answer = _decode(data)
        if answer.error is None:
            self._settle(token, Ack(answer.seq, answer.duplicate, message.attempts))
        elif answer.error.err_code in _AGAIN:
            self._pause(message, answer.error.description)
        elif answer.error.err_code in _FULL:
            self._settle(token, LogFull(answer.error.description))
        else:
            self._settle(token, BusError(answer.error.description))

    def _pause(self, message: _Message, problem: str) -> None:
        message.problem = problem
        pause = min(_MAX_PAUSE_SECONDS, _PAUSE_SECONDS * 2 ** min(message.attempts, 10))
        message.due = asyncio.get_running_loop().time() + pause

    def _settle(self, token: bytes, outcome: Ack | BusError) -> None:
        message = self._messages.pop(token)
        self._bytes -= len(message.command)
        if message.future.done():
            return  # its caller was cancelled
        if isinstance(outcome, Ack):
            message.future.set_result(outcome)
        else:
            message.future.set_exception(outcome)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for token, message in list(self._messages.items()):
            if message.future.done():
                self._settle(token, BusTimeout())
            elif message.deadline <= now:
                self._settle(
                    token, BusTimeout(f"{message.problem} after {message.attempts} attempts")
                )
            elif message.due <= now and self._connection.is_up:
                self._repeat(message, now)
        again = bool(self._messages)
        self._timer = loop.call_later(_SWEEP_SECONDS, self._sweep) if again else None

    def _repeat(self, message: _Message, now: float) -> None:
        try:
            self._send(message, now)
        except BusError:
            message.due = now + _PAUSE_SECONDS

    def _repeat_all(self) -> None:
        """After a reconnection: in the order of the first attempts, ahead of anything new."""
        now = asyncio.get_running_loop().time()
        for message in self._messages.values():
            self._repeat(message, now)

    def _give_up(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for token in list(self._messages):
            self._settle(token, Disconnected("the bus stops"))
