"""What a room may be called, who takes it over, and the events of its life; it stores nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from history.rights import RANK
from proto import events, ids, limits, wire
from proto.codes import ErrorCode
from proto.shapes import NewRoom, Role, RoomKind, RoomPatch
from proto.wire import Fault


class Draft(NamedTuple):
    """A room as it will be made. `others` has neither its maker nor anyone twice.

    `people` names the set of a direct room; None for every other kind.
    """

    kind: RoomKind
    name: str | None
    topic: str
    others: tuple[str, ...]
    people: str | None


class Standing(NamedTuple):
    """A member, as far as it matters to who takes a room over; `number` orders by joining."""

    user: str
    role: Role
    number: int


def draft(new: NewRoom, maker: str) -> Draft | Fault:
    """Check what somebody asks for. Names are taken without the white space around them."""
    others = tuple(dict.fromkeys(user for user in new.members if user != maker))
    if len(new.members) > limits.ROOM_MEMBERS_AT_ONCE:
        return _invalid("members", f"at most {limits.ROOM_MEMBERS_AT_ONCE} members at once")
    if new.kind == "direct":
        return _direct(new, maker, others)
    name = check_name(new.name or "")
    topic = check_topic(new.topic or "")
    if isinstance(name, Fault):
        return name
    if isinstance(topic, Fault):
        return topic
    return Draft(new.kind, name, topic, others, None)


def check_name(name: str) -> str | Fault:
    """The name as it is kept, or what is wrong with it."""
    least, most = limits.ROOM_NAME_CHARACTERS
    kept = name.strip()
    bounded = least <= len(kept) <= most
    if not bounded or not ids.is_clean(kept) or not ids.is_visible(kept):
        return _invalid(
            "name",
            f"a name has {least} to {most} characters, at least one of them visible, without"
            " control characters and bidirectional overrides",
        )
    return kept


def default_rooms(names: Iterable[str]) -> dict[str, str] | Fault:
    """The rooms that everybody is let into, names by ids; or what is wrong with a name.

    The id follows from the name, whatever its capitals, so that all replicas mean the same room,
    and one that was renamed or ended is not made again.
    """
    rooms: dict[str, str] = {}
    for name in names:
        kept = check_name(name)
        if isinstance(kept, Fault):
            return kept
        digest = hashlib.sha256(kept.casefold().encode()).digest()
        room = "r_" + base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
        rooms.setdefault(room, kept)
    return rooms


def check_topic(topic: str) -> str | Fault:
    """The topic as it is kept, or what is wrong with it."""
    kept = topic.strip()
    if len(kept) > limits.TOPIC_CHARACTERS or not ids.is_clean(kept):
        return _invalid(
            "topic",
            f"a topic has at most {limits.TOPIC_CHARACTERS} characters, without control characters"
            " and bidirectional overrides",
        )
    return kept


def check_patch(patch: RoomPatch) -> RoomPatch | Fault:
    """The patch with its values as they are kept, or what is wrong with it."""
    name: str | UnsetType | Fault = UNSET if patch.name is UNSET else check_name(patch.name)
    topic: str | UnsetType | Fault = UNSET if patch.topic is UNSET else check_topic(patch.topic)
    if isinstance(name, Fault):
        return name
    if isinstance(topic, Fault):
        return topic
    if isinstance(patch.picture, str) and not ids.is_id(patch.picture):
        return Fault(ErrorCode.BAD_FRAME, "picture is not an id", "picture")
    return msgspec.structs.replace(patch, name=name, topic=topic)


def check_reason(reason: str) -> str | Fault:
    """The reason of a ban or a mute as it is kept, or what is wrong with it."""
    kept = reason.strip()
    if len(kept) > limits.REASON_CHARACTERS or not ids.is_clean(kept):
        return _invalid(
            "reason",
            f"a reason has at most {limits.REASON_CHARACTERS} characters, without control"
            " characters and bidirectional overrides",
        )
    return kept


def fields(patch: RoomPatch) -> dict[str, str | int | bool | None]:
    """The fields that a patch names, with their values."""
    return {
        name: value
        for name, value in msgspec.structs.asdict(patch).items()
        if not isinstance(value, UnsetType)
    }


def changes(patch: RoomPatch, present: Mapping[str, object]) -> RoomPatch | None:
    """What of a checked patch differs from how the room is; None if nothing does."""
    differing = {name: value for name, value in fields(patch).items() if value != present.get(name)}
    return msgspec.convert(differing, RoomPatch) if differing else None


def people_of(users: Iterable[str]) -> str:
    """One text for a set of people, whatever their order; ids hold no comma."""
    return ",".join(sorted(set(users)))


def successor(staying: Iterable[Standing]) -> Standing | None:
    """Who becomes owner when the last one has left: the oldest moderator, else the oldest member.

    None while there is an owner or when nobody stays.
    """
    best = min(staying, key=lambda member: (-RANK[member.role], member.number), default=None)
    return None if best is None or best.role == "owner" else best


def joined(room: str, user: str, by: str, role: Role, now_ms: int) -> bytes:
    """The event of somebody becoming a member."""
    return wire.encode(events.MemberJoined(room=room, user=user, by=by, role=role, ts=now_ms))


def left(room: str, user: str, role: Role, now_ms: int) -> bytes:
    """The event of somebody leaving by themselves."""
    return wire.encode(events.MemberLeft(room=room, user=user, by=user, role=role, ts=now_ms))


def removed(
    room: str, user: str, by: str, role: Role, now_ms: int, *, banned: bool = False
) -> bytes:
    """The event of somebody being removed."""
    event = events.MemberRemoved(
        room=room, user=user, by=by, role=role, ts=now_ms, banned=True if banned else UNSET
    )
    return wire.encode(event)


def muted(room: str, user: str, by: str, until_ms: int | None, now_ms: int) -> bytes:
    """The event of somebody being muted until a time, or (None) no more."""
    event = events.MemberMuted(room=room, user=user, by=by, until_ms=until_ms, ts=now_ms)
    return wire.encode(event)


def given(room: str, user: str, by: str, role: Role, now_ms: int) -> bytes:
    """The event of somebody getting another role."""
    return wire.encode(events.MemberRole(room=room, user=user, by=by, role=role, ts=now_ms))


def updated(room: str, by: str, patch: RoomPatch, now_ms: int) -> bytes:
    """The event of a room getting another name, topic and so on."""
    changed = {name: getattr(patch, name) for name in events.ROOM_FIELDS}
    return wire.encode(events.RoomUpdated(room=room, by=by, ts=now_ms, **changed))


def deleted(room: str, by: str, now_ms: int) -> bytes:
    """The event of a room coming to its end."""
    return wire.encode(events.RoomDeleted(room=room, by=by, ts=now_ms))


def _direct(new: NewRoom, maker: str, others: tuple[str, ...]) -> Draft | Fault:
    least, most = limits.DIRECT_USERS
    if new.name is not None or new.topic is not None:
        return _invalid("name" if new.name is not None else "topic", "a direct room has none")
    if not least <= len(others) + 1 <= most:
        return _invalid("members", f"a direct room joins {least} to {most} people")
    return Draft("direct", None, "", others, people_of((maker, *others)))


def _invalid(field: str, message: str) -> Fault:
    return Fault(ErrorCode.INVALID, message, field)
