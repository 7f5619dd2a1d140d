"""What services say to each other over NATS: requests, replies, events. Not for clients."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType

from proto.ids import Id, Seq
from proto.shapes import Attachment, CustomStatus, OwnStatus, Room, RoomKind, Status, User

DONE = b"{}"
"""The answer of presence and media when all of it was done; any other is a `Failure`."""


class HelloCall(Struct, frozen=True):
    """Which rooms a user is in, for `ready` (`subjects.HISTORY_HELLO`).

    With the names of their token, so that one who comes for the first time is known by them.
    """

    user: Id
    username: str = ""
    display_name: str = ""


class RoomAsOf(Struct, frozen=True, gc=False):
    """A room as its member sees it, with the log up to `as_of` counted in.

    `as_of` is a place in the log of all rooms; `room.last_seq` is the room's own last event.
    """

    room: Room
    as_of: Seq


class HelloReply(Struct, frozen=True):
    """Every room of the user, in no order.

    `blocked`: whom they block, whose messages do not count as unread.
    """

    rooms: list[RoomAsOf]
    blocked: list[Id] = []


class MemberCall(Struct, frozen=True):
    """What a user is to a room (`subjects.HISTORY_MEMBER`)."""

    room: Id
    user: Id


class MemberReply(Struct, frozen=True):
    """`kind` is null when there is no such room; `state` when the user is not a member.

    `blocked`: as in a `HelloReply`.
    """

    kind: RoomKind | None
    state: RoomAsOf | None
    blocked: list[Id] = []


class EventsCall(Struct, frozen=True):
    """Stored log events of a room after a seq (`subjects.HISTORY_EVENTS`).

    `up_to` asks history to have stored at least that much before it answers; 0 for as it is.
    """

    room: Id
    after: Seq
    limit: int
    up_to: Seq = 0


class StoredEvent(Struct, frozen=True):
    """One log event as it is stored: its place, and its bytes without `seq` and `prev`."""

    seq: Seq
    prev: Seq
    body: msgspec.Raw


class EventsReply(Struct, frozen=True):
    """Events in order. Those from `oldest` on are all kept; those up to `as_of` are stored.

    `known`: the room has an event at `after`, or that is 0. Who holds an event that is not known
    holds one of a log that was lost before it was stored.
    """

    events: list[StoredEvent]
    more: bool
    oldest: Seq
    as_of: Seq
    known: bool = True


class KeyCall(Struct, frozen=True):
    """Whether a message is stored already (`subjects.HISTORY_KEY`).

    Answered only when the writer has passed everything that was in the log at the time of asking;
    with `stored` at once, by what is stored now.
    """

    room: Id
    sender: Id
    key: str
    stored: bool = False


class KeyReply(Struct, frozen=True):
    """Where the message stands, or null. `deleted`: it was there, and is gone."""

    seq: Seq | None
    ts: int | None
    deleted: bool = False


class PaceCall(Struct, frozen=True):
    """Whether a member may write now in a room in slow mode (`subjects.HISTORY_PACE`).

    If so, the turn is taken: by the message with that key, which may be tried again.
    """

    room: Id
    user: Id
    key: str


class PaceReply(Struct, frozen=True):
    """How long they have to wait; 0: they may write."""

    wait_ms: int


class MentionsCall(Struct, frozen=True):
    """Whom a message of `user` in `room` mentions (`subjects.HISTORY_MENTIONS`).

    `names` are usernames that it may mean, at most `limits.MENTIONS`; `everyone`: it names the
    whole room.
    """

    room: Id
    user: Id
    names: list[str]
    everyone: bool = False


class MentionsReply(Struct, frozen=True):
    """Those of the names that are members, by name; `everyone` if the user may mention the room."""

    users: dict[str, Id]
    everyone: bool


class AttachCall(Struct, frozen=True):
    """The message with that key is to have these files (`subjects.MEDIA_ATTACH`).

    Asked right before it is published; repeating it changes nothing. A file is given only to its
    uploader, into the room it was uploaded for: else the whole call fails with `not_found`.
    """

    room: Id
    user: Id
    key: str
    ids: list[Id]


class AttachReply(Struct, frozen=True):
    """What the message says of its files, in the order asked."""

    attachments: list[Attachment]


class PictureCall(Struct, frozen=True):
    """The room is about to have this picture, kept by that key (`subjects.MEDIA_PICTURE`).

    A key is made anew each time: it is to the picture what a message's is to its files. A file is
    given as in an `AttachCall`, else it is `not_found`; one that is no image is `invalid`.
    """

    room: Id
    user: Id
    key: str
    id: Id


class KeptCall(Struct, frozen=True):
    """Whether the room has a picture that is kept by that key (`subjects.HISTORY_PICTURE`)."""

    room: Id
    key: str


class KeptReply(Struct, frozen=True):
    """As it is now; a key that is none now, and was not given moments ago, never will be."""

    kept: bool


class ReleaseCall(Struct, frozen=True):
    """The message with that key is deleted, or the picture no longer the room's
    (`subjects.MEDIA_RELEASE`).

    Once it is answered nobody gets its files any more, unless another message has them too.
    Idempotent.
    """

    room: Id
    sender: Id
    key: str


class ReleaseRoomCall(Struct, frozen=True):
    """The room has ended (`subjects.MEDIA_RELEASE_ROOM`).

    Once it is answered nobody gets a file of it any more, and no message one. Idempotent.
    """

    room: Id


class ReadCall(Struct, frozen=True):
    """A user's read mark moves forward (`subjects.HISTORY_READ`)."""

    room: Id
    user: Id
    seq: Seq


class PeersCall(Struct, frozen=True):
    """Which of `users` share a room with `user` (`subjects.HISTORY_PEERS`)."""

    user: Id
    users: list[Id]


class PeersReply(Struct, frozen=True):
    """Those who do, and the asker if named."""

    users: list[Id]


class Settled(Struct, frozen=True):
    """What `user` settled of how others see them (`subjects.PRESENCE_SETTLE`).

    `rev` rises with each time they settle something: of two the higher is the later one. It is 0 of
    one who never did.
    """

    user: Id
    rev: int = 0
    hidden: bool = False
    custom_status: CustomStatus | None = None


class SettledCall(Struct, frozen=True):
    """What these settled (`subjects.HISTORY_SETTLED`); at most `limits.WATCH_USERS`."""

    users: list[Id]


class SettledReply(Struct, frozen=True):
    """One for each, in the same order."""

    people: list[Settled]


class RosterCall(Struct, frozen=True):
    """Who is in `room` (`subjects.HISTORY_ROSTER`): in order of their ids, those above `after`."""

    room: Id
    after: str = ""


class RosterReply(Struct, frozen=True):
    """A page of them; `more`: ask on after the last one."""

    users: list[Id]
    more: bool


class Stored(Struct, frozen=True):
    """Every record of the log up to `seq` is committed in Postgres (`subjects.HISTORY_STORED`)."""

    seq: Seq


class Failure(Struct, frozen=True, tag_field="type", tag="failure"):
    """The reply of a service that could not do it; `code` is an `ErrorCode`."""

    code: str
    message: str


class Lease(Struct, frozen=True):
    """One connection of a user."""

    user: Id
    session: Id
    status: OwnStatus = "online"
    since_ms: int = 0
    """When it was greeted, by its gateway's clock: of too many the oldest makes way."""


class RenewCall(Struct, frozen=True):
    """These connections live (`subjects.PRESENCE_RENEW`); each is present for `limits.LEASE_MS`."""

    gateway: Id
    leases: list[Lease]


class EndCall(Struct, frozen=True):
    """These connections closed (`subjects.PRESENCE_END`).

    `lingers`: not because somebody meant to go; each counts for `limits.LINGER_MS` more.
    """

    gateway: Id
    leases: list[Lease]
    lingers: bool = False


class Seen(Struct, frozen=True):
    """What others see of `user`, in a reply or as an event (`subjects.presence_changed`).

    `rev` rises with each change of one user, in microseconds since the epoch or above: of two, the
    higher is the later one, whichever way each came.
    """

    user: Id
    status: Status
    last_seen_ms: int | None
    rev: int
    custom_status: CustomStatus | UnsetType = UNSET


class SeenCall(Struct, frozen=True):
    """Who of `users` is here (`subjects.PRESENCE_READ`); at most `limits.WATCH_USERS`.

    The one who asks sees to it that nobody is shown to who may not see them.
    """

    users: list[Id]


class SeenReply(Struct, frozen=True):
    """Each of those asked for, in the same order; whoever is not known is offline.

    Their `rev` is 0; but where presence lost its memory a lease ago or longer, it is the time from
    which it remembers: above whatever was said before of somebody who has not been here since.
    """

    people: list[Seen]


class TypingCall(Struct, frozen=True):
    """`user` types in `room`, or does so no more (`subjects.PRESENCE_TYPING`).

    `at_ms` is the gateway's clock: of two calls for the same user and room the later counts,
    whichever replica takes it and whichever comes first.
    """

    room: Id
    user: Id
    active: bool
    at_ms: int


class Use(Struct, frozen=True):
    """`owner` uses `amount` of a limit of `count` in any `seconds`.

    `used`: it happened already, so it is counted though it were more than is left.
    """

    limit: str
    owner: Id
    count: int
    seconds: float
    amount: int
    used: bool = False


class TakeCall(Struct, frozen=True):
    """Counts what is limited for the whole cluster (`subjects.PRESENCE_TAKE`)."""

    uses: list[Use]


class Left(Struct, frozen=True):
    """How much of a use is allowed, what is left then, and after how many ms there is more."""

    allowed: int
    left: int
    wait_ms: int = 0


class TakeReply(Struct, frozen=True):
    """One for each use, in the same order."""

    left: list[Left]


class UsersCall(Struct, frozen=True):
    """Who these are (`subjects.AUTH_USERS`); at most `limits.IDS_PER_QUERY` ids."""

    ids: list[Id]


class UsersReply(Struct, frozen=True):
    """Those that exist, in no order."""

    users: list[User]


class AdmitCall(Struct, frozen=True):
    """Have auth know the person of a trusted issuer's token (`subjects.AUTH_ADMIT`).

    The reply says what the token says, with the names that the person has here.
    """

    token: str


class Renamed(Struct, frozen=True):
    """`user` is called otherwise since `at_ms`, or has another picture (`subjects.AUTH_RENAMED`).

    Tokens made before say the name they had; of pictures they say nothing.
    """

    user: User
    at_ms: int


class RenamedIn(Struct, frozen=True):
    """The same, for those who share one of `rooms` with them (`subjects.HISTORY_RENAMED`)."""

    user: User
    rooms: list[Id]


class Revoked(Struct, frozen=True):
    """Tokens issued before `at_ms` are void: of session `sid`, or of all of `user`'s if null."""

    user: Id
    sid: Id | None
    at_ms: int


class RevocationsCall(Struct, frozen=True):
    """What was revoked since (`subjects.AUTH_REVOCATIONS`)."""

    since_ms: int


class RevocationsReply(Struct, frozen=True):
    """Everything revoked since whose tokens may still be running, the oldest first.

    `more`: the reply was full; the rest is had by asking again since the last one's `at_ms`.
    """

    revoked: list[Revoked]
    more: bool = False
