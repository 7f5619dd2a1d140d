"""What people settle for themselves, and whom they block; what follows is decided elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import UNSET

from history.custom_status import is_in_force
from proto.calls import Settled
from proto.shapes import CustomStatus, OwnSettings, SettingsPatch, User
from services.pool_postgres import Connection, Pool, Row

_BLOCKED: Final = (
    "SELECT p.id, p.username, p.display_name, p.avatar FROM blocks b JOIN people p"
    ' ON p.id = b.blocked WHERE b."user" = $1 ORDER BY b.created_ms, p.id'
)
# Of a new direct room of `$2` that `$1` makes: somebody who does not take part in it.
_UNWILLING: Final = """
    SELECT o.id FROM unnest($2::text[]) AS o (id)
    WHERE EXISTS (
        SELECT FROM blocks b WHERE b."user" = o.id AND b.blocked = ANY($2::text[])
    ) OR o.id <> $1 AND EXISTS (
        SELECT FROM settings g WHERE g."user" = o.id AND (g.direct = 'nobody' OR (
            g.direct = 'shared' AND NOT EXISTS (
                SELECT FROM members m JOIN members n ON n.room = m.room AND n."user" = o.id
                WHERE m."user" = $1
            )
        ))
    ) LIMIT 1
"""
# $5: whether the patch names the status; $9: the time in microseconds.
_SETTLE: Final = """
    INSERT INTO settings AS g (
        "user", receipts, direct, presence, status_text, status_emoji, status_until_ms, rev
    ) VALUES (
        $1, coalesce($2, true), coalesce($3, 'all'), coalesce($4, true), $6, $7, $8::bigint, $9
    ) ON CONFLICT ("user") DO UPDATE SET
        receipts = coalesce($2, g.receipts),
        direct = coalesce($3, g.direct),
        presence = coalesce($4, g.presence),
        status_text = CASE WHEN $5::boolean THEN $6 ELSE g.status_text END,
        status_emoji = CASE WHEN $5::boolean THEN $7 ELSE g.status_emoji END,
        status_until_ms = CASE WHEN $5::boolean THEN $8::bigint ELSE g.status_until_ms END,
        rev = greatest(g.rev + 1, $9)
    RETURNING g.*
"""


class Kept(NamedTuple):
    """What somebody settled, and that of it which presence is told."""

    settings: OwnSettings
    settled: Settled


async def settings(pool: Pool, user: str, now_ms: int) -> OwnSettings:
    """What somebody has settled."""
    row = await pool.fetchrow('SELECT * FROM settings WHERE "user" = $1', user)
    return OwnSettings(receipts=True, direct="all") if row is None else _own(row, now_ms)


async def settle(pool: Pool, user: str, patch: SettingsPatch, now_ms: int) -> Kept:
    """Settle what the patch names; answers all of it. Idempotent but for `rev`."""
    given = (patch.receipts, patch.direct, patch.presence)
    says = None if patch.custom_status is UNSET else patch.custom_status
    row = await pool.fetchrow(
        _SETTLE,
        user,
        *(None if value is UNSET else value for value in given),
        patch.custom_status is not UNSET,
        *((None, None, None) if says is None else (says.text, says.emoji, says.until_ms)),
        now_ms * 1000,
    )
    assert row is not None  # noqa: S101 - it was inserted or updated
    return Kept(_own(row, now_ms), _settled(user, row, now_ms))


async def settled_of(pool: Pool, users: Sequence[str], now_ms: int) -> list[Settled]:
    """What each of these people settled of how others see them, in the same order."""
    query = 'SELECT * FROM settings WHERE "user" = ANY($1::text[])'
    rows = {row["user"]: row for row in await pool.fetch(query, users)}
    return [_settled(user, rows[user], now_ms) if user in rows else Settled(user) for user in users]


async def block(pool: Pool, user: str, other: str, now_ms: int, most: int) -> bool | None:
    """Block somebody; False if they were, None if one blocks `most` people already."""
    new = await pool.fetchval(
        "INSERT INTO blocks SELECT $1, $2, $3"
        ' WHERE (SELECT count(*) FROM blocks WHERE "user" = $1) < $4'
        ' ON CONFLICT ("user", blocked) DO NOTHING RETURNING true',
        user,
        other,
        now_ms,
        most,
    )
    if new:
        return True
    query = 'SELECT false FROM blocks WHERE "user" = $1 AND blocked = $2'
    known: bool | None = await pool.fetchval(query, user, other)
    return known


async def unblock(pool: Pool, user: str, other: str) -> bool:
    """Block somebody no more; False if they were not blocked."""
    query = 'DELETE FROM blocks WHERE "user" = $1 AND blocked = $2 RETURNING true'
    return bool(await pool.fetchval(query, user, other))


async def blocked(pool: Pool, user: str) -> list[User]:
    """Whom somebody blocks, in the order they came to."""
    return [
        User(row["id"], row["username"], row["display_name"], row["avatar"])
        for row in await pool.fetch(_BLOCKED, user)
    ]


async def blocked_by(pool: Pool, users: Sequence[str]) -> dict[str, list[str]]:
    """Whom each of these people blocks; who blocks nobody is left out."""
    found: dict[str, list[str]] = {}
    query = 'SELECT "user", blocked FROM blocks WHERE "user" = ANY($1::text[])'
    for row in await pool.fetch(query, users):
        found.setdefault(row["user"], []).append(row["blocked"])
    return found


async def unwilling(connection: Connection, maker: str, people: Sequence[str]) -> str | None:
    """One of the people of a new direct room who blocks, or is blocked by, another of them, or
    takes none from its maker; None if there is nobody."""
    found: str | None = await connection.fetchval(_UNWILLING, maker, list(people))
    return found


def _own(row: Row, now_ms: int) -> OwnSettings:
    return OwnSettings(row["receipts"], row["direct"], row["presence"], _custom(row, now_ms))


def _settled(user: str, row: Row, now_ms: int) -> Settled:
    return Settled(user, row["rev"], not row["presence"], _custom(row, now_ms))


def _custom(row: Row, now_ms: int) -> CustomStatus | None:
    if row["status_text"] is None:
        return None
    status = CustomStatus(row["status_text"], row["status_emoji"], row["status_until_ms"])
    return status if is_in_force(status, now_ms) else None
