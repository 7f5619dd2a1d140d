"""Who is meant by the names in a text: members of the room alone; what a name is, `proto` knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.pool_postgres import Connection, Pool

MEMBERS: Final = """
    SELECT lower(p.username) AS username, m."user" FROM people p
    JOIN members m ON m.room = $1 AND m."user" = p.id
    WHERE lower(p.username) = ANY($2::text[]) AND NOT EXISTS
        (SELECT FROM blocks b WHERE b."user" = p.id AND b.blocked = $3)
"""


async def members(
    database: Pool | Connection, room: str, by: str, usernames: Sequence[str]
) -> dict[str, str]:
    """Those members of a room whose username, in small letters, is one of these.

    But not who blocks the one that names them: they are not called by them.
    """
    if not usernames:
        return {}
    rows = await database.fetch(MEMBERS, room, usernames, by)
    return {row["username"]: row["user"] for row in rows}
