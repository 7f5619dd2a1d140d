"""The shapes that HTTP, `ready` and the answers share; neither frames nor log events."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from proto import limits
from proto.ids import Id, Seq
from proto.previews import LinkPreview

RoomKind = Literal["public", "private", "direct"]
Role = Literal["owner", "moderator", "member"]
Status = Literal["online", "idle", "dnd", "offline"]
"""What others see of a person."""
OwnStatus = Literal["online", "idle", "dnd", "invisible"]
"""What a person says of themselves; others see `invisible` as `offline`."""

Notify = Literal["all", "mentions", "none"]
"""Which messages of a room one wants to be told of."""

NotificationKind = Literal["mention", "reply", "direct", "everyone", "message"]
"""Why one is told of a message: it names one; it answers one's own; it was said in a direct room;
it names the whole room; or one wants to be told of all that is said there."""

Milliseconds = Annotated[
    int, msgspec.Meta(description="Milliseconds since the Unix epoch.", ge=0, le=limits.SEQ_MAX)
]


SlowModeSeconds = Annotated[int, msgspec.Meta(ge=0, le=limits.SLOW_MODE_SECONDS)]


DirectFrom = Literal["all", "shared", "nobody"]
"""Who may open a direct room with somebody."""


class User(Struct, frozen=True):
    """A person or a bot, as others see them."""

    id: Id
    username: str
    display_name: str
    avatar: str | None = None
    """Of their picture, a small WebP at `/v1/media/avatars/{avatar}`, where no token goes."""


class Member(Struct, frozen=True):
    """A user in a room, and what they may do there."""

    user: User
    role: Role
    joined_ms: Milliseconds


class CustomStatus(Struct, frozen=True):
    """What somebody says beside their status, such as "On holiday": a text, an emoji, or both.

    At `until_ms` it is over, unless that is null.
    """

    text: Annotated[str, msgspec.Meta(max_length=limits.CUSTOM_STATUS_CHARACTERS)] = ""
    emoji: Annotated[str, msgspec.Meta(max_length=limits.EMOJI_CHARACTERS)] | None = None
    until_ms: Milliseconds | None = None


class Presence(Struct, frozen=True):
    """Whether a person is here; `last_seen_ms` is null for one who is online or was never here.

    One who hides their presence looks as if they had never been here.
    """

    user: Id
    status: Status
    last_seen_ms: Milliseconds | None = None
    custom_status: CustomStatus | UnsetType = UNSET
    """Absent if they say nothing."""


class Room(Struct, frozen=True, kw_only=True, gc=False):
    """A room as one person sees it.

    For one who is not a member `role` is null and the counts are 0. `name` is null and `peers`
    lists the others in direct rooms, and only there.
    """

    id: Id
    kind: RoomKind
    name: str | None
    topic: str = ""
    role: Role | None = None
    members: int = 0
    """How many are in it."""
    last_seq: Seq = 0
    """The place of its last log event."""
    read_seq: Seq = 0
    """How far one has read."""
    unread: int = 0
    """Messages of others above the read mark."""
    mentions: int = 0
    """Those of the unread that mention one, or everyone."""
    muted: bool = False
    """One wants no badge of it; it counts all the same."""
    notify: Notify = "all"
    favourite: bool = False
    archived: bool = False
    """Nobody writes in it any more; it can be read."""
    slow_mode_seconds: int = 0
    """A member who is no moderator writes once in so long; 0: as often as they like."""
    picture: str | None = None
    """The id of its picture at media, which `POST /v1/media/sign` makes URLs of."""
    previews: bool = True
    """Links in its messages are looked up, and previews of them shown, if the server does that."""
    muted_until_ms: Milliseconds | None = None
    """Until then a moderator lets one write nothing here (without an end: `limits.FOREVER_MS`);
    null: one may."""
    peers: list[User] = []


class Attachment(Struct, frozen=True):
    """A file of a message; never a URL, which `POST /v1/media/sign` gives."""

    id: Id
    name: str
    mime: str
    size: int
    """Bytes of the file as it is given out, which of an image is not the one that came."""
    width: int | None = None
    height: int | None = None
    preview: str | UnsetType = UNSET
    """Of an image: a few dozen of its pixels as the Base64 of a WebP file, to be shown at once."""


class SignMedia(Struct):
    """`POST /v1/media/sign`: files to be looked at."""

    ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=limits.IDS_PER_QUERY)]


class Thumbnail(Struct, frozen=True):
    """A smaller picture of an image, as WebP."""

    url: str
    width: int
    height: int


class SignedMedia(Struct, frozen=True):
    """Where a file is, for whoever has the URL, until `expires_ms`.

    `thumb_url` is of the middle one of `thumbs`, which an image has, the smallest first; one that
    is hardly larger has none, and a `thumb_url` that is `url`. Null for whatever is no image.
    """

    url: str
    thumb_url: str | None
    expires_ms: Milliseconds
    thumbs: list[Thumbnail] = []


class SignedUrls(Struct, frozen=True):
    """By id. Whatever is not there for the reader is left out, as if it were nowhere."""

    urls: dict[Id, SignedMedia]


class Reaction(Struct, frozen=True):
    """How many reacted to a message with one emoji, and whether the reader did."""

    emoji: str
    count: int
    me: bool


class ReactionUsers(Struct, frozen=True):
    """Who reacted with one emoji, in the order they did; at most `limits.REACTION_USERS` named."""

    emoji: str
    count: int
    me: bool
    users: list[User]


class Quote(Struct, frozen=True, kw_only=True):
    """The message that another one answers, as it is now; `text` is its beginning.

    Of a deleted one there is no text.
    """

    seq: Seq
    sender: Id
    sender_name: str
    text: str
    deleted: bool | UnsetType = UNSET


class Message(Struct, frozen=True, kw_only=True):
    """A message with everything applied that came after it, up to its page's `as_of_seq`.

    A deleted one has its place, its sender and its time, and nothing of what was said or done.
    """

    id: str
    room: Id
    seq: Seq
    prev: Seq
    ts: Milliseconds
    sender: Id
    sender_name: str
    text: str
    reply_to: Seq | None = None
    thread: Seq | None = None
    attachments: list[Attachment] = []
    mentions: list[Id] = []
    everyone: bool = False
    reactions: list[Reaction] = []
    """Each emoji once, in the order they came."""
    edited_ms: Milliseconds | UnsetType = UNSET
    """When the text became what it is, if it is not the first one."""
    deleted: bool | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    """True while it is pinned."""
    quote: Quote | UnsetType = UNSET
    """What `reply_to` names, if that is a message of the room."""
    previews: list[LinkPreview] | UnsetType = UNSET
    """What the links in it lead to, as far as that is known."""


class Messages(Struct, frozen=True):
    """Messages, in the order that the operation tells."""

    messages: list[Message]


class Version(Struct, frozen=True):
    """A text that a message had, and when it was written."""

    text: str
    ts: Milliseconds


class Versions(Struct, frozen=True):
    """The former texts of a message, oldest first; none of a deleted one."""

    versions: list[Version]


class Reactions(Struct, frozen=True):
    """Who reacted to a message, by emoji, in the order they came."""

    reactions: list[ReactionUsers]


class Hit(Struct, frozen=True, kw_only=True):
    """A message that a search found.

    `highlights` are the places [start, end) of the words in its `text`, in characters (Unicode code
    points), in order and without overlaps.
    """

    room: Id
    message: Message
    highlights: list[Annotated[list[int], msgspec.Meta(min_length=2, max_length=2)]]


class Hits(Struct, frozen=True, kw_only=True):
    """What a search found, the newest first; `next` is the cursor of the following page.

    A page may have fewer hits than `limit`, or none, and a next one all the same: a search has so
    much time and then says how far it came; and messages may be edited while one searches.
    """

    hits: list[Hit]
    next: str | UnsetType = UNSET


class Rooms(Struct, frozen=True):
    """A page of rooms; `next` is the cursor of the following page, absent on the last."""

    rooms: list[Room]
    next: str | UnsetType = UNSET


class Members(Struct, frozen=True):
    """A page of members."""

    members: list[Member]
    next: str | UnsetType = UNSET


class Receipt(Struct, frozen=True):
    """How far somebody has read."""

    user: Id
    read_seq: Seq


class Receipts(Struct, frozen=True):
    """How far the others of a room have read, those who show it."""

    receipts: list[Receipt]


class OwnSettings(Struct, frozen=True):
    """What one has settled for oneself.

    `receipts`: others see how far one has read. `direct`: who may open a direct room with one:
    anybody, those who share a room, or nobody. `presence`: those who share a room see whether one
    is here, when one was last, and `custom_status`; else one is offline for them.
    """

    receipts: bool
    direct: DirectFrom
    presence: bool = True
    custom_status: CustomStatus | None = None


class Users(Struct, frozen=True):
    """A page of users."""

    users: list[User]
    next: str | UnsetType = UNSET


class PresenceList(Struct, frozen=True):
    """Presence of the users asked for whom the asker may see; the others are left out."""

    presence: list[Presence]


class RoomPresence(Struct, frozen=True):
    """How many are in a room, and how many of them others see here."""

    room: Id
    members: int
    online: int
    """Online, idle or not to be disturbed."""


class Preferences(Struct, frozen=True):
    """How one wants to have a room; nobody else learns of it."""

    muted: bool
    notify: Notify
    favourite: bool


class ReadMark(Struct, frozen=True):
    """Where one's read mark stands, and what is left above it."""

    read_seq: Seq
    unread: int
    mentions: int


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error over HTTP: RFC 9457 problem details with Parley's `code`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    retry_after_ms: int | None = None
    server_time_ms: Milliseconds | None = None
    """With `bad_key`: the server's clock."""
    request_id: str | None = None


class Register(Struct):
    """`POST /v1/auth/register`; `cookie` is for browsers: the refresh token goes into a cookie.

    `invitation` is the secret of a link, where one is needed.
    """

    username: str
    password: str
    display_name: str | None = None
    cookie: bool = False
    invitation: str | None = None


class Login(Struct):
    """`POST /v1/auth/login`; `cookie` is for browsers: the refresh token goes into a cookie."""

    username: str
    password: str
    cookie: bool = False


class Refresh(Struct):
    """`POST /v1/auth/refresh`; without a token here, the one in the cookie is meant."""

    refresh_token: str | None = None


class SignedIn(Struct, frozen=True):
    """The answer to register, login, refresh and token; `expires_in` is in seconds.

    `refresh_token` is null for who asked for the cookie: it is there, where no script reads it; and
    for a bot, which trades its API token again.
    """

    user: User
    access_token: str
    refresh_token: str | None
    expires_in: int


class ProfilePatch(Struct):
    """`PATCH /v1/auth/me`."""

    display_name: str | UnsetType = UNSET


class NewRoom(Struct):
    """`POST /v1/rooms`; `members` are user ids to add at once."""

    kind: RoomKind
    name: str | None = None
    topic: str | None = None
    members: list[Id] = []


class RoomPatch(Struct):
    """`PATCH /v1/rooms/{room}`; what is left out stays as it is."""

    name: str | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    picture: str | UnsetType | None = UNSET
    """The id of an image that one has uploaded into this room; null: it has none any more."""
    slow_mode_seconds: SlowModeSeconds | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    """Nobody writes in an archived room, nor joins it or changes it, until an owner undoes it."""
    previews: bool | UnsetType = UNSET
    """False: from then on no link in it is looked up. What is known already stays."""


class NewMember(Struct):
    """`POST /v1/rooms/{room}/members`."""

    user: Id
    role: Role = "member"


class MemberPatch(Struct):
    """`PATCH /v1/rooms/{room}/members/{user}`."""

    role: Role


class SettingsPatch(Struct):
    """`PATCH /v1/settings`; what is left out stays as it is."""

    receipts: bool | UnsetType = UNSET
    direct: DirectFrom | UnsetType = UNSET
    presence: bool | UnsetType = UNSET
    custom_status: CustomStatus | UnsetType | None = UNSET
    """Null takes it back."""


class SetPreferences(Struct):
    """`PUT /v1/rooms/{room}/preferences`; what is left out stays as it is."""

    muted: bool | UnsetType = UNSET
    notify: Notify | UnsetType = UNSET
    favourite: bool | UnsetType = UNSET


class NewMessage(Struct):
    """`POST /v1/rooms/{room}/messages`: the same as `send`, with the same `key` on every retry."""

    key: str
    text: str = ""
    reply_to: Seq | None = None
    thread: Seq | None = None
    attachments: Annotated[list[Id], msgspec.Meta(max_length=limits.ATTACHMENTS)] | None = None


class MessagePatch(Struct):
    """`PATCH /v1/rooms/{room}/messages/{seq}`."""

    text: str


class SetRead(Struct):
    """`PUT /v1/rooms/{room}/read`; only `back` moves the mark backward."""

    seq: Seq
    back: bool = False
