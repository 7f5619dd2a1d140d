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
        previews=UNSET,
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


def previewed(body: bytes, preview: events.MessagePreview) -> bytes:
    """A message event as it is replayed once its links were looked up."""
    event = wire.decode_event(body)
    if not isinstance(event, events.Message):
        return body
    return wire.encode(msgspec.structs.replace(event, previews=preview.previews or UNSET))


def emptied(body: bytes) -> bytes:
    """An edit, or previews, as replayed once the message is deleted: without what they gave it."""
    event = wire.decode_event(body)
    if isinstance(event, events.MessagePreview):
        return wire.encode(msgspec.structs.replace(event, previews=[]))
    if not isinstance(event, events.MessageEdited):
        return body
    return wire.encode(msgspec.structs.replace(event, text="", mentions=[], everyone=UNSET))
