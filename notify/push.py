"""A push message: what is said, for how long it is kept, and what an answer to it means.

It encrypts, signs and sends nothing.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import Final, Literal

import msgspec

from notify.decision import Said
from proto.audience import AudienceReply
from proto.ids import Id, Seq
from proto.shapes import NotificationKind

TTL_SECONDS: Final = 24 * 3_600
"""A browser that is away for longer finds it unread when it comes."""
TRIES: Final = 8
_PAUSE_SECONDS: Final = (15.0, 3_600.0)
_LETTERS: Final = 160
_PRESSING: Final = frozenset(("mention", "reply", "direct"))

Outcome = Literal["sent", "gone", "again", "refused"]


class Word(msgspec.Struct, frozen=True):
    """What the service worker is told; `silent`: another device of theirs makes the sound."""

    kind: NotificationKind
    room: Id
    seq: Seq
    title: str
    body: str
    silent: bool = False
    unread: int | None = None
    """What a badge shows: how much they have not read anywhere; null: it is not known."""


class Job(msgspec.Struct, frozen=True):
    """One push message to one browser, as it waits to be sent; `at_ms` is when it was decided."""

    subscription: str
    word: Word
    at_ms: int


def word(
    kind: NotificationKind,
    said: Said,
    audience: AudienceReply,
    *,
    silent: bool,
    unread: int | None = None,
) -> Word:
    """What is told of a message."""
    where = audience.name if audience.kind != "direct" else None
    title = said.sender_name if where is None else f"{said.sender_name} in {where}"
    body = _shortened(said.text) or "An attachment"
    return Word(kind, said.room, said.seq, title, body, silent, unread)


def headers(word: Word) -> dict[str, str]:
    """What a push service is told: of one room it keeps the last message alone (RFC 8030 §5)."""
    return {
        "content-type": "application/octet-stream",
        "content-encoding": "aes128gcm",
        "ttl": str(TTL_SECONDS),
        "urgency": "high" if word.kind in _PRESSING else "normal",
        "topic": topic(word.room),
    }


def topic(room: str) -> str:
    """A name for the room that tells a push service nothing: 32 characters, as many as it takes."""
    return urlsafe_b64encode(hashlib.sha256(room.encode()).digest()[:24]).decode()


def outcome(status: int) -> Outcome:
    """What the answer of a push service means."""
    if 200 <= status < 300:
        return "sent"
    if status in (404, 410):
        return "gone"
    if status in (408, 425, 429) or status >= 500:
        return "again"
    return "refused"


def pause_seconds(tries: int, retry_after: str | None) -> float | None:
    """How long to wait after so many attempts; None: it is given up.

    A push service may ask for more, in seconds.
    """
    if tries >= TRIES:
        return None
    least, most = _PAUSE_SECONDS
    asked = float(retry_after) if retry_after is not None and _is_number(retry_after) else 0.0
    return min(most, max(asked, least * float(2 ** (tries - 1))))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _shortened(text: str) -> str:
    trimmed = text.strip()
    return trimmed if len(trimmed) <= _LETTERS else trimmed[: _LETTERS - 1] + "…"
