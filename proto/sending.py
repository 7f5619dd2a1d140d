"""What makes a message fit to be sent, on the socket and over HTTP alike; it sends nothing."""

from __future__ import annotations

from proto import events, frames, ids, limits, shapes
from proto.codes import ErrorCode
from proto.wire import Fault

Sent = frames.Send | shapes.NewMessage


def check(sent: Sent, now_ms: int) -> int | Fault:
    """The time in the message's key, or what is wrong with what can be told from it alone.

    With `bad_key` the client is to be told the server's clock.
    """
    key_ms = ids.key_ms(sent.key)
    if key_ms is None:
        return Fault(ErrorCode.BAD_KEY, "the key is not a UUIDv7", "key")
    if key_ms > now_ms + limits.KEY_AHEAD_MS:
        text = "the key lies in the future: correct your clock by server_time_ms and make a new key"
        return Fault(ErrorCode.BAD_KEY, text, "key")
    if sent.attachments:
        # A picture needs no words.
        return _check_size(sent.text) or key_ms
    return check_text(sent.text) or key_ms


def check_text(text: str) -> Fault | None:
    """What is wrong with the text of a message, also with one it gets by an edit."""
    fault = _check_size(text)
    if fault is None and not text.strip():
        fault = Fault(ErrorCode.INVALID, "a message needs a text", "text")
    return fault


def is_old(key_ms: int, now_ms: int) -> bool:
    """Whether the log may have forgotten the key: only history knows if it is stored already."""
    return key_ms < now_ms - limits.DEDUPE_WINDOW_MS + limits.DEDUPE_MARGIN_MS


def is_late(key_ms: int, now_ms: int) -> bool:
    """Whether history had better be asked, too: its message may have been deleted meanwhile.

    The log erases it, and a NATS server that starts again knows the keys of what it holds alone.
    """
    return key_ms < now_ms - limits.RETRY_MS


def message(
    room: str,
    sender: str,
    sender_name: str,
    sent: Sent,
    now_ms: int,
    mentions: list[str],
    *,
    everyone: bool,
    attachments: list[shapes.Attachment] | None = None,
) -> events.Message:
    """The event that the log gets; `attachments` are as media tells them."""
    return events.Message(
        room=room,
        ts=now_ms,
        id=sent.key.lower(),
        sender=sender,
        sender_name=sender_name,
        text=sent.text,
        reply_to=sent.reply_to,
        thread=sent.thread,
        attachments=attachments or [],
        mentions=mentions,
        everyone=everyone,
    )


def _check_size(text: str) -> Fault | None:
    if len(text) > limits.TEXT_BYTES or len(text.encode()) > limits.TEXT_BYTES:
        return Fault(
            ErrorCode.TOO_LARGE, f"a text has at most {limits.TEXT_BYTES} bytes of UTF-8", "text"
        )
    if "\0" in text:
        return Fault(ErrorCode.INVALID, "a text holds no NUL character", "text")
    return None
