"""What travels on NATS and what can go wrong there, as plain data; no client, no connection.

Code that only handles answers of the bus imports this module and needs no NATS library. The doers
are `bus_nats` (connection, requests), `subjects_nats` (many subjects at once), `log_nats` (the
stream) and `consumer_nats` (reading it in order).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from services import headers as header_block

MAX_SEQ = 1 << 53
"""Sequences stay below this, so that every JSON reader holds them exactly."""

Loss: TypeAlias = Literal["disconnected", "reconnected", "slow_consumer"]
"""Why events may have been missed.

`disconnected`: from now on nothing comes in. `reconnected`: every subscription is in place again,
confirmed by the server; what was published in between is gone. `slow_consumer`: a receiver did not
take a message that had arrived (it raised).
"""

LossCallback: TypeAlias = Callable[[Loss], None]
MessageCallback: TypeAlias = Callable[[str, bytes, bytes, str], None]
"""Called with subject, data, raw header block (empty if none) and reply subject (or "")."""


class BusError(Exception):
    """Something between us and the log or another service failed; the text says what."""


class Disconnected(BusError):  # noqa: N818 - a state, named as one
    """There is no connection, or it broke before the answer: it may or may not have happened."""


class BusTimeout(BusError):  # noqa: N818 - a state, named as one
    """No answer in the time given: it may or may not have happened."""


class NoResponders(BusError):  # noqa: N818 - a state, named as one
    """Nobody serves that subject just now; the request reached nobody."""


class Overloaded(BusError):  # noqa: N818 - a state, named as one
    """Our own bound is reached (bytes or messages under way): nothing was sent."""


class TooLarge(BusError):  # noqa: N818 - a state, named as one
    """The message is larger than the server takes; nothing was sent."""


class LogFull(BusError):  # noqa: N818 - a state, named as one
    """The log refuses: its byte limit, its disk or its quorum. Nothing was stored."""


class NotFound(BusError):  # noqa: N818 - a state, named as one
    """The stream or consumer that was asked for does not exist."""


class RemoteError(BusError):
    """The service took the request and failed; `code` is its status (500 failed, 503 full)."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description


class Ack(NamedTuple):
    """The log holds the message: `seq` is its place.

    `duplicate` is true if a message with the same id was there before; with `attempts` > 1 that
    may be our own earlier attempt, whose answer was lost.
    """

    seq: int
    duplicate: bool
    attempts: int


class Record(NamedTuple):
    """One stored message; `ts_ms` is when it was stored.

    `prev` is the sequence before it on its subject where the answer tells, else None. `delivered`
    counts hand-outs by a consumer (1 = the first) and is 0 for reads; `reply` is the consumer's
    own bookkeeping.
    """

    subject: str
    seq: int
    ts_ms: int
    data: bytes
    raw_headers: bytes
    prev: int | None = None
    delivered: int = 0
    reply: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """Every header, parsed anew at each call; for one of them the raw block is cheaper."""
        return header_block.fields(self.raw_headers)

    @property
    def message_id(self) -> str:
        """The `Nats-Msg-Id` it was published with, "" if none."""
        return header_block.message_id(self.raw_headers)


class Page(NamedTuple):
    """Records in order of their sequence, and whether the log holds more of the range asked for."""

    records: list[Record]
    more: bool


class Live(NamedTuple):
    """A stored message as it is republished: its place and the one before it on its subject.

    `prev` is the last sequence still in the stream on that subject when it was stored, 0 if none.
    """

    subject: str
    data: bytes
    seq: int
    prev: int


def live(subject: str, data: bytes, raw_headers: bytes) -> Live | None:
    """Read a republished message; None if it is not one (it has no place in a stream)."""
    seq = header_block.sequence(raw_headers)
    return Live(subject, data, seq, header_block.last_sequence(raw_headers)) if seq else None


class StreamSpec(msgspec.Struct, frozen=True, kw_only=True):
    """How a stream is to be. Always: file storage; a full stream refuses new ones.

    `max_bytes` -1 = only the disk limits it. `first_seq` counts at creation alone.
    """

    name: str
    subjects: tuple[str, ...]
    republish_from: str = ""
    republish_to: str = ""
    duplicate_window_seconds: float = 300.0
    max_bytes: int = -1
    replicas: int = 1
    first_seq: int = 0
    work_queue: bool = False
    """What is acknowledged is gone."""
    max_age_seconds: float = 0.0
    """What is older is gone; 0: nothing is."""
    max_of_subject: int = 0
    """Of one subject no more are taken; 0: any number is."""


class StreamState(msgspec.Struct, frozen=True, kw_only=True):
    """How a stream is now. An empty one has `last_seq` = `first_seq` - 1."""

    first_seq: int
    last_seq: int
    messages: int
    bytes: int
    max_bytes: int
    replicas: int
