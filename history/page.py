"""Pages as clients get them: messages out of stored events, cursors; it reads no table."""

from __future__ import annotations

import base64
import binascii
from typing import TypeVar

import msgspec
from msgspec import UNSET

from proto import events, shapes, wire

T = TypeVar("T")


def message(body: bytes, seq: int, prev: int, *, deleted: bool) -> shapes.Message:
    """A message as a page shows it, from its stored event. `body` is a `message` event's."""
    event = wire.decode_event(body)
    if not isinstance(event, events.Message):
        raise TypeError(f"the event at {seq} is no message")
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
        edited_ms=event.edited_ms,
        deleted=True if deleted else UNSET,
    )


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
