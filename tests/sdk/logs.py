"""Log events for tests of the cores."""

from collections.abc import Iterable, Sequence

from msgspec import UNSET
from parley_sdk.room_log import Item

from proto.events import LogEvent, Message, ReactionAdded


def event(seq: int, prev: int | None = None, *, room: str = "r1", key: str = "") -> Message:
    """Give a message; right after the seq before it unless told otherwise."""
    return Message(
        room=room,
        ts=seq,
        seq=seq,
        prev=seq - 1 if prev is None else prev,
        id=key or f"key-{seq}",
        sender="u1",
        sender_name="Ada",
        text=str(seq),
    )


def reaction(seq: int, prev: int | None = None, *, room: str = "r1") -> ReactionAdded:
    """Give an event that has no key."""
    before = seq - 1 if prev is None else prev
    return ReactionAdded(room=room, ts=seq, seq=seq, prev=before, target=1, by="u1", emoji="👍")


def chain(seqs: Iterable[int], *, start: int = 0, room: str = "r1") -> list[LogEvent]:
    """Give a room's log with these seqs, each event pointing at the one before it."""
    log: list[LogEvent] = []
    for seq in seqs:
        make = event if seq % 3 else reaction
        log.append(make(seq, start, room=room))
        start = seq
    return log


def seqs(items: Sequence[Item]) -> list[int]:
    """Give the seqs of items, which must all be events."""
    found = []
    for item in items:
        assert isinstance(item, LogEvent), item
        assert item.seq is not UNSET
        found.append(item.seq)
    return found
