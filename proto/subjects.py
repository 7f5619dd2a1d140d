"""Every NATS subject, stream and queue of Parley: the one place where a subject string is made.

Ids are checked where they enter (`proto.ids`), so an id can be put into a subject as it is: it
holds no dot, star, arrow or space.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from proto import ids

ROOMS_STREAM = "ROOMS"
"""The log: every room's events in order."""
ROOM_LOG_ALL = "room.log.>"
ROOM_LIVE_ALL = "room.live.>"
"""Where the stream publishes each event again once it is stored (JetStream RePublish)."""
WEBHOOKS_STREAM = "WEBHOOKS"
"""What notify has still to deliver to webhooks."""
WEBHOOK_JOBS = "notify.webhook.*"
WEBHOOKS_CONSUMER = "webhooks"
"""The durable consumers that webhooks are fed by: of the log, and of what is to be delivered."""
HISTORY_CONSUMER = "history"
"""The durable consumer of the log that writes to Postgres."""

AUTH_REVOKED = "auth.event.revoked"
"""`calls.Revoked`: sockets of that session or user close within a second."""
AUTH_REVOCATIONS = "auth.rpc.revocations"
"""Request: what was revoked since a time, for those who were away."""

AUTH_RENAMED = "auth.event.renamed"
"""`calls.Renamed`: somebody chose another display name, or another picture. Passing."""

AUTH_USERS = "auth.rpc.users"
"""Request: names of users by id, for services that show people."""

AUTH_ADMIT = "auth.rpc.admit"
"""Request: who comes by a token of a trusted issuer."""

AUTH_ADMIN = "auth.rpc.admin"
"""Request: whether a session or an API token may act as an admin now."""

AUTH_AVATAR = "auth.rpc.avatar"
"""Request: somebody has another picture, or none any more. Only media asks it."""
AUTH_AVATAR_TAKEN = "auth.rpc.avatar_taken"
"""Request: an admin takes away a picture from whoever has it. Only media asks it."""
AUTH_DEEDS = "auth.rpc.deeds"
"""Request: lines for the audit log, of what was done elsewhere. Only media asks it."""
AUTH_AVATARS = "auth.rpc.avatars"
"""Request: which pictures people have, for who keeps these."""

NOTIFY_STREAM = "NOTIFY"
"""What notify still has to send; nobody else's business."""
NOTIFY_JOBS = "notify.job.>"
NOTIFY_PUSH = "notify.job.push"

NOTIFY_CONSUMER = "notify"
"""The durable consumer of the log that decides who must hear of what was said."""

HISTORY_STORED = "history.event.stored"
"""`calls.Stored`: how far the log is in Postgres; after each batch, and each second at least."""

HISTORY_RENAMED = "history.event.renamed"
"""`calls.RenamedIn`: the same, with the rooms of whoever it is."""

HISTORY_HELLO = "history.rpc.hello"
HISTORY_MEMBER = "history.rpc.member"
HISTORY_EVENTS = "history.rpc.events"
HISTORY_KEY = "history.rpc.key"
HISTORY_PACE = "history.rpc.pace"
HISTORY_MENTIONS = "history.rpc.mentions"
HISTORY_READ = "history.rpc.read"
HISTORY_PEERS = "history.rpc.peers"
MEDIA_ATTACH = "media.rpc.attach"
MEDIA_RELEASE = "media.rpc.release"
MEDIA_RELEASE_ROOM = "media.rpc.release_room"
MEDIA_PREVIEW = "media.rpc.preview"
MEDIA_EMOJI = "media.rpc.emoji"
MEDIA_PICTURE = "media.rpc.picture"
HISTORY_SETTLED = "history.rpc.settled"
HISTORY_ROSTER = "history.rpc.roster"
HISTORY_PICTURE = "history.rpc.picture"
HISTORY_AUDIENCE = "history.rpc.audience"
HISTORY_BADGES = "history.rpc.badges"
HISTORY_WEBHOOKS = "history.rpc.webhooks"
HISTORY_DELIVERY = "history.rpc.delivery"
HISTORY_DELIVERED = "history.rpc.delivered"
PRESENCE_RENEW = "presence.rpc.renew"
PRESENCE_END = "presence.rpc.end"
PRESENCE_READ = "presence.rpc.read"
PRESENCE_TAKE = "presence.rpc.take"
PRESENCE_SETTLE = "presence.rpc.settle"
"""Request: hold what somebody settled of how others see them, a `calls.Settled`."""
PRESENCE_CONNECTIONS = "presence.rpc.connections"
PRESENCE_TYPING = "presence.rpc.typing"
"""`calls.TypingCall`, published without waiting for an answer."""

INBOXES = "_INBOX"
"""Answers come to subjects below it; those to a service below its own name (`inbox_root`)."""

HISTORY_QUEUE = "history"
AUTH_QUEUE = "auth"
PRESENCE_QUEUE = "presence"
MEDIA_QUEUE = "media"

# A colon is no letter of an id, so no room is called like this.
_OUTBOX = "outbox:"
_LOG = "room.log."
_LIVE = "room.live."


def room_log(room: str) -> str:
    """Where an event of `room` is published to become part of the log."""
    return _LOG + room


def room_live(room: str) -> str:
    """Where stored events of `room` come out, with `Nats-Sequence` and `Nats-Last-Sequence`."""
    return _LIVE + room


def room_passing(room: str) -> str:
    """Passing events (never stored) for everyone in `room`: read marks, typing."""
    return "room.passing." + room


def webhook_jobs(webhook: str) -> str:
    """Where a `deliveries.WebhookJob` of a webhook is published to be delivered."""
    return "notify.webhook." + webhook


def user_passing(user: str) -> str:
    """Passing events for every connection of `user`: a room they were added to, their read mark."""
    return "user.passing." + user


def presence_changed(user: str) -> str:
    """`calls.Seen`: what others see of `user` changed. Only who watches them subscribes."""
    return "presence.event." + user


class Rights(NamedTuple):
    """What a service may do on NATS. Besides, each may answer whatever it is asked."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


_LOG_API = (
    f"$JS.API.STREAM.*.{ROOMS_STREAM}",
    f"$JS.API.STREAM.MSG.*.{ROOMS_STREAM}",
    f"$JS.API.DIRECT.GET.{ROOMS_STREAM}",
    f"$JS.API.DIRECT.GET.{ROOMS_STREAM}.>",
)
_LOG_READ = (f"$JS.API.STREAM.INFO.{ROOMS_STREAM}", f"$JS.API.STREAM.MSG.GET.{ROOMS_STREAM}")
_PASSING = ("room.passing.*", "user.passing.*")
# What any service may ask auth; nothing of it changes anything.
_AUTH_READ = (AUTH_REVOCATIONS, AUTH_USERS, AUTH_ADMIT, AUTH_ADMIN)
RIGHTS: Mapping[str, Rights] = MappingProxyType(
    {
        # Says who was signed out or renamed, and nothing of rooms.
        "auth": Rights(
            publish=(AUTH_REVOKED, AUTH_RENAMED),
            subscribe=("auth.rpc.>",),
        ),
        # Puts into the log what people say; what it is told of rooms and people it passes on.
        "gateway": Rights(
            publish=(
                ROOM_LOG_ALL,
                *_AUTH_READ,
                "history.rpc.>",
                "presence.rpc.>",
                "media.rpc.>",
                "gateway.>",
                *_LOG_READ,
                *_LOG_API[2:],
            ),
            subscribe=(
                ROOM_LIVE_ALL,
                *_PASSING,
                "*.event.>",
                "gateway.>",
            ),
        ),
        # Makes the log, reads it, and decides what is not a message.
        "history": Rights(
            publish=(
                ROOM_LOG_ALL,
                *_PASSING,
                "history.event.>",
                *_AUTH_READ,
                "media.rpc.>",
                PRESENCE_TAKE,
                PRESENCE_SETTLE,
                WEBHOOK_JOBS,
                *_LOG_API,
                "$JS.API.CONSUMER.>",
                f"$JS.ACK.{ROOMS_STREAM}.>",
                "$JS.API.INFO",
            ),
            subscribe=("history.rpc.>", "*.event.>"),
        ),
        # Tells who is here and who types; it neither reads nor writes the log.
        "presence": Rights(
            publish=(*_PASSING, "presence.event.>", "history.rpc.>", *_AUTH_READ),
            subscribe=("presence.rpc.>", "*.event.>"),
        ),
        # Keeps files and faces; who is in a room it asks, and what was said it never hears.
        "media": Rights(
            publish=("history.rpc.>", "auth.rpc.>", PRESENCE_TAKE),
            subscribe=("media.rpc.>", "*.event.>"),
        ),
        # Reads the log by a consumer of its own, asks whom it concerns, and tells people; what it
        # still has to send lies in a stream that is its own.
        "notify": Rights(
            publish=(
                "user.passing.*",
                HISTORY_AUDIENCE,
                HISTORY_BADGES,
                PRESENCE_CONNECTIONS,
                *_AUTH_READ,
                f"$JS.API.CONSUMER.CREATE.{ROOMS_STREAM}.{NOTIFY_CONSUMER}",
                f"$JS.API.CONSUMER.MSG.NEXT.{ROOMS_STREAM}.{NOTIFY_CONSUMER}",
                f"$JS.ACK.{ROOMS_STREAM}.{NOTIFY_CONSUMER}.>",
                NOTIFY_JOBS,
                f"$JS.API.STREAM.*.{NOTIFY_STREAM}",
                f"$JS.API.CONSUMER.CREATE.{NOTIFY_STREAM}.*",
                f"$JS.API.CONSUMER.MSG.NEXT.{NOTIFY_STREAM}.*",
                f"$JS.ACK.{NOTIFY_STREAM}.>",
                HISTORY_WEBHOOKS,
                HISTORY_DELIVERY,
                HISTORY_DELIVERED,
                WEBHOOK_JOBS,
                f"$JS.API.CONSUMER.CREATE.{ROOMS_STREAM}.{WEBHOOKS_CONSUMER}",
                f"$JS.API.CONSUMER.MSG.NEXT.{ROOMS_STREAM}.{WEBHOOKS_CONSUMER}",
                f"$JS.ACK.{ROOMS_STREAM}.{WEBHOOKS_CONSUMER}.>",
                f"$JS.API.STREAM.*.{WEBHOOKS_STREAM}",
                f"$JS.API.CONSUMER.CREATE.{WEBHOOKS_STREAM}.*",
                f"$JS.API.CONSUMER.MSG.NEXT.{WEBHOOKS_STREAM}.*",
                f"$JS.ACK.{WEBHOOKS_STREAM}.>",
            ),
            subscribe=("*.event.>",),
        ),
    }
)
"""By service. A subject that is not named here is refused by the server, whoever took over."""


def may_see_log(service: str | None) -> bool:
    """Whether a service may ask how the log is; who has no name in `RIGHTS` may do everything."""
    rights = RIGHTS.get(service or "")
    return rights is None or not {_LOG_API[0], _LOG_READ[0]}.isdisjoint(rights.publish)


def inbox_root(service: str | None) -> str:
    """Where answers to a service come; one that has no name of its own shares with its like."""
    return f"{INBOXES}.{service}" if service else INBOXES


def room_of(subject: str) -> str | None:
    """The room of a `room_log` or `room_live` subject; None if it is neither, or holds no id."""
    for prefix in (_LIVE, _LOG):
        if subject.startswith(prefix):
            room = subject[len(prefix) :]
            return room if ids.is_id(room) else None
    return None


def message_id(room: str, sender: str, key: str) -> str:
    """`Nats-Msg-Id` of a message: a retry of the same key by the same sender in the same room."""
    return f"{room}/{sender}/{key.lower()}"


def outbox_id(row: str) -> str:
    """`Nats-Msg-Id` of an event that history decided; `row` is the id of its outbox row."""
    return _OUTBOX + row


def outbox_row(message_id: str) -> str | None:
    """The outbox row of a `Nats-Msg-Id`, or None if it is a message's."""
    return message_id.removeprefix(_OUTBOX) if message_id.startswith(_OUTBOX) else None
