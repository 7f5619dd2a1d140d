"""Accounts of people whom a trusted issuer signs in: found by id, made at their first coming."""

from __future__ import annotations

from auth import accounts_postgres, audit_postgres
from auth.accounts_postgres import Account
from services.pool_postgres import Pool

_FOUND = """
    SELECT id, username, display_name, avatar, password_hash, disabled_ms IS NOT NULL AS disabled
    FROM accounts WHERE id = $1"""
_RENAMED = """
    UPDATE accounts SET display_name = $2, folded_name = $3
    WHERE id = $1 AND display_name <> $2"""


class Foreigners:
    """All calls raise `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def by_id(self, user_id: str, name: str | None, folded: str) -> Account | None:
        """The account, after taking over the display name that the issuer gives now."""
        if name is not None:
            await self._pool.execute(_RENAMED, user_id, name, folded)
        row = await self._pool.fetchrow(_FOUND, user_id)
        if row is None:
            return None
        return Account(accounts_postgres.user(row), row["password_hash"], row["disabled"])

    async def insert(self, account: Account, folded: str, issuer: str, now_ms: int) -> bool:
        """Add an account; False if it is there, or the username or one like it is taken."""
        async with self._pool.transaction() as connection:
            if not await accounts_postgres.insert(connection, account, folded, now_ms):
                return False
            user = account.user
            await audit_postgres.note(
                connection, now_ms, None, "account.created", user.id, f"by {issuer}"
            )
            return True
