"""What people settle for themselves, and whom they block; what follows is decided elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from proto.shapes import OwnSettings, SettingsPatch, User
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


async def settings(pool: Pool, user: str) -> OwnSettings:
    """What somebody has settled."""
    row = await pool.fetchrow('SELECT receipts, direct FROM settings WHERE "user" = $1', user)
    return OwnSettings(receipts=True, direct="all") if row is None else _settled(row)


async def settle(pool: Pool, user: str, patch: SettingsPatch) -> OwnSettings:
    """Settle what the patch names; answers all of it. Idempotent."""
    given = [None if value is UNSET else value for value in msgspec.structs.astuple(patch)]
    row = await pool.fetchrow(
        "INSERT INTO settings AS g VALUES ($1, coalesce($2, true), coalesce($3, 'all'))"
        ' ON CONFLICT ("user") DO UPDATE SET receipts = coalesce($2, g.receipts),'
        " direct = coalesce($3, g.direct) RETURNING receipts, direct",
        user,
        *given,
    )
    assert row is not None  # noqa: S101 - it was inserted or updated
    return _settled(row)


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


def _settled(row: Row) -> OwnSettings:
    return OwnSettings(receipts=row["receipts"], direct=row["direct"])
