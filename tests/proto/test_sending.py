"""What makes a message fit to be sent, on the socket and over HTTP."""

import pytest

from proto import frames, ids, limits, sending, shapes
from proto.codes import ErrorCode
from proto.wire import Fault

NOW_MS = 1_732_300_000_000
KEY = ids.uuid7(NOW_MS, bytes(10))


def new(
    text: str = "hi", key: str = KEY, attachments: list[str] | None = None
) -> shapes.NewMessage:
    """A message that somebody would send."""
    return shapes.NewMessage(key=key, text=text, attachments=attachments)


def test_a_good_one_tells_the_age_of_its_key() -> None:
    """A frame and a body alike."""
    assert sending.check(new(), NOW_MS) == NOW_MS
    assert sending.check(frames.Send(room="r", key=KEY.upper(), text="x"), NOW_MS) == NOW_MS
    largest = "é" * (limits.TEXT_BYTES // 2)
    assert sending.check(new(largest), NOW_MS) == NOW_MS
    ahead = ids.uuid7(NOW_MS + limits.KEY_AHEAD_MS, bytes(10))
    assert sending.check(new(key=ahead), NOW_MS) == NOW_MS + limits.KEY_AHEAD_MS


@pytest.mark.parametrize(
    ("message", "code", "field"),
    [
        (new(key="7"), ErrorCode.BAD_KEY, "key"),
        (new(key=ids.uuid7(NOW_MS + 60_001, bytes(10))), ErrorCode.BAD_KEY, "key"),
        (new(""), ErrorCode.INVALID, "text"),
        (new(" \n\u3000"), ErrorCode.INVALID, "text"),
        (new("a\0b"), ErrorCode.INVALID, "text"),
        (new("x" * (limits.TEXT_BYTES + 1)), ErrorCode.TOO_LARGE, "text"),
        (new("é" * (limits.TEXT_BYTES // 2 + 1)), ErrorCode.TOO_LARGE, "text"),
        (new("x" * 20_000, attachments=["m1"]), ErrorCode.TOO_LARGE, "text"),
        (new("\0", attachments=["m1"]), ErrorCode.INVALID, "text"),
    ],
)
def test_a_bad_one_is_told_why(message: shapes.NewMessage, code: ErrorCode, field: str) -> None:
    """With the field that is to blame."""
    fault = sending.check(message, NOW_MS)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.field) == (code, field)


def test_old_keys_are_those_the_log_may_have_forgotten() -> None:
    """Its memory less a margin for clocks that err."""
    edge = NOW_MS - limits.DEDUPE_WINDOW_MS + limits.DEDUPE_MARGIN_MS
    assert not sending.is_old(edge, NOW_MS)
    assert sending.is_old(edge - 1, NOW_MS)


def test_late_keys_are_those_whose_message_may_be_deleted_by_now() -> None:
    """All but what was made a moment ago."""
    edge = NOW_MS - limits.RETRY_MS
    assert not sending.is_late(edge, NOW_MS)
    assert sending.is_late(edge - 1, NOW_MS)


def test_the_event_says_who_and_what() -> None:
    """Its key in lower case, whom it mentions, what it answers."""
    sent = shapes.NewMessage(key=KEY.upper(), text="hi", reply_to=3, thread=2)
    event = sending.message("r", "ada", "Ada", sent, NOW_MS, ["bob"], everyone=True)
    assert (event.id, event.sender, event.sender_name, event.ts) == (KEY, "ada", "Ada", NOW_MS)
    assert (event.text, event.reply_to, event.thread) == ("hi", 3, 2)
    assert (event.mentions, event.everyone) == (["bob"], True)
