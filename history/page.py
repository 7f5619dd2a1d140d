"""Pages as clients get them: messages out of stored events, cursors; it reads no table."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import UNSET

from proto import events, limits, shapes, wire

T = TypeVar("T")


def said(body: bytes) -> events.Message:
    """The message in a stored event, which is one."""
    event = wire.decode_event(body)
    if not isinstance(event, events.Message):
        raise TypeError("the event is no message")
    return event


def message(
    event: events.Message,
    seq: int,
    prev: int,
    *,
    deleted: bool = False,
    pinned: bool = False,
    reactions: Sequence[shapes.Reaction] = (),
    quote: shapes.Quote | None = None,
) -> shapes.Message:
    """A message as a page shows it, from its stored event and what the rest adds up to."""
    return shapes.Message(
        id=event.id,
        room=event.room,
        seq=seq,
        prev=prev,
        ts=event.ts,
        sender=event.sender,
        sender_name=event.sender_name,
        text=event.text,
        reply_to=event.reply_to,
        thread=event.thread,
        attachments=event.attachments,
        mentions=event.mentions,
        everyone=event.everyone,
        reactions=list(reactions),
        edited_ms=event.edited_ms,
        deleted=True if deleted else UNSET,
        pinned=True if pinned else UNSET,
        # Of what is deleted not even the words of another one are left.
        quote=UNSET if quote is None or deleted else quote,
        previews=event.previews,
    )


def quote(event: events.Message, seq: int, *, deleted: bool) -> shapes.Quote:
    """The beginning of a message, for one that answers it."""
    return shapes.Quote(
        seq=seq,
        sender=event.sender,
        sender_name=event.sender_name,
        text=event.text[: limits.QUOTE_CHARACTERS],
        deleted=True if deleted else UNSET,
    )


def version(body: bytes) -> shapes.Version:
    """A former text of a message, from its event before an edit."""
    event = said(body)
    return shapes.Version(event.text, event.edited_ms or event.ts)


def encode_cursor(value: object) -> str:
    """An opaque cursor that holds `value`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()


def decode_cursor(cursor: str, type_: type[T]) -> T | None:
    """What a cursor holds, or None if it is not one of ours; anyone can write one."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=type_)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
