"""Frames of the socket, both ways. Not: log events (`events`), their bytes (`wire`)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Struct, UnsetType

from proto import limits
from proto.events import LogEvent
from proto.ids import Id, RequestId, Seq
from proto.shapes import (
    CustomStatus,
    Milliseconds,
    Notify,
    OwnStatus,
    Presence,
    Room,
    Status,
    User,
)

Token = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.TOKEN_CHARACTERS)]

# ------------------------------------------------------------------------------- from a client


class Hello(Struct, tag_field="type", tag="hello", kw_only=True, frozen=True):
    """The first frame. `resume` maps a room to the last seq the client holds of it."""

    token: Token
    client: Annotated[str, msgspec.Meta(max_length=limits.CLIENT_NAME_CHARACTERS)] = ""
    """Name and version of the client, for the person's list of devices."""
    status: OwnStatus = "online"
    resume: Annotated[dict[Id, Seq], msgspec.Meta(max_length=limits.RESUME_ROOMS)] = {}


class Send(Struct, tag_field="type", tag="send", kw_only=True, frozen=True):
    """A message for `room`. `key` is its identity: made once, repeated on every retry."""

    id: RequestId | None = None
    room: Id
    key: str
    text: str = ""
    reply_to: Seq | None = None
    """The place of the message that this one answers."""
    thread: Seq | None = None
    """The place of the message whose thread this one belongs to."""
    attachments: Annotated[list[Id], msgspec.Meta(max_length=limits.ATTACHMENTS)] | None = None


class Sync(Struct, tag_field="type", tag="sync", kw_only=True, frozen=True):
    """Asks for the log events of `room` after a seq."""

    id: RequestId
    room: Id
    after: Seq
    """The last place that the client holds; 0 for the beginning."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=limits.SYNC_EVENTS)] = limits.SYNC_EVENTS


class Read(Struct, tag_field="type", tag="read", kw_only=True, frozen=True):
    """Moves one's read mark in `room` forward to `seq`."""

    room: Id
    seq: Seq


class Typing(Struct, tag_field="type", tag="typing", kw_only=True, frozen=True):
    """Says that one is, or is no longer, typing in `room`."""

    room: Id
    active: bool


class Watch(Struct, tag_field="type", tag="watch", kw_only=True, frozen=True):
    """Replaces the set of people whose presence this connection follows."""

    id: RequestId
    users: Annotated[list[Id], msgspec.Meta(max_length=limits.WATCH_USERS)]


class SetStatus(Struct, tag_field="type", tag="status", kw_only=True, frozen=True):
    """Says how this connection's person is to be shown."""

    status: OwnStatus


class Auth(Struct, tag_field="type", tag="auth", kw_only=True, frozen=True):
    """Brings a fresh token to a living connection."""

    id: RequestId
    token: Token


class Ping(Struct, tag_field="type", tag="ping", kw_only=True, frozen=True):
    """For browsers, which cannot send ping frames; answered by `pong`."""


ClientFrame = Hello | Send | Sync | Read | Typing | Watch | SetStatus | Auth | Ping

# --------------------------------------------------------------------------------- to a client


class ReadyUser(Struct, frozen=True):
    """Who the connection speaks for."""

    id: Id
    username: str
    display_name: str


class ReadyLimits(Struct, frozen=True, kw_only=True):
    """The limits in force; 0 means that there is none.

    `sends_per_10s` of one user, `room_sends_per_10s` of all into one room, `sockets` of one user at
    a time. `sends_waiting`: sends of one connection into one room that may wait for an earlier one.
    """

    frame_bytes: int = limits.FRAME_BYTES
    text_bytes: int = limits.TEXT_BYTES
    sends_per_10s: int = 0
    room_sends_per_10s: int = 0
    sockets: int = 0
    sends_waiting: int = limits.SENDS_WAITING
    attachments: int = limits.ATTACHMENTS
    sync_events: int = limits.SYNC_EVENTS
    resume_events: int = limits.RESUME_EVENTS


class Ready(Struct, tag_field="type", tag="ready", kw_only=True, frozen=True):
    """The state that the live events continue: `last_seq` of each room is where they go on."""

    session: str
    """Names this connection, for logs."""
    user: ReadyUser
    rooms: list[Room]
    """Every room the user is in, in no order."""
    heartbeat_ms: int
    """How often the server pings; after as long a silence a client that hears no pings asks."""
    limits: ReadyLimits
    server_time_ms: Milliseconds
    """The server's clock, to make keys by."""
    gateway: str = ""
    """Names the gateway's process, and nothing else of it: another name, another process."""


class Resumed(
    Struct, tag_field="type", tag="resumed", kw_only=True, frozen=True, rename={"from_": "from"}
):
    """The end of a room's replay, or the word that there was none (`complete` false)."""

    room: Id
    from_: Seq
    """What `hello.resume` named."""
    to: Seq
    """The last place of the room's log."""
    complete: bool
    """Whether everything between was replayed; if not, nothing was."""
    gone: bool | UnsetType = UNSET
    """True when the user is no longer in the room."""


class SendResult(Struct, frozen=True):
    """Where a message stands; `duplicate` when this key had been stored before."""

    seq: Seq
    ts: Milliseconds
    duplicate: bool


class SyncResult(Struct, frozen=True, kw_only=True):
    """Log events in order. All events of the room from `oldest` on are still kept."""

    events: list[LogEvent]
    more: bool
    """Whether there are later ones: ask again after the last one's place."""
    oldest: Seq
    """Above `after` + 1: some between are gone for good."""


class WatchResult(Struct, frozen=True):
    """The presence, now, of those watched whom the asker may see."""

    presence: list[Presence]


class AuthResult(Struct, frozen=True):
    """How long the fresh token lasts."""

    expires_in_ms: int


class Ok(Struct, tag_field="type", tag="ok", kw_only=True, frozen=True):
    """The one answer to a request that was carried out.

    `result` is the `…Result` that belongs to the request; kept raw, since only the one who asked
    knows which.
    """

    id: RequestId
    result: msgspec.Raw


class Error(Struct, tag_field="type", tag="error", kw_only=True, frozen=True, omit_defaults=True):
    """The one answer to a request that was not, or word of a frame that could not be read."""

    id: RequestId | None = None
    code: str
    message: str
    """One sentence for a developer; programs go by `code`."""
    field: str | None = None
    """The field of the request that is to blame."""
    retry_after_ms: int | None = None
    """Sooner it would only be refused again."""
    server_time_ms: Milliseconds | None = None
    """With `bad_key`: the server's clock."""


class TypingEvent(Struct, tag_field="type", tag="typing", kw_only=True, frozen=True):
    """Somebody types, or stopped."""

    room: Id
    user: Id
    active: bool


class PresenceEvent(Struct, tag_field="type", tag="presence", kw_only=True, frozen=True):
    """A watched person came, went, or changed status."""

    user: Id
    status: Status
    last_seen_ms: Milliseconds | None = None
    custom_status: CustomStatus | UnsetType = UNSET


class ReadEvent(Struct, tag_field="type", tag="read", kw_only=True, frozen=True):
    """`user` has read `room` up to `seq`."""

    room: Id
    user: Id
    seq: Seq


class RoomPreferences(Struct, tag_field="type", tag="room.preferences", kw_only=True, frozen=True):
    """This person chose, on this device or another, how to have a room."""

    room: Id
    muted: bool
    notify: Notify
    favourite: bool


class BlockEvent(Struct, tag_field="type", tag="block", kw_only=True, frozen=True):
    """This person blocked `user`, or does no more, on this device or another."""

    user: Id
    blocked: bool


class UserUpdated(Struct, tag_field="type", tag="user.updated", kw_only=True, frozen=True):
    """Somebody who shares a room with this person, or they themselves, is called otherwise now."""

    user: User


class Notification(Struct, tag_field="type", tag="notification", kw_only=True, frozen=True):
    """Somebody said something that this person must hear of, and has not read within seconds.

    Of several messages of a room the one that concerns them most, and of those the last. `kind` is
    `mention`, `reply`, `direct`, `everyone` or `message`; there may be others.
    """

    kind: str
    room: Id
    seq: Seq
    sound: bool = True
    """Whether it is this connection that makes a sound; of all that one has, at most one does."""


class RoomAdded(Struct, tag_field="type", tag="room.added", kw_only=True, frozen=True):
    """The user is now in a room; events after its `last_seq` follow."""

    room: Room


class Reconnect(Struct, tag_field="type", tag="reconnect", kw_only=True, frozen=True):
    """The gateway is about to close; reconnect in `after_ms`."""

    after_ms: int
    reason: str


class AuthExpiring(Struct, tag_field="type", tag="auth.expiring", kw_only=True, frozen=True):
    """The token runs out soon: send `auth` with a fresh one."""

    expires_in_ms: int


class Pong(Struct, tag_field="type", tag="pong", kw_only=True, frozen=True):
    """The answer to `ping`."""


ServerFrame = (
    Ready
    | Resumed
    | Ok
    | Error
    | TypingEvent
    | PresenceEvent
    | ReadEvent
    | RoomPreferences
    | BlockEvent
    | UserUpdated
    | Notification
    | RoomAdded
    | Reconnect
    | AuthExpiring
    | Pong
)
