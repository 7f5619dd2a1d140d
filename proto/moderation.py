"""The shapes of inviting people to a room and of keeping order in it; not the rooms themselves."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Struct, UnsetType

from proto import limits
from proto.ids import Id
from proto.shapes import Milliseconds, RoomKind, User

InviteSeconds = Annotated[
    int, msgspec.Meta(ge=limits.INVITE_SECONDS[0], le=limits.INVITE_SECONDS[1])
]
InviteUses = Annotated[int, msgspec.Meta(ge=1, le=limits.INVITE_USES)]


class Sanction(Struct, frozen=True):
    """A ban or a mute that is in force; `until_ms` is null where it has no end."""

    user: User
    by: User
    reason: str
    until_ms: Milliseconds | None
    created_ms: Milliseconds


class Bans(Struct, frozen=True):
    """A page of bans, the newest first."""

    bans: list[Sanction]
    next: str | UnsetType = UNSET


class OwnBan(Struct, frozen=True):
    """Until when oneself is kept out of a room, and why; `until_ms` is null where it has no end."""

    reason: str
    until_ms: Milliseconds | None


class Mutes(Struct, frozen=True):
    """A page of mutes, the newest first."""

    mutes: list[Sanction]
    next: str | UnsetType = UNSET


class Invite(Struct, frozen=True):
    """A link into a room; `uses_left` is null where only its time bounds it."""

    code: Id
    url: str
    room: Id
    by: User
    created_ms: Milliseconds
    expires_ms: Milliseconds
    uses_left: int | None


class Invites(Struct, frozen=True):
    """The invites of a room that are good, the newest first."""

    invites: list[Invite]


class InvitedRoom(Struct, frozen=True):
    """A room as one sees it who is invited to it."""

    id: Id
    name: str | None
    topic: str
    kind: RoomKind
    members: int


class RoomInvitation(Struct, frozen=True):
    """What an invite leads to, and who made it."""

    room: InvitedRoom
    by: User


class AuditEntry(Struct, frozen=True):
    """Who did what in a room, and to whom; which `action` has what `detail`: the protocol's table.

    `user` is null where it was done to nobody in particular.
    """

    ts: Milliseconds
    by: User
    action: str
    user: User | None
    detail: dict[str, str | int | bool | None]


class Audit(Struct, frozen=True):
    """A page of what was done in a room, the newest first."""

    entries: list[AuditEntry]
    next: str | UnsetType = UNSET


class NewSanction(Struct):
    """`PUT /v1/rooms/{room}/bans/{user}` and `…/mutes/{user}`; without `until_ms` it has no end."""

    reason: str = ""
    until_ms: Milliseconds | None = None


class NewInvite(Struct):
    """`POST /v1/rooms/{room}/invites`: for how many seconds, and how often it is good."""

    expires_in: InviteSeconds = 604_800
    uses: InviteUses | None = None
