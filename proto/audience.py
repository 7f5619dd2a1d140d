"""What notify asks, to decide who must hear of a message and where; the deciding is its own.

Requests as in `calls`: history and presence answer them, or a `calls.Failure`.
"""

from __future__ import annotations

from msgspec import Struct

from proto.calls import Lease
from proto.ids import Id, Seq
from proto.shapes import Notify, RoomKind


class AudienceCall(Struct, frozen=True):
    """Whom messages of a room, up to `seq`, may concern (`subjects.HISTORY_AUDIENCE`).

    `seqs` are those messages and the ones that they answer, `senders` who said them; `named`: whom
    they mention, and `everyone` whether one mentions the room. People come in the order of their
    ids, from above `after` on; at most `limits.AUDIENCE_PEOPLE`.
    """

    room: Id
    seq: Seq
    seqs: list[Seq]
    senders: list[Id]
    named: list[Id]
    everyone: bool
    after: str = ""


class Hearer(Struct, frozen=True):
    """A member who has not read up to `AudienceCall.seq`, and wants to be told of the room.

    `blocked`: which of the senders they block.
    """

    user: Id
    notify: Notify
    read_seq: Seq
    blocked: list[Id] = []


class AudienceReply(Struct, frozen=True, kw_only=True):
    """Those whom it may concern. `kind` is null where there is no such room any more.

    `large`: the room has more than `limits.NOTIFY_MEMBERS`, so that of what mentions nobody only
    those are told whom it names or answers; the others are not among `people`. `said`: who said
    each of `seqs` that is a message and not deleted.
    """

    kind: RoomKind | None
    name: str | None = None
    large: bool = False
    said: dict[Seq, Id] = {}
    people: list[Hearer] = []
    more: bool = False


class BadgesCall(Struct, frozen=True):
    """How much each of `users` has not read (`subjects.HISTORY_BADGES`); at most
    `limits.IDS_PER_QUERY`.
    """

    users: list[Id]


class BadgesReply(Struct, frozen=True):
    """The unread messages of each, in all rooms that they did not mute."""

    unread: dict[Id, int]


class ConnectionsCall(Struct, frozen=True):
    """Which connections these people have (`subjects.PRESENCE_CONNECTIONS`); at most
    `limits.WATCH_USERS`.
    """

    users: list[Id]


class ConnectionsReply(Struct, frozen=True):
    """The living ones, in no order; of those that broke and may come back, the ones in `dnd`."""

    connections: list[Lease]
