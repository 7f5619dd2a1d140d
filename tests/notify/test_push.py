"""What a push message says, and what answers to it mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify import push, seal_cryptography
from notify.push import Word
from proto import wire
from proto.audience import AudienceReply
from proto.shapes import NotificationKind
from tests.notify.test_decision import said


def test_the_words() -> None:
    """Who said it, where if not to oneself alone, and the beginning of what was said."""
    room = AudienceReply(kind="private", name="Tea")
    direct = AudienceReply(kind="direct")
    found = push.word("mention", said(7, text="  hi "), room, silent=False)
    assert found == Word("mention", "r1", 7, "Ada in Tea", "hi")
    found = push.word("direct", said(text=""), direct, silent=True, unread=3)
    assert (found.title, found.body, found.silent) == ("Ada", "An attachment", True)
    assert found.unread == 3
    assert push.word("direct", said(text="x" * 161), direct, silent=False).body == "x" * 159 + "…"
    assert push.word("direct", said(text="x" * 160), direct, silent=False).body == "x" * 160


@given(st.text(max_size=400), st.text(max_size=80), st.text(max_size=64))
def test_it_always_fits(text: str, name: str, sender: str) -> None:
    """Whatever was said by whoever wherever, it is not longer than a push service takes."""
    room = AudienceReply(kind="private", name=name)
    message = said(text=text, sender_name=sender, room="r" * 64)
    word = push.word("everyone", message, room, silent=False)
    assert len(wire.encode(word)) <= seal_cryptography.PLAIN_BYTES


@pytest.mark.parametrize(
    ("kind", "urgency"),
    [("mention", "high"), ("reply", "high"), ("direct", "high"), ("everyone", "normal")],
)
def test_the_headers(kind: NotificationKind, urgency: str) -> None:
    """It is kept for a day, of one room the last one alone; what names one is urgent."""
    found = push.headers(Word(kind, "r1", 1, "", ""))
    assert (found["ttl"], found["urgency"]) == ("86400", urgency)
    assert found["content-encoding"] == "aes128gcm"
    assert found["topic"] == push.topic("r1")


@given(st.text(min_size=1, max_size=64), st.text(min_size=1, max_size=64))
def test_a_topic_is_one_room(room: str, other: str) -> None:
    """32 characters of base64url (RFC 8030 §5.4), another one for another room."""
    topic = push.topic(room)
    assert len(topic) == 32
    assert topic.replace("-", "").replace("_", "").isalnum()
    assert (topic == push.topic(other)) == (room == other)


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        ("sent", (200, 201, 202, 204)),
        ("gone", (404, 410)),
        ("again", (408, 425, 429, 500, 503)),
        ("refused", (301, 302, 307, 400, 401, 403, 413)),
    ],
)
def test_what_answers_mean(outcome: str, statuses: tuple[int, ...]) -> None:
    """A redirect is not followed: a push service has one address."""
    assert {push.outcome(status) for status in statuses} == {outcome}


def test_how_long_to_wait() -> None:
    """Longer each time, at least as long as asked for, at most an hour, and not for ever."""
    assert [push.pause_seconds(tries, None) for tries in (1, 2, 3, 7, 8)] == [15, 30, 60, 960, None]
    assert push.pause_seconds(1, "120") == 120
    assert push.pause_seconds(4, "1") == 120
    assert push.pause_seconds(1, "999999999") == 3600
    for other in ("Fri, 27 Nov 2026 04:00:00 GMT", "-5", "٣", "9" * 10, ""):
        assert push.pause_seconds(1, other) == 15
