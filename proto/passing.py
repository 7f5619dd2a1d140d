"""What passes from services to gateways about a person or a room: now or never, and kept nowhere.

By `subjects.user_passing` and `subjects.room_passing`; what people see of it are frames.
"""

from __future__ import annotations

from msgspec import Struct

from proto.ids import Id, Seq
from proto.shapes import NotificationKind, Notify


class Joined(Struct, frozen=True, tag_field="type", tag="joined"):
    """The user is a member of `room` since `seq` of its log (`subjects.user_passing`)."""

    room: Id
    seq: Seq


class ReadMoved(Struct, frozen=True, tag_field="type", tag="read"):
    """The read mark of `user` in `room` moved (`subjects.user_passing`, `room_passing`)."""

    room: Id
    user: Id
    seq: Seq


class Preferred(Struct, frozen=True, tag_field="type", tag="preferred"):
    """The user whose subject this is chose how to have `room` (`subjects.user_passing`)."""

    room: Id
    muted: bool
    notify: Notify
    favourite: bool


class Blocked(Struct, frozen=True, tag_field="type", tag="block"):
    """The user whose subject this is blocked `user`, or does no more (`subjects.user_passing`)."""

    user: Id
    blocked: bool


class TypingChanged(Struct, frozen=True, tag_field="type", tag="typing"):
    """`user` began to type in `room`, or stopped (`subjects.room_passing`).

    Said on a change alone; an end always follows a beginning. `rev` rises with each change of one
    user in one room.
    """

    room: Id
    user: Id
    active: bool
    rev: int


class Replaced(Struct, frozen=True, tag_field="type", tag="replaced"):
    """The user has more sockets than allowed: these, the oldest, close (`subjects.user_passing`).

    Said again as long as they live.
    """

    user: Id
    sessions: list[Id]


class Notified(Struct, frozen=True, tag_field="type", tag="notified"):
    """The user must hear of the message at `seq` (`subjects.user_passing`).

    `session` is the connection that makes the sound; null: it is not known which are there, and
    every one does. "": none of them.
    """

    kind: NotificationKind
    room: Id
    seq: Seq
    session: str | None = None


UserPassing = Joined | ReadMoved | Preferred | Blocked | Replaced | Notified
RoomPassing = ReadMoved | TypingChanged
