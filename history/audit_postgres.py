"""Who did what in a room, for its moderators to read; what is worth noting is decided elsewhere."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from proto.moderation import AuditEntry
from proto.shapes import User
from services.pool_postgres import Connection, Pool

Detail = dict[str, str | int | bool | None]

PAGE: Final = """
    SELECT a.number, a.ts, a.action, a.detail,
           b.id, b.username, b.display_name, b.avatar,
           p.id AS of_id, p.username AS of_username, p.display_name AS of_display_name,
           p.avatar AS of_avatar
    FROM audit a
    JOIN people b ON b.id = a.by
    LEFT JOIN people p ON p.id = a."user"
    WHERE a.room = $1 AND a.number < $2
    ORDER BY a.number DESC LIMIT $3
"""
_detail = msgspec.json.Decoder(Detail)


class Deed(NamedTuple):
    """What somebody did, and to whom, if it was to somebody."""

    action: str
    user: str | None = None
    detail: Detail = {}  # noqa: RUF012 - read alone


async def note(connection: Connection, room: str, by: str, deed: Deed, now_ms: int) -> None:
    """Note what was done, within the transaction that does it."""
    await connection.execute(
        'INSERT INTO audit (room, ts, by, action, "user", detail) VALUES ($1, $2, $3, $4, $5, $6)',
        room,
        now_ms,
        by,
        deed.action,
        deed.user,
        msgspec.json.encode(deed.detail).decode(),
    )


async def page(pool: Pool, room: str, before: int, limit: int) -> list[tuple[AuditEntry, int]]:
    """The newest entries below a number, each with its own."""
    found = []
    for row in await pool.fetch(PAGE, room, before, limit):
        user = None
        if row["of_id"] is not None:
            user = User(row["of_id"], row["of_username"], row["of_display_name"], row["of_avatar"])
        by = User(row["id"], row["username"], row["display_name"], row["avatar"])
        entry = AuditEntry(row["ts"], by, row["action"], user, _detail.decode(row["detail"]))
        found.append((entry, row["number"]))
    return found


async def prune(pool: Pool, before_ms: int) -> None:
    """Forget what was done before a time."""
    await pool.execute("DELETE FROM audit WHERE ts < $1", before_ms)
