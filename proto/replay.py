"""How log events are replayed once later ones changed what they told; it keeps and reads no log."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from proto import events, wire


def tombstone(body: bytes) -> bytes:
    """A message event as it is replayed once deleted: `deleted`, and not a word of it."""
    event = wire.decode_event(body)
    if not isinstance(event, events.Message):
        return body
    kept = msgspec.structs.replace(
        event,
        text="",
        attachments=[],
        mentions=[],
        everyone=False,
        edited_ms=UNSET,
        deleted=True,
    )
    return wire.encode(kept)


def edited(body: bytes, edit: events.MessageEdited) -> bytes:
    """A message event as it is replayed once edited: the new text, and since when."""
    event = wire.decode_event(body)
    if not isinstance(event, events.Message):
        return body
    kept = msgspec.structs.replace(
        event,
        text=edit.text,
        mentions=edit.mentions,
        everyone=edit.everyone is True,
        edited_ms=edit.ts,
    )
    return wire.encode(kept)


def emptied(body: bytes) -> bytes:
    """An edit as it is replayed once its message is deleted: without the text it gave."""
    event = wire.decode_event(body)
    if not isinstance(event, events.MessageEdited):
        return body
    return wire.encode(msgspec.structs.replace(event, text="", mentions=[], everyone=UNSET))
