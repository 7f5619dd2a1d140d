"""The table of invitations: made, listed, used up, withdrawn; who may make one is not said here."""

from __future__ import annotations

from typing import NamedTuple

from services.pool_postgres import Connection, Pool

_INSERT = """
    INSERT INTO invitations
        (id, secret_hash, note, email, created_by, created_ms, expires_ms, uses_left)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""
_TAKE = """
    UPDATE invitations SET uses_left = uses_left - 1
    WHERE secret_hash = $1 AND uses_left > 0 AND expires_ms > $2
    RETURNING id, email"""
_GOOD = """
    SELECT 1 FROM invitations WHERE secret_hash = $1 AND uses_left > 0 AND expires_ms > $2"""
_LIVING = """
    SELECT id, note, email, created_by, created_ms, expires_ms, uses_left FROM invitations
    WHERE uses_left > 0 AND expires_ms > $1 ORDER BY created_ms DESC, id LIMIT $2"""
_WITHDRAW = "DELETE FROM invitations WHERE id = $1 RETURNING id"
_PRUNE = """
    DELETE FROM invitations WHERE id IN (
        SELECT id FROM invitations WHERE expires_ms < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING id"""


class Invitation(NamedTuple):
    """One that is good; without its secret, which nobody has but who was given the link."""

    id: str
    note: str
    email: str | None
    created_by: str | None
    created_ms: int
    expires_ms: int
    uses_left: int


class Invitations:
    """Reads and withdraws them. All calls raise `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def is_good(self, secret_hash: bytes, now_ms: int) -> bool:
        """Whether one could be used now; `take` has the last word."""
        return await self._pool.fetchval(_GOOD, secret_hash, now_ms) is not None

    async def living(self, now_ms: int, limit: int) -> list[Invitation]:
        """Up to `limit` that are good, the newest first."""
        rows = await self._pool.fetch(_LIVING, now_ms, limit)
        return [Invitation(*(row[n] for n in range(7))) for row in rows]

    async def prune(self, before_ms: int, limit: int) -> int:
        """Forget up to `limit` that ran out before; answers how many."""
        return len(await self._pool.fetch(_PRUNE, before_ms, limit))


async def insert(connection: Connection, invitation: Invitation, secret_hash: bytes) -> None:
    """Add one."""
    one = invitation
    times = (one.created_ms, one.expires_ms, one.uses_left)
    await connection.execute(
        _INSERT, one.id, secret_hash, one.note, one.email, one.created_by, *times
    )


async def take(connection: Connection, secret_hash: bytes, now_ms: int) -> Invitation | None:
    """Use one up by one; None if it is not good. Undone with the transaction."""
    row = await connection.fetchrow(_TAKE, secret_hash, now_ms)
    return None if row is None else Invitation(row[0], "", row[1], None, 0, 0, 0)


async def withdraw(connection: Connection, invitation: str) -> bool:
    """Make one void; False if there is none. Idempotent."""
    return await connection.fetchval(_WITHDRAW, invitation) is not None
