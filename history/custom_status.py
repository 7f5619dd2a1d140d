"""What somebody may say beside their status; it keeps and tells nothing."""

from __future__ import annotations

from msgspec.structs import replace

from history.reactions_emoji import canonical
from proto import ids, limits
from proto.codes import ErrorCode
from proto.shapes import CustomStatus
from proto.wire import Fault


def check(status: CustomStatus, now_ms: int) -> CustomStatus | Fault:
    """The status as it is kept, or what is wrong with it."""
    text = status.text.strip()
    if not ids.is_clean(text) or (text and not ids.is_visible(text)):
        return _invalid(
            f"its text has at most {limits.CUSTOM_STATUS_CHARACTERS} characters, one of them"
            " visible, without control characters and bidirectional overrides"
        )
    emoji = None if status.emoji is None else canonical(status.emoji)
    if emoji is None and status.emoji is not None:
        return _invalid("its emoji is none, as Unicode has them")
    if not text and emoji is None:
        return _invalid("it has a text, an emoji, or both; null takes it back")
    if not is_in_force(status, now_ms):
        return _invalid("its end is over already")
    return replace(status, text=text, emoji=emoji)


def is_in_force(status: CustomStatus, now_ms: int) -> bool:
    """Whether it is not over."""
    return status.until_ms is None or status.until_ms > now_ms


def _invalid(message: str) -> Fault:
    return Fault(ErrorCode.INVALID, message, "custom_status")
