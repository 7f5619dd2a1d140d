"""The table of push subscriptions; all calls raise `Unavailable` while Postgres is away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from proto.notifications import PushDevice
from services.pool_postgres import Pool, Row

# Of a browser where somebody else is signed in now, it becomes that one's.
_PUT: Final = """
    INSERT INTO subscriptions AS s
        (id, "user", sid, endpoint, p256dh, auth, label, created_ms, used_ms)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
    ON CONFLICT (sha256(endpoint::bytea)) DO UPDATE SET "user" = $2, sid = $3, p256dh = $5,
        auth = $6, label = $7, used_ms = $8,
        created_ms = CASE WHEN s."user" = $2 THEN s.created_ms ELSE $8 END
    RETURNING id, label, created_ms, used_ms, sid
"""
_SURPLUS: Final = """
    DELETE FROM subscriptions WHERE id IN
        (SELECT id FROM subscriptions WHERE "user" = $1 ORDER BY used_ms DESC, id OFFSET $2)
"""
_OF: Final = """
    SELECT id, label, created_ms, used_ms, sid FROM subscriptions WHERE "user" = $1
    ORDER BY used_ms DESC, id
"""
_OF_USERS: Final = """
    SELECT "user", id FROM subscriptions WHERE "user" = ANY($1::text[]) ORDER BY used_ms DESC, id
"""
_ONE: Final = 'SELECT id, "user", endpoint, p256dh, auth FROM subscriptions WHERE id = $1'


class Subscription(NamedTuple):
    """Where a browser is reached, and what to encrypt for it with."""

    id: UUID
    user: str
    endpoint: str
    p256dh: bytes
    auth: bytes


async def put(
    pool: Pool, given: Subscription, sid: str, label: str, now_ms: int, most: int
) -> PushDevice:
    """Keep a subscription, the one of its endpoint; of one person the `most` lately used stay."""
    row = await pool.fetchrow(
        _PUT, given.id, given.user, sid, given.endpoint, given.p256dh, given.auth, label, now_ms
    )
    assert row is not None  # noqa: S101 - it was inserted or updated
    await pool.execute(_SURPLUS, given.user, most)
    return _shown(row, sid)


async def of(pool: Pool, user: str, sid: str) -> list[PushDevice]:
    """Those of one person, the most lately used first; `sid` is the session that asks."""
    return [_shown(row, sid) for row in await pool.fetch(_OF, user)]


async def of_users(pool: Pool, users: Sequence[str]) -> dict[str, list[UUID]]:
    """The ids of those of each, the most lately used first; who has none is left out."""
    found: dict[str, list[UUID]] = {}
    for row in await pool.fetch(_OF_USERS, users):
        found.setdefault(row["user"], []).append(row["id"])
    return found


async def one(pool: Pool, id_: UUID) -> Subscription | None:
    """One, or None if it is there no more."""
    row = await pool.fetchrow(_ONE, id_)
    return None if row is None else Subscription(*row)  # type: ignore[misc]  # a row is a sequence


async def remove(pool: Pool, id_: UUID, user: str | None = None) -> None:
    """Forget one, only if it is `user`'s where that is given. Idempotent."""
    query = 'DELETE FROM subscriptions WHERE id = $1 AND ($2::text IS NULL OR "user" = $2)'
    await pool.execute(query, id_, user)


async def end(pool: Pool, user: str, sid: str | None, before_ms: int) -> None:
    """Forget what a session subscribed, or all of somebody's up to a time if None. Idempotent."""
    query = (
        'DELETE FROM subscriptions WHERE "user" = $1'
        " AND (sid = $2 OR $2::text IS NULL AND used_ms <= $3)"
    )
    await pool.execute(query, user, sid, before_ms)


def _shown(row: Row, sid: str) -> PushDevice:
    return PushDevice(
        id=str(row["id"]),
        label=row["label"],
        created_ms=row["created_ms"],
        used_ms=row["used_ms"],
        current=row["sid"] == sid,
    )
