"""Messages on their way: one at a time in each room, retried with the same key until settled.

Pure: it is told the time and given what makes a key; it neither sends nor waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from parley_sdk.backoff import delay_seconds, told_seconds
from parley_sdk.errors import SendError
from proto import frames
from proto.codes import RETRYABLE, ErrorCode

WAITING = 1_000
"""Most messages of one client that are not settled yet."""
ANSWER_SECONDS = 20.0
"""How long an answer may take before the message is sent again; a gateway takes 15 s at most."""
AGAIN = RETRYABLE | {ErrorCode.RATE_LIMITED}
"""Whoever sends faster than allowed waits; nothing was stored, so the key may be used again."""
WAIT_MS = 60_000
"""A longer wait, such as in slow mode, is for whoever sends to decide about."""
KEYS = 3
"""Most keys made for one message, when the clock they are made by is said to be ahead."""


@dataclass(slots=True, eq=False)
class Outgoing:
    """One message that the user wants sent.

    `ticket` is how its end is told; `frame` lacks a key until the message is first sent, unless
    the user brought one.
    """

    ticket: int
    frame: frames.Send
    own_key: bool
    at: float = 0.0
    """When to send it next (monotonic seconds): a wait after a failure, or for an answer."""
    flying: bool = False
    attempts: int = 0
    keys: int = 0
    unsure: bool = False
    """A try ended without word of whether it was stored."""


Settled = tuple[int, frames.SendResult | SendError]
"""A ticket, and how it ended."""


class Outbox:
    """All unsettled messages of one client, in the order given within each room."""

    def __init__(self, make_key: Callable[[int], str], draw: Callable[[], float]) -> None:
        self._make_key = make_key
        self._draw = draw
        self._rooms: dict[str, deque[Outgoing]] = {}
        self._flying: dict[str, Outgoing] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many messages are not settled."""
        return self._count

    def add(self, ticket: int, frame: frames.Send) -> SendError | None:
        """Take a message; an empty `key` means that one is to be made. An error: it is full."""
        if self._count >= WAITING:
            return SendError(ErrorCode.RATE_LIMITED, f"{WAITING} messages are waiting already")
        self._count += 1
        waiting = self._rooms.setdefault(frame.room, deque())
        waiting.append(Outgoing(ticket, frame, own_key=not frame.key))
        return None

    def due(self, now: float, server_ms: int, ids: Callable[[], str]) -> list[frames.Send]:
        """Give the frames to write now, at most one a room; each counts as sent."""
        frames_due = []
        for waiting in self._rooms.values():
            head = waiting[0]
            if head.at > now:
                continue
            if head.flying:  # no answer in time: the same again, under a new request id
                self._land(head, unsure=True)
            frames_due.append(self._launch(head, now, server_ms, ids()))
        return frames_due

    def next_at(self) -> float | None:
        """Give the time of the next `due` that may have something, or None."""
        return min((waiting[0].at for waiting in self._rooms.values()), default=None)

    def sent(self, request: str) -> bool:
        """Say whether `request` is a message under way."""
        return request in self._flying

    def acknowledged(self, request: str, result: frames.SendResult) -> Settled | None:
        """Take the answer to a message: it is in the log."""
        head = self._flying.get(request)
        if head is None:
            return None
        self._land(head)
        self._remove(head)
        return head.ticket, result

    def refused(self, error: frames.Error, now: float) -> Settled | None:
        """Take an error: final and told, or a reason to try again with the same key."""
        head = self._flying.get(error.id or "")
        if head is None:
            return None
        self._land(head)
        if error.code in AGAIN and (error.retry_after_ms or 0) <= WAIT_MS:
            head.unsure = head.unsure or error.code in RETRYABLE
            head.at = now + self._wait_seconds(head, error)
            return None
        if self._may_make_another_key(head, error):
            head.frame = _with(head.frame, key=self._make_key(error.server_time_ms or 0))
            head.keys += 1
            head.at = now
            return None
        self._remove(head)
        failed = SendError(
            error.code,
            error.message,
            field=error.field,
            retry_after_ms=error.retry_after_ms,
            server_time_ms=error.server_time_ms,
        )
        failed.key = head.frame.key
        return head.ticket, failed

    def unreadable(self, request: str, now: float) -> None:
        """Take an answer that says nothing: ask again with the same key, which settles it."""
        head = self._flying.get(request)
        if head is not None:
            self._land(head, unsure=True)
            head.at = now + delay_seconds(head.attempts - 1, self._draw())

    def disconnected(self, now: float) -> None:
        """Take it that no answer will come: all are sent again when there is a connection."""
        for head in list(self._flying.values()):
            self._land(head, unsure=True)
            head.at = now

    def withdraw(self, ticket: int) -> str | None:
        """Give a message up; answer its key if it was ever sent, for then it may be in the log."""
        for waiting in self._rooms.values():
            for outgoing in waiting:
                if outgoing.ticket == ticket:
                    self._land(outgoing)
                    self._remove(outgoing)
                    return outgoing.frame.key if outgoing.attempts else None
        return None

    def _launch(self, head: Outgoing, now: float, server_ms: int, request: str) -> frames.Send:
        if not head.frame.key:
            head.frame = _with(head.frame, key=self._make_key(server_ms))
            head.keys += 1
        head.frame = _with(head.frame, id=request)
        head.flying = True
        head.attempts += 1
        head.at = now + ANSWER_SECONDS
        self._flying[request] = head
        return head.frame

    def _land(self, head: Outgoing, *, unsure: bool = False) -> None:
        head.flying = False
        head.unsure = head.unsure or unsure
        self._flying.pop(head.frame.id or "", None)

    def _remove(self, outgoing: Outgoing) -> None:
        room = outgoing.frame.room
        waiting = self._rooms[room]
        waiting.remove(outgoing)
        self._count -= 1
        if not waiting:
            del self._rooms[room]

    def _wait_seconds(self, head: Outgoing, error: frames.Error) -> float:
        # Who was told when there is more does not back off: that is no fault of the server's.
        limited = error.code == ErrorCode.RATE_LIMITED and error.retry_after_ms is not None
        attempt = 0 if limited else head.attempts - 1
        return told_seconds(error.retry_after_ms) + delay_seconds(attempt, self._draw())

    def _may_make_another_key(self, head: Outgoing, error: frames.Error) -> bool:
        """Only while no try can have stored the message: `bad_key` says that this one did not."""
        return (
            error.code == ErrorCode.BAD_KEY
            and head.own_key
            and not head.unsure
            and error.server_time_ms is not None
            and head.keys < KEYS
        )


def _with(frame: frames.Send, *, key: str | None = None, id: str | None = None) -> frames.Send:  # noqa: A002 - the field's name
    """The same message with another key or request id."""
    return frames.Send(
        id=id or frame.id,
        room=frame.room,
        key=key or frame.key,
        text=frame.text,
        reply_to=frame.reply_to,
        thread=frame.thread,
        attachments=frame.attachments,
    )
