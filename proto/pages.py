"""Pages of a room over HTTP, the shapes that hold log events too; not the events themselves."""

from __future__ import annotations

from msgspec import Struct

from proto.events import LineEvent
from proto.ids import Seq
from proto.shapes import Message


class Page(Struct, frozen=True, kw_only=True):
    """Messages of a room, oldest first.

    `as_of_seq`: the log up to it is applied; a client applies only later events.
    """

    messages: list[Message]
    more: bool
    as_of_seq: Seq
    events: list[LineEvent] = []
    """What else happened in this stretch of the log, in order: members, the room, pins. At most
    `limits.PAGE_EVENTS`, the latest."""
