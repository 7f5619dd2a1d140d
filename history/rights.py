"""Who may do what in a room (protocol.md §9): one table and its reading; it knows no person."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from proto.codes import ErrorCode
from proto.shapes import Role, RoomKind


class Right(Enum):
    """One row of the table."""

    READ = "read history, from the first message"
    SEND = "send, react, reply; edit and delete one's own"
    HIGHLIGHT = "pin, mention the room, have links looked up"
    MODERATE = "delete others', slow mode, mute"
    MANAGE = (
        "add members, invite, kick and ban below one's own role, name and topic, webhooks, what was"
        " done here"
    )
    OWN = "roles, delete or archive the room"


class Standing(Enum):
    """One column of the table, and the two sorts of people who are in none of the first three."""

    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"
    PEER = "of a direct room: all are equal, nobody is added or kicked"
    VISITOR = "of a public room, not a member"
    STRANGER = "of a private or direct room, not a member: for them it is not there"


_READERS: Final = frozenset(Standing) - {Standing.STRANGER}
_SPEAKERS: Final = _READERS - {Standing.VISITOR}
_MODERATORS: Final = frozenset({Standing.OWNER, Standing.MODERATOR})

TABLE: Final[Mapping[Right, frozenset[Standing]]] = MappingProxyType(
    {
        Right.READ: _READERS,
        Right.SEND: _SPEAKERS,
        # Equals have nobody above them who could do it for them.
        Right.HIGHLIGHT: _MODERATORS | {Standing.PEER},
        Right.MODERATE: _MODERATORS,
        Right.MANAGE: _MODERATORS,
        Right.OWN: frozenset({Standing.OWNER}),
    }
)
ARCHIVED: Final = frozenset({Right.READ, Right.OWN})
"""What is left of the table in an archived room: it is read, and its owner can undo it."""
RIGHT_OF_FIELD: Final[Mapping[str, Right]] = MappingProxyType(
    {
        "name": Right.MANAGE,
        "topic": Right.MANAGE,
        "picture": Right.MANAGE,
        "slow_mode_seconds": Right.MODERATE,
        "archived": Right.OWN,
        "previews": Right.HIGHLIGHT,
    }
)
"""What it takes to change a field of a room."""
RANK: Final[Mapping[Role, int]] = MappingProxyType({"owner": 2, "moderator": 1, "member": 0})


def standing(kind: RoomKind, role: Role | None) -> Standing:
    """Where somebody with `role` (None: not a member) stands in a room of `kind`."""
    if role is None:
        return Standing.VISITOR if kind == "public" else Standing.STRANGER
    return Standing.PEER if kind == "direct" else Standing(role)


def refusal(
    right: Right, kind: RoomKind, role: Role | None, *, archived: bool = False
) -> ErrorCode | None:
    """Why somebody may not: `not_found` where the room is not there for them; None if they may."""
    where = standing(kind, role)
    if where in TABLE[right] and (right in ARCHIVED or not archived):
        return None
    return ErrorCode.NOT_FOUND if where is Standing.STRANGER else ErrorCode.FORBIDDEN


def may_leave(kind: RoomKind) -> bool:
    """Say whether members may leave: not a direct room, which is one for its set of people."""
    return kind != "direct"


def may_join(kind: RoomKind) -> bool:
    """Say whether anybody may become a member by themselves."""
    return kind == "public"


def is_above(actor: Role, target: Role) -> bool:
    """Say whether one who may kick, ban or mute at all may do it to that one."""
    return RANK[actor] > RANK[target]
