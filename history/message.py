"""One message as those who decide about it must know it, and what they may do; it stores nothing.

What is stored lags behind what was decided: decisions that have not come out of the log yet are
applied here on top of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from msgspec import UNSET

from history import links
from proto import events, limits, wire
from proto.codes import ErrorCode
from proto.previews import LinkPreview
from proto.wire import Fault


@dataclass(frozen=True, slots=True)
class State:
    """A message with everything decided about it, for one person who would change it.

    `kinds`: how many reacted with each emoji; `own`: with which ones that person did. `pins`: every
    pinned message of the room.
    """

    seq: int
    sender: str
    text: str = ""
    deleted: bool = False
    edits: int = 0
    kinds: Mapping[str, int] | None = None
    own: frozenset[str] = frozenset()
    pins: frozenset[int] = frozenset()
    previews: tuple[LinkPreview, ...] = ()

    @property
    def pinned(self) -> bool:
        """Whether it is pinned."""
        return self.seq in self.pins


def after(state: State, decided: Iterable[events.LogEvent], user: str) -> State:
    """The state once these events, in their order, have happened; `user` is whose it is."""
    for event in decided:
        state = _after(state, event, user)
    return state


def check_edit(state: State) -> Fault | None:
    """Why its sender may not edit it."""
    if state.deleted:
        return Fault(ErrorCode.NOT_FOUND, "that message is deleted")
    if state.edits >= limits.EDITS:
        return Fault(ErrorCode.CONFLICT, f"a message is edited at most {limits.EDITS} times")
    return None


def check_reaction(state: State, emoji: str, lacking: Fault | None = None) -> Fault | None:
    """Why nobody may react with that emoji; one that somebody used is always open.

    `lacking` is why there is no such emoji, or not for certain.
    """
    kinds = state.kinds or {}
    if state.deleted:
        return Fault(ErrorCode.NOT_FOUND, "that message is deleted")
    if emoji not in kinds and lacking is not None:
        return lacking
    if emoji not in kinds and len(kinds) >= limits.REACTION_KINDS:
        most = limits.REACTION_KINDS
        return Fault(ErrorCode.CONFLICT, f"a message has at most {most} different reactions")
    return None


def check_pin(state: State) -> Fault | None:
    """Why it cannot be pinned."""
    if state.deleted:
        return Fault(ErrorCode.NOT_FOUND, "that message is deleted")
    if not state.pinned and len(state.pins) >= limits.PINS:
        return Fault(ErrorCode.CONFLICT, f"a room has at most {limits.PINS} pinned messages")
    return None


def previews_after(state: State, text: str) -> tuple[LinkPreview, ...]:
    """Those of its previews whose link is still there once it has another text."""
    left = links.found(text)
    return tuple(preview for preview in state.previews if preview.url in left)


def edited(
    room: str, state: State, by: str, text: str, mentions: list[str], *, everyone: bool, now_ms: int
) -> bytes:
    """The event of a message getting another text."""
    return wire.encode(
        events.MessageEdited(
            room=room,
            target=state.seq,
            by=by,
            text=text,
            mentions=mentions,
            everyone=True if everyone else UNSET,
            ts=now_ms,
        )
    )


def deleted(room: str, state: State, by: str, now_ms: int) -> bytes:
    """The event of a message being deleted."""
    return wire.encode(events.MessageDeleted(room=room, target=state.seq, by=by, ts=now_ms))


def previewed(room: str, state: State, previews: Iterable[LinkPreview], now_ms: int) -> bytes:
    """The event of a message having these previews, and no others."""
    event = events.MessagePreview(room=room, target=state.seq, previews=list(previews), ts=now_ms)
    return wire.encode(event)


def reacted(room: str, state: State, by: str, emoji: str, now_ms: int, *, on: bool) -> bytes:
    """The event of a reaction being added, or taken back."""
    kind = events.ReactionAdded if on else events.ReactionRemoved
    return wire.encode(kind(room=room, target=state.seq, by=by, emoji=emoji, ts=now_ms))


def pinned(room: str, state: State, by: str, now_ms: int, *, on: bool) -> bytes:
    """The event of a message being pinned, or no longer."""
    kind = events.MessagePinned if on else events.MessageUnpinned
    return wire.encode(kind(room=room, target=state.seq, by=by, ts=now_ms))


def _after(state: State, event: events.LogEvent, user: str) -> State:
    match event:
        case events.MessagePinned():
            return replace(state, pins=state.pins | {event.target})
        case events.MessageUnpinned():
            return replace(state, pins=state.pins - {event.target})
        case events.MessageDeleted() if event.target != state.seq:
            return replace(state, pins=state.pins - {event.target})
        case events.MessageDeleted():
            return replace(state, deleted=True, text="", kinds={}, own=frozenset(),
                           pins=state.pins - {state.seq}, previews=())  # fmt: skip
        case events.MessageEdited() if event.target == state.seq and not state.deleted:
            return replace(state, text=event.text, edits=state.edits + 1)
        case events.MessagePreview() if event.target == state.seq and not state.deleted:
            return replace(state, previews=tuple(event.previews))
        case events.ReactionAdded() | events.ReactionRemoved() if event.target == state.seq:
            return _reacted(state, event, user)
        case _:
            return state


def _reacted(
    state: State, event: events.ReactionAdded | events.ReactionRemoved, user: str
) -> State:
    on = isinstance(event, events.ReactionAdded)
    kinds = dict(state.kinds or {})
    kinds[event.emoji] = kinds.get(event.emoji, 0) + (1 if on else -1)
    if kinds[event.emoji] <= 0:
        del kinds[event.emoji]
    own = state.own
    if event.by == user:
        own = own | {event.emoji} if on else own - {event.emoji}
    return replace(state, kinds=kinds, own=own)
