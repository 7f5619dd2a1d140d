"""Requests of one socket that wait for their one answer; messages are in `outbox`, not here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

import msgspec

from parley_sdk.errors import RequestError
from proto import codes, frames
from proto.encoding import JSON, Encoding
from proto.events import Placed
from proto.ids import Seq

ANSWER_SECONDS = 20.0
"""How long an answer may take."""
Answer = TypeVar("Answer", bound=msgspec.Struct)
Result = frames.SyncResult | frames.WatchResult | frames.AuthResult


@dataclass(slots=True)
class Asked:
    """A request: until when it waits (monotonic seconds), and what answers it.

    `ticket` when a user of the library waits for it; `room` when it is a `sync` to fill a gap;
    neither when the client asked by itself: `auth`, and `watch` after a `ready`.
    """

    at: float
    result: type[Result]
    ticket: int | None = None
    room: str = ""


class Requests:
    """The requests of one socket, by their id. Bounded by those who ask: each waits."""

    def __init__(self, number: Callable[[], str]) -> None:
        self._number = number
        self._asked: dict[str, Asked] = {}

    def add(self, asked: Asked) -> str:
        """Take a request; give the id it goes out with."""
        number = self._number()
        self._asked[number] = asked
        return number

    def pop(self, number: str) -> Asked | None:
        """Give the request an answer belongs to, once."""
        return self._asked.pop(number, None)

    def late(self, now: float) -> Iterator[Asked]:
        """Give, once, those that waited too long."""
        for number in [number for number, asked in self._asked.items() if asked.at <= now]:
            yield self._asked.pop(number)

    def drain(self) -> list[Asked]:
        """Give all of them, once: the socket is gone."""
        asked, self._asked = self._asked, {}
        return list(asked.values())

    def withdraw(self, ticket: int) -> bool:
        """Forget the request of a ticket; False when there is none."""
        for number, asked in self._asked.items():
            if asked.ticket == ticket:
                del self._asked[number]
                return True
        return False

    def next_at(self) -> float | None:
        """Give when the first of them has waited too long, or None."""
        return min((asked.at for asked in self._asked.values()), default=None)


class _Sync(msgspec.Struct):
    """A `frames.SyncResult` whose events are not read yet."""

    events: list[msgspec.Raw]
    more: bool
    oldest: Seq


def read(frame: frames.Ok, result: type[Answer], encoding: Encoding = JSON) -> Answer | str:
    """Give the result of an `ok`, or what is wrong with it.

    Events of a `sync` that are of a type unknown here are left out, as they are on the socket.
    """
    try:
        try:
            return cast(Answer, encoding.decode_result(frame.result, type=result))
        except msgspec.ValidationError:
            if result is not frames.SyncResult:
                raise
            return cast(Answer, _known(frame, encoding))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return f"an answer that is not of the protocol: {error}"


def _known(frame: frames.Ok, encoding: Encoding) -> frames.SyncResult:
    """A page of events without those of unknown types. Raises MsgspecError."""
    page = encoding.decode_result(frame.result, type=_Sync)
    read = (encoding.decode_server(bytes(event)) for event in page.events)
    known = [event for event in read if isinstance(event, Placed)]
    return frames.SyncResult(events=known, more=page.more, oldest=page.oldest)


def error(code: codes.ErrorCode, message: str) -> frames.Error:
    """Give an error of this side's own making."""
    return frames.Error(code=code, message=message)


def failure(frame: frames.Error) -> RequestError:
    """Give an error as the exception for who waits."""
    return RequestError(
        frame.code,
        frame.message,
        field=frame.field,
        retry_after_ms=frame.retry_after_ms,
        server_time_ms=frame.server_time_ms,
    )
