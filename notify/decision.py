"""Who must hear of what was said in a room, and of which of it; it asks nobody and tells nobody.

A message concerns a member who did not say it, has not read it, and does not block who did. Why,
is the first of `PRECEDENCE` that holds:

| kind | holds where | the member's level |
| --- | --- | --- |
| `mention` | it names them | `all`, `mentions` |
| `reply` | it answers a message of theirs, or is in a thread that one began | `all`, `mentions` |
| `direct` | it was said in a direct room | `all` |
| `everyone` | it names the whole room | `all`, `mentions` |
| `message` | it is in no thread, and the room is not large | `all` |

Who muted the room, or wants to hear of nothing in it, is not among those whom history names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from proto import events, wire
from proto.audience import AudienceCall, AudienceReply, Hearer
from proto.shapes import NotificationKind
from services.bus import Record

PRECEDENCE: Final[tuple[NotificationKind, ...]] = (
    *("mention", "reply", "direct", "everyone", "message"),
)  # fmt: skip
FRESH_MS: Final = 15 * 60_000
"""What is older is no news: it is unread, and shown as that."""


class Said(NamedTuple):
    """A message of the log, as far as it matters here; `answers` are the places it refers to."""

    room: str
    seq: int
    ts: int
    sender: str
    sender_name: str
    text: str
    answers: tuple[int, ...]
    in_thread: bool
    mentions: frozenset[str]
    everyone: bool


class Notice(NamedTuple):
    """One person, the message that concerns them most, and why."""

    user: str
    kind: NotificationKind
    said: Said


def news(records: Iterable[Record], now_ms: int) -> dict[str, list[Said]]:
    """The messages among records of the log that are news, by room, in order.

    What cannot be read is not news: history sets it aside.
    """
    found: dict[str, list[Said]] = {}
    for record in records:
        if record.ts_ms + FRESH_MS < now_ms:
            continue
        try:
            event = wire.decode_event(record.data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        if isinstance(event, events.Message):
            found.setdefault(event.room, []).append(_said(event, record.seq))
    return found


def question(messages: Sequence[Said], after: str = "") -> AudienceCall:
    """What history is to be asked about messages of one room; `after` as the call has it."""
    seqs = {seq for said in messages for seq in (said.seq, *said.answers)}
    return AudienceCall(
        room=messages[0].room,
        seq=max(said.seq for said in messages),
        seqs=sorted(seqs),
        senders=sorted({said.sender for said in messages}),
        named=sorted(frozenset().union(*(said.mentions for said in messages))),
        everyone=any(said.everyone for said in messages),
        after=after,
    )


def notices(messages: Iterable[Said], audience: AudienceReply) -> list[Notice]:
    """One notice for each person who must hear of any of the messages, in the order of people.

    Of several it is the one that comes first in `PRECEDENCE`, and of those the latest. A message
    that was deleted meanwhile concerns nobody.
    """
    left = [said for said in messages if said.seq in audience.said]
    found = (_notice(hearer, left, audience) for hearer in audience.people)
    return [notice for notice in found if notice is not None]


def _notice(hearer: Hearer, messages: Sequence[Said], audience: AudienceReply) -> Notice | None:
    found: Notice | None = None
    for said in messages:
        if said.seq <= hearer.read_seq or said.sender in (hearer.user, *hearer.blocked):
            continue
        kind = _kind(hearer, said, audience)
        if kind is None:
            continue
        if found is None or PRECEDENCE.index(kind) <= PRECEDENCE.index(found.kind):
            found = Notice(hearer.user, kind, said)
    return found


def _kind(hearer: Hearer, said: Said, audience: AudienceReply) -> NotificationKind | None:
    """Why a message concerns somebody; None if it does not."""
    is_direct, wants_all = audience.kind == "direct", hearer.notify == "all"
    holds: Mapping[NotificationKind, bool] = {
        "mention": hearer.user in said.mentions,
        "reply": any(audience.said.get(seq) == hearer.user for seq in said.answers),
        "direct": is_direct and wants_all,
        "everyone": said.everyone,
        "message": wants_all and not said.in_thread and not audience.large,
    }
    return next((kind for kind in PRECEDENCE if holds[kind]), None)


def _said(event: events.Message, seq: int) -> Said:
    answers = (place for place in (event.reply_to, event.thread) if place is not None)
    return Said(
        room=event.room,
        seq=seq,
        ts=event.ts,
        sender=event.sender,
        sender_name=event.sender_name,
        text=event.text,
        answers=tuple(answers),
        in_thread=event.thread is not None,
        mentions=frozenset(event.mentions),
        everyone=event.everyone,
    )
