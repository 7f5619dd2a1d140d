"""What was done and is not in the audit log yet; that log is auth's, and told by the sweeper."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from proto.identity import DeedElsewhere, EmojiDeed
from services.pool_postgres import Connection, Pool

_OLDEST: Final = """
    SELECT id, at_ms, actor, action, target, detail FROM deeds ORDER BY at_ms, id LIMIT $1"""


class Deeds:
    """All calls raise `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def oldest(self, limit: int) -> list[DeedElsewhere]:
        """Those that wait the longest."""
        rows = await self._pool.fetch(_OLDEST, limit)
        return [DeedElsewhere(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]

    async def forget(self, ids: Sequence[str]) -> None:
        """Have them no more: auth has them. Idempotent."""
        await self._pool.execute("DELETE FROM deeds WHERE id = ANY($1::text[])", list(ids))


async def note(
    connection: Connection,
    now_ms: int,
    actor: str,
    action: EmojiDeed,
    target: str,
    detail: str = "",
) -> None:
    """Have one wait, in the transaction of what it tells: both are there, or neither."""
    made = (f"d_{secrets.token_urlsafe(16)}", now_ms, actor, action, target, detail)
    await connection.execute("INSERT INTO deeds VALUES ($1, $2, $3, $4, $5, $6)", *made)
