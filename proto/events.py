"""Log events: what happened in a room, in the order of its log. Not: passing events (`frames`).

An event is stored without `seq` and `prev`, which only the log knows; `wire.place` puts them in
front of the stored bytes, so that nothing is encoded twice on the way to a client.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from proto.ids import Id, Seq
from proto.previews import LinkPreview
from proto.shapes import Attachment, Milliseconds, Role


class Placed(Struct, kw_only=True, frozen=True, tag_field="type"):
    """What every log event has.

    `seq` is its place in the room's one order; `prev` the place of the event before it, lower
    (down to 0) when the log no longer holds that one, never higher. Both are absent in storage.
    """

    room: Id
    ts: Milliseconds
    seq: Seq | UnsetType = UNSET
    prev: Seq | UnsetType = UNSET


class Message(Placed, tag="message", frozen=True, kw_only=True):
    """Somebody said something. `id` is the key the sender chose; (`sender`, `id`) is unique."""

    id: str
    sender: Id
    sender_name: str
    """Their display name when they said it."""
    text: str
    reply_to: Seq | None = None
    """The place of the message that this one answers."""
    thread: Seq | None = None
    """The place of the message whose thread this one belongs to."""
    attachments: list[Attachment] = []
    mentions: list[Id] = []
    """The users it mentions."""
    everyone: bool = False
    """Whether it mentions the whole room."""
    edited_ms: Milliseconds | UnsetType = UNSET
    """Present in a replay of a message whose text is not the first one."""
    deleted: bool | UnsetType = UNSET
    """True in a replay of a deleted message, which has no text and no attachments."""
    previews: list[LinkPreview] | UnsetType = UNSET
    """In a replay: what the links in it lead to, if that was found out by then."""


class MessageEdited(Placed, tag="message.edited", frozen=True, kw_only=True):
    """The text of the message at `target` is now `text`, and it mentions whom it names now.

    In a replay after the message was deleted the text is empty: a deleted message stays deleted.
    """

    target: Seq
    by: Id
    text: str
    mentions: list[Id] = []
    everyone: bool | UnsetType = UNSET
    """True if it mentions the whole room now."""


class MessageDeleted(Placed, tag="message.deleted", frozen=True, kw_only=True):
    """The message at `target` is gone, and with it its reactions and its pin."""

    target: Seq
    by: Id


class MessagePreview(Placed, tag="message.preview", frozen=True, kw_only=True):
    """These are the previews of the links in the message at `target`, in place of those it had.

    In the order of the links, which are in its text as `url` has them; none: it has none any more.
    An edit says so by this event, too: `message.edited` leaves them as they are. In a replay after
    the message was deleted there are none.
    """

    target: Seq
    previews: list[LinkPreview]


class ReactionAdded(Placed, tag="reaction.added", frozen=True, kw_only=True):
    """`by` reacted to the message at `target`."""

    target: Seq
    by: Id
    emoji: str


class ReactionRemoved(Placed, tag="reaction.removed", frozen=True, kw_only=True):
    """`by` took a reaction back."""

    target: Seq
    by: Id
    emoji: str


class MemberJoined(Placed, tag="member.joined", frozen=True, kw_only=True):
    """`user` is a member from here on; `by` is the user itself or who added them."""

    user: Id
    by: Id
    role: Role


class MemberLeft(Placed, tag="member.left", frozen=True, kw_only=True):
    """`user` left; they get this event and nothing after it."""

    user: Id
    by: Id
    role: Role


class MemberRemoved(Placed, tag="member.removed", frozen=True, kw_only=True):
    """`user` was removed; they get this event and nothing after it."""

    user: Id
    by: Id
    role: Role
    banned: bool | UnsetType = UNSET
    """True if they may not come back for now."""


class MemberRole(Placed, tag="member.role", frozen=True, kw_only=True):
    """`user` has `role` from here on."""

    user: Id
    by: Id
    role: Role


class MemberMuted(Placed, tag="member.muted", frozen=True, kw_only=True):
    """`user` may write nothing here until a time; null: they may again."""

    user: Id
    by: Id
    until_ms: Milliseconds | None
    """Without an end: `limits.FOREVER_MS`."""


class RoomUpdated(Placed, tag="room.updated", frozen=True, kw_only=True):
    """The fields that are present changed."""

    by: Id
    name: str | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    picture: str | UnsetType | None = UNSET
    slow_mode_seconds: int | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    previews: bool | UnsetType = UNSET


ROOM_FIELDS = ("name", "topic", "picture", "slow_mode_seconds", "archived", "previews")
"""What of a room a `room.updated` may change."""


class RoomDeleted(Placed, tag="room.deleted", frozen=True, kw_only=True):
    """The room is gone; nothing comes after this event."""

    by: Id


class MessagePinned(Placed, tag="message.pinned", frozen=True, kw_only=True):
    """The message at `target` is pinned."""

    target: Seq
    by: Id


class MessageUnpinned(Placed, tag="message.unpinned", frozen=True, kw_only=True):
    """The message at `target` is no longer pinned."""

    target: Seq
    by: Id


LogEvent = (
    Message
    | MessageEdited
    | MessageDeleted
    | MessagePreview
    | ReactionAdded
    | ReactionRemoved
    | MemberJoined
    | MemberLeft
    | MemberRemoved
    | MemberRole
    | MemberMuted
    | RoomUpdated
    | RoomDeleted
    | MessagePinned
    | MessageUnpinned
)
ChangeEvent = (
    MessageEdited
    | MessageDeleted
    | MessagePreview
    | ReactionAdded
    | ReactionRemoved
    | MessagePinned
    | MessageUnpinned
)
"""Events about an earlier message, at `target`."""
LineEvent = (
    MemberJoined
    | MemberLeft
    | MemberRemoved
    | MemberRole
    | RoomUpdated
    | RoomDeleted
    | MessagePinned
    | MessageUnpinned
)
"""Events that a page brings along: what is neither a message nor about its text or reactions."""
MembershipEvent = MemberJoined | MemberLeft | MemberRemoved | MemberRole | RoomDeleted
"""Events a gateway acts on at their place in the log."""
