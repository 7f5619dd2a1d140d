"""The rooms as a person sees them, read in one statement each; what changes them is elsewhere."""

from __future__ import annotations

from typing import Any, Final, NamedTuple, cast

import msgspec

from proto import subjects
from proto.shapes import Role, Room, RoomKind, User
from services import clock
from services.pool_postgres import Connection, Pool, Row

BY_KEY: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    # A place is as near as the next: in memory, or on what has no head to move. Else Postgres makes
    # a bitmap of the ten rows that are unread in a room, which takes longer than to read them.
    "random_page_cost": "1.1",
    # What is partitioned alike is joined by the partition: else each row looks for its own anew.
    "enable_partitionwise_join": "on",
    "max_parallel_workers_per_gather": "0",
}
"""Session settings: every statement here goes by key, a few rows at a time.

What is the best plan is known, and so need not be found anew each time (over 16 partitions that
takes longer than to carry it out), nor be mistaken for want of statistics: half of a large room
looks worth a scan of its whole partition as long as nobody has said how little is unread.
"""
_STREAM: Final = f"stream = '{subjects.ROOMS_STREAM}'"
POSITION: Final = "(SELECT seq FROM position WHERE " + _STREAM + ")"  # noqa: S608 - constants
# Of the mark `k`. While the log has not said where a membership began, nothing is unread.
_UNREAD_ROWS: Final = """
    FROM messages s
    WHERE s.room = k.room AND s.seq > coalesce(k.read_seq, 9007199254740992)
      AND s.sender <> k."user" AND s.thread IS NULL AND NOT s.deleted
      AND s.sender <> ALL (ARRAY(SELECT b.blocked FROM blocks b WHERE b."user" = k."user"))
"""
_MENTIONS: Final = 'count(*) FILTER (WHERE s.everyone OR k."user" = ANY(s.mentions))'
UNREAD: Final = f"SELECT count(*) AS unread, {_MENTIONS} AS mentions {_UNREAD_ROWS}"
# `said` where what was said is the difference of what stands at the head and at the mark, and
# mentions nobody (see `store_postgres`); else `counted`, unless everything is read. Of one who
# blocks others all is counted: what those said is not known by its number.
_OF: Final = f"""
    SELECT m."user", r.id, r.kind, r.name, r.topic, r.members, r.archived, r.slow_mode_seconds,
           r.previews, r.picture, m.role, m.muted, m.notify, m.favourite,
           x.until_ms AS muted_until_ms, coalesce(h.last_seq, 0) AS last_seq, k.read_seq,
           CASE WHEN {{is_known}} THEN h.said - k.said END AS said,
           CASE WHEN h.last_seq <= k.read_seq OR {{is_known}} THEN NULL
                ELSE (SELECT ARRAY[count(*), {_MENTIONS}] {_UNREAD_ROWS}) END AS counted,
           CASE WHEN r.kind = 'direct' THEN (
               SELECT json_agg(json_build_object('id', p.id, 'username', p.username,
                   'display_name', p.display_name, 'avatar', p.avatar) ORDER BY p.id)::text
               FROM members o JOIN people p ON p.id = o."user"
               WHERE o.room = r.id AND o."user" <> m."user"
           ) END AS peers,
           coalesce({POSITION}, 0) AS as_of
    FROM members m
    JOIN rooms r ON r.id = m.room
    JOIN marks k ON k.room = m.room AND k."user" = m."user"
    LEFT JOIN heads h ON h.room = m.room
    LEFT JOIN mutes x ON x.room = m.room AND x."user" = m."user"
    WHERE r.deleted_ms IS NULL AND {{is_asked}}
"""  # noqa: S608 - made of constants
_IS_KNOWN: Final = """(h.said_seq = h.last_seq AND k.said_seq = k.read_seq
                AND k.said IS NOT NULL AND k.read_seq >= h.plain_seq AND m."user" <> ALL (
                    ARRAY(SELECT b."user" FROM blocks b WHERE {is_asked})))"""


def _of(is_asked: str) -> str:
    """The statement about those whose ids, `{}` in it, are asked for."""
    is_known = _IS_KNOWN.format(is_asked=is_asked.format('b."user"'))
    return _OF.format(is_known=is_known, is_asked=is_asked.format('m."user"'))


OF_USER: Final = _of("{} = $1")
OF_USERS: Final = _of("{} = ANY($1::text[])")
_peers = msgspec.json.Decoder(list[User])


class Seen(NamedTuple):
    """A room as its member sees it, and up to where the log is counted in."""

    room: Room
    as_of: int


class _BriefRoom(Room, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A room as a gateway is told of hundreds: without what is as in most of them."""


class Place(NamedTuple):
    """What a room is, and what somebody is to it; `role` None: not a member."""

    id: str
    kind: RoomKind
    name: str | None
    topic: str
    members: int
    archived: bool
    slow_mode_seconds: int
    previews: bool
    picture: str | None
    role: Role | None
    muted_until_ms: int | None
    """None: they may write as far as their role goes."""


PLACE: Final = """
    SELECT r.id, r.kind, r.name, r.topic, r.members, r.archived, r.slow_mode_seconds,
           r.previews, r.picture, m.role, x.until_ms AS muted_until_ms
    FROM rooms r
    LEFT JOIN members m ON m.room = r.id AND m."user" = $2
    LEFT JOIN mutes x ON x.room = r.id AND x."user" = $2
    WHERE r.id = $1 AND r.deleted_ms IS NULL
"""
PUBLIC: Final = """
    SELECT r.id, r.kind, r.name, r.topic, r.members, r.archived, r.slow_mode_seconds, r.previews,
           r.picture, m.role, coalesce(h.last_seq, 0) AS last_seq, lower(r.name) AS sort_key
    FROM rooms r
    LEFT JOIN heads h ON h.room = r.id
    LEFT JOIN members m ON m.room = r.id AND m."user" = $5
    WHERE r.kind = 'public' AND r.deleted_ms IS NULL
        -- So far it goes by the index: from the last one, or the first that may begin so.
        AND (lower(r.name) COLLATE "C", r.id)
            > (greatest($2 COLLATE "C", lower($1)), CASE WHEN $2 >= lower($1) THEN $3 ELSE '' END)
        AND lower(r.name) COLLATE "C" <= lower($1) || U&'\\+10FFFF'
        AND starts_with(lower(r.name), lower($1))
    ORDER BY lower(r.name) COLLATE "C", r.id LIMIT $4
"""
PEERS: Final = """
    SELECT DISTINCT o."user" FROM members o
    WHERE o."user" = ANY($2::text[]) AND (o."user" = $1 OR o.room IN
        (SELECT m.room FROM members m WHERE m."user" = $1))
    UNION SELECT $1 WHERE $1 = ANY($2::text[])
"""


async def of_users(pool: Pool, users: list[str]) -> dict[str, list[Seen]]:
    """Every room of each of the users, in no order, all as of the same moment."""
    found: dict[str, list[Seen]] = {user: [] for user in users}
    for row in await pool.fetch(OF_USERS, users):
        found[row["user"]].append(_seen(row, _BriefRoom))
    return found


async def page_of_user(pool: Pool, user: str, after: str, limit: int) -> list[Seen]:
    """At most `limit` rooms of the user with ids above `after`, in order of their ids."""
    query = OF_USER + " AND m.room > $2 ORDER BY m.room LIMIT $3"
    return [_seen(row) for row in await pool.fetch(query, user, after, limit)]


async def seen(pool: Pool, room: str, user: str) -> Seen | None:
    """One room as the user sees it who is in it; None for everybody else."""
    row = await pool.fetchrow(OF_USER + " AND m.room = $2", user, room)
    return None if row is None else _seen(row)


async def seen_among(pool: Pool, rooms: list[str], user: str) -> dict[str, Room]:
    """Those of `rooms` that the user is in, as the user sees them, by id."""
    rows = await pool.fetch(OF_USER + " AND m.room = ANY($2::text[])", user, rooms)
    return {row["id"]: _seen(row).room for row in rows}


async def place(connection: Pool | Connection, room: str, user: str) -> Place | None:
    """What the room is, and the user to it; None if there is no such room, or no longer."""
    row = await connection.fetchrow(PLACE, room, user)
    if row is None:
        return None
    found = Place(*row)  # type: ignore[misc]  # a row is a sequence
    return found._replace(muted_until_ms=_in_force(found.muted_until_ms))


async def head(pool: Pool, room: str) -> int:
    """The last stored event of a room, 0 if there is none."""
    return int(await pool.fetchval("SELECT last_seq FROM heads WHERE room = $1", room) or 0)


async def position(pool: Pool) -> int:
    """Up to where the log is stored."""
    return int(await pool.fetchval(f"SELECT {POSITION}") or 0)


async def public(
    pool: Pool, prefix: str, after: tuple[str, str], limit: int, user: str
) -> list[tuple[Room, str]]:
    """Public rooms whose name begins with `prefix` in any case, by name; each with its sort key.

    `after` is the sort key and the id of the last one of the page before.
    """
    rows = await pool.fetch(PUBLIC, prefix, *after, limit, user)
    return [(_listed(row), str(row["sort_key"])) for row in rows]


async def roster(pool: Pool, room: str, after: str, limit: int) -> list[str]:
    """At most `limit` members of a room with ids above `after`, in order of their ids."""
    query = 'SELECT "user" FROM members WHERE room = $1 AND "user" > $2 ORDER BY "user" LIMIT $3'
    return [row[0] for row in await pool.fetch(query, room, after, limit)]


async def peers(pool: Pool, user: str, users: list[str]) -> list[str]:
    """Those of `users` who share a room with `user`, and `user` if named."""
    rows = await pool.fetch(PEERS, user, users)
    return [row[0] for row in rows]


def _seen(row: Row, shape: type[Room] = Room) -> Seen:
    # By place: to look up twenty names in each of hundreds of rows takes as long as all the rest.
    _, id_, kind, name, topic, *rest = cast("tuple[Any, ...]", row)
    members, archived, slow_mode_seconds, previews, picture, role, muted, notify, *rest = rest
    favourite, muted_until_ms, last, read, said, counted, peers, as_of = rest
    unread, mentions = (counted or (0, 0)) if said is None else (said, 0)
    room = shape(
        id=id_,
        kind=kind,
        name=name,
        topic=topic,
        role=role,
        members=members,
        # A mark may stand on an event that is in the log and not stored yet.
        last_seq=max(last, read or 0),
        read_seq=last if read is None else read,
        unread=unread,
        mentions=mentions,
        muted=muted,
        notify=notify,
        favourite=favourite,
        archived=archived,
        slow_mode_seconds=slow_mode_seconds,
        previews=previews,
        picture=picture,
        muted_until_ms=None if muted_until_ms is None else _in_force(muted_until_ms),
        peers=_peers.decode(peers) if peers else [],
    )
    return Seen(room, as_of)


def _listed(row: Row) -> Room:
    return Room(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        topic=row["topic"],
        role=row["role"],
        members=row["members"],
        last_seq=row["last_seq"],
        archived=row["archived"],
        slow_mode_seconds=row["slow_mode_seconds"],
        previews=row["previews"],
        picture=row["picture"],
    )


def _in_force(until_ms: int | None) -> int | None:
    """The end of a mute; None once it is over."""
    return until_ms if until_ms is not None and until_ms > clock.now_ms() else None


def visitor(place: Place, last_seq: int) -> Room:
    """A public room as one sees it who is not in it."""
    fields: dict[str, Any] = place._asdict()
    return Room(**fields, last_seq=last_seq)
