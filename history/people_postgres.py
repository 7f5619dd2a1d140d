"""The names of people as auth last told them; asking auth is `registrar`'s."""

from __future__ import annotations

from collections.abc import Sequence

from proto.shapes import User
from services.pool_postgres import Pool


async def refreshed(pool: Pool, ids: Sequence[str]) -> dict[str, int]:
    """When each of those who are known was last heard of from auth, ms since the epoch."""
    rows = await pool.fetch(
        "SELECT id, refreshed_ms FROM people WHERE id = ANY($1::text[])", list(ids)
    )
    return {row["id"]: row["refreshed_ms"] for row in rows}


async def save(pool: Pool, users: Sequence[User], now_ms: int) -> None:
    """Keep what auth has told just now."""
    ordered = sorted(users, key=lambda user: user.id)
    await pool.execute(
        "INSERT INTO people SELECT *, $5"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])"
        " ON CONFLICT (id) DO UPDATE SET username = EXCLUDED.username,"
        " display_name = EXCLUDED.display_name, avatar = EXCLUDED.avatar,"
        " refreshed_ms = EXCLUDED.refreshed_ms",
        [user.id for user in ordered],
        [user.username for user in ordered],
        [user.display_name for user in ordered],
        [user.avatar for user in ordered],
        now_ms,
    )


async def change(pool: Pool, user: User) -> None:
    """Keep what auth tells of somebody who has another name or picture now."""
    await pool.execute(
        "INSERT INTO people VALUES ($1, $2, $3, $4, 0) ON CONFLICT (id) DO UPDATE"
        " SET username = EXCLUDED.username, display_name = EXCLUDED.display_name,"
        " avatar = EXCLUDED.avatar",
        user.id,
        user.username,
        user.display_name,
        user.avatar,
    )


async def name(pool: Pool, user: str, username: str, display_name: str) -> None:
    """Keep what a token says of its bearer; it says nothing of the picture."""
    await pool.execute(
        "INSERT INTO people VALUES ($1, $2, $3, NULL, 0) ON CONFLICT (id) DO UPDATE"
        " SET username = EXCLUDED.username, display_name = EXCLUDED.display_name"
        " WHERE (people.username, people.display_name) <> (EXCLUDED.username,"
        " EXCLUDED.display_name)",
        user,
        username,
        display_name,
    )
