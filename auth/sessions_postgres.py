"""The table of sessions: opened, refreshed, ended, each in one transaction; makes no token."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from auth import accounts_postgres, audit_postgres, invitations_postgres, session
from auth.accounts_postgres import Account
from auth.session import Chain, Showing, Stored, Verdict
from proto.shapes import User
from services.pool_postgres import Connection, Pool, Row

_INSERT = """
    INSERT INTO sessions (id, user_id, family_hash, current_hash, client, address,
                          created_ms, last_used_ms, expires_ms)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)"""
_FIND = """
    SELECT s.id AS sid, s.current_hash, s.sibling_hashes, s.previous_hash, s.traded_ms,
           s.successor_hash, s.expires_ms, s.ended_ms, a.id, a.username, a.display_name,
           a.avatar
    FROM sessions s JOIN accounts a ON a.id = s.user_id
    WHERE s.family_hash = $1
    FOR UPDATE OF s"""
_GIVE = """
    UPDATE sessions SET current_hash = $2, sibling_hashes = $3, previous_hash = $4, traded_ms = $5,
        successor_hash = $2, last_used_ms = $6, expires_ms = $7, address = $8
    WHERE id = $1"""
_ANOTHER = "SELECT id <> $2 FROM sessions WHERE family_hash = $1 AND ended_ms IS NULL"
_END = """
    WITH ended AS (
        UPDATE sessions SET ended_ms = $3 WHERE id = $1 AND user_id = $2 AND ended_ms IS NULL
        RETURNING id, user_id)
    INSERT INTO revocations (user_id, sid, at_ms) SELECT user_id, id, $3 FROM ended
    RETURNING id"""
_END_SURPLUS = """
    WITH ended AS (
        UPDATE sessions SET ended_ms = $2 WHERE ended_ms IS NULL AND id IN (
            SELECT id FROM sessions WHERE user_id = $1 AND ended_ms IS NULL
            ORDER BY last_used_ms DESC, id OFFSET $3)
        RETURNING id, user_id)
    INSERT INTO revocations (user_id, sid, at_ms) SELECT user_id, id, $2 FROM ended"""
_END_OTHERS = """
    WITH ended AS (
        UPDATE sessions SET ended_ms = $3 WHERE user_id = $1 AND id <> $2 AND ended_ms IS NULL
        RETURNING id, user_id)
    INSERT INTO revocations (user_id, sid, at_ms) SELECT user_id, id, $3 FROM ended
    RETURNING id"""
_REVOKE_USER = "INSERT INTO revocations (user_id, sid, at_ms) VALUES ($1, NULL, $2)"
_LIVING = """
    SELECT s.id, s.client, s.address, s.created_ms, s.last_used_ms
    FROM sessions s
    WHERE s.user_id = $1 AND s.ended_ms IS NULL AND s.expires_ms > $2
    ORDER BY s.last_used_ms DESC, s.id LIMIT $3"""
_MAY_OPEN = """
    SELECT 1 FROM accounts
    WHERE id = $1 AND password_hash = $2 AND disabled_ms IS NULL FOR SHARE"""
_CHANGE = """
    UPDATE accounts SET password_hash = $3, updated_ms = $4
    WHERE id = $1 AND password_hash = $2 RETURNING id"""
_DISABLE = """
    UPDATE accounts SET disabled_ms = $2, disabled_by = $3, updated_ms = $2
    WHERE id = $1 AND disabled_ms IS NULL RETURNING id"""
_PRUNE = """
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions WHERE expires_ms < $1 OR ended_ms < $1
        LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING id"""


class Opening(NamedTuple):
    """A session that begins: its id, the hashes of its first token, and where it is used."""

    sid: str
    family_hash: bytes
    current_hash: bytes
    client: str
    address: str
    now_ms: int
    expires_ms: int


class Living(NamedTuple):
    """A session that goes on, as its owner may see it."""

    sid: str
    client: str
    address: str
    created_ms: int
    last_used_ms: int


class Shown(NamedTuple):
    """What came of a refresh token; user and session are None for a token that never was."""

    verdict: Verdict
    user: User | None = None
    sid: str = ""


class Registered(Enum):
    """What came of a registration."""

    DONE = auto()
    TAKEN = auto()
    NOT_INVITED = auto()


class _NotInvitedError(Exception):
    """Undoes the registration."""


class Sessions:
    """Opens, refreshes and ends sessions. All calls raise `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def register(
        self, account: Account, folded: str, opening: Opening, invitation: bytes | None
    ) -> Registered:
        """Add an account and its first session and use up the invitation: all of it or nothing.

        `invitation` is the hash of its secret, None where none is needed.
        """
        user_id, now_ms = account.user.id, opening.now_ms
        try:
            async with self._pool.transaction() as connection:
                if not await accounts_postgres.insert(connection, account, folded, now_ms):
                    return Registered.TAKEN
                if invitation is not None:
                    await _invited(connection, user_id, invitation, now_ms)
                await _open(connection, user_id, opening)
                return Registered.DONE
        except _NotInvitedError:
            return Registered.NOT_INVITED

    async def open(self, account: Account, opening: Opening) -> bool:
        """Add a session; above `SESSIONS_PER_USER` the least recently used one ends.

        False if the password was changed, or the account disabled, since `account` was read: what
        ended every session may not miss the one that is being opened.
        """
        user_id = account.user.id
        async with self._pool.transaction() as connection:
            if await connection.fetchval(_MAY_OPEN, user_id, account.password_hash) is None:
                return False
            await _open(connection, user_id, opening)
            arguments = (user_id, opening.now_ms, session.SESSIONS_PER_USER)
            await connection.execute(_END_SURPLUS, *arguments)
            return True

    async def refresh(
        self, showing: Showing, next_own: bytes, address: str, now_ms: int, idle_ms: int
    ) -> Shown:
        """Take the hash of the next token for the one shown, or end the session if it was reused.

        The row is locked meanwhile: of two that show the same token the second one finds it traded.
        """
        async with self._pool.transaction() as connection:
            row = await connection.fetchrow(_FIND, session.digest(showing.secrets.family))
            if row is None:
                return Shown(Verdict.UNKNOWN)
            chain = _chain(row)
            stored = Stored(chain, row["expires_ms"], row["ended_ms"] is not None)
            verdict = session.judge(stored, showing, now_ms)
            user, sid = accounts_postgres.user(row), row["sid"]
            if verdict in session.GIVES:
                after = session.trade(chain, showing, session.digest(next_own), now_ms)
                arguments = (sid, *after, now_ms, now_ms + idle_ms, address)
                await connection.execute(_GIVE, *arguments)
            elif verdict is Verdict.REUSED:
                await connection.execute(_END, sid, user.id, now_ms)
            return Shown(verdict, user, sid)

    async def end(self, user_id: str, sid: str, now_ms: int) -> bool:
        """End a session and note its revocation; False if it had ended. Idempotent."""
        return await self._pool.fetchval(_END, sid, user_id, now_ms) is not None

    async def living(self, user_id: str, now_ms: int) -> list[Living]:
        """The sessions of a user that go on, the one used last first."""
        rows = await self._pool.fetch(_LIVING, user_id, now_ms, session.SESSIONS_PER_USER)
        return [Living(row[0], row[1], row[2], row[3], row[4]) for row in rows]

    async def end_others(self, user_id: str, but: str, now_ms: int) -> int:
        """End all sessions of a user but one, or all for ""; answers how many. Idempotent."""
        return len(await self._pool.fetch(_END_OTHERS, user_id, but, now_ms))

    async def change_password(
        self, account: Account, password_hash: str, but: str, now_ms: int
    ) -> bool:
        """Take a new hash and end all sessions but one; False if it was changed meanwhile."""
        user_id = account.user.id
        arguments = (user_id, account.password_hash, password_hash, now_ms)
        async with self._pool.transaction() as connection:
            if await connection.fetchval(_CHANGE, *arguments) is None:
                return False
            await connection.fetch(_END_OTHERS, user_id, but, now_ms)
            return True

    async def disable(self, user_id: str, by: str | None, now_ms: int) -> bool:
        """Put an account out of use and void every token of it; False if it was so. Idempotent."""
        async with self._pool.transaction() as connection:
            return await disable(connection, user_id, by, now_ms)

    async def is_another(self, family_hash: bytes, sid: str) -> bool:
        """Whether a family of tokens is of a living session other than this one."""
        return bool(await self._pool.fetchval(_ANOTHER, family_hash, sid))

    async def prune(self, before_ms: int, limit: int) -> int:
        """Forget up to `limit` sessions that ended or ran out before; answers how many."""
        return len(await self._pool.fetch(_PRUNE, before_ms, limit))


async def _invited(connection: Connection, user_id: str, secret_hash: bytes, now_ms: int) -> None:
    invitation = await invitations_postgres.take(connection, secret_hash, now_ms)
    if invitation is None:
        raise _NotInvitedError
    if invitation.email is not None:
        # The link went to this address: whoever has it proved that it is theirs.
        await accounts_postgres.set_email(connection, user_id, invitation.email, now_ms)
    words = f"by invitation {invitation.id}"
    await audit_postgres.note(connection, now_ms, user_id, "account.created", user_id, words)


async def disable(connection: Connection, user_id: str, by: str | None, now_ms: int) -> bool:
    """Put an account out of use and void every token of it; False if it was so."""
    if await connection.fetchval(_DISABLE, user_id, now_ms, by) is None:
        return False
    await end_all(connection, user_id, now_ms)
    await connection.execute(_REVOKE_USER, user_id, now_ms)
    return True


async def end_all(connection: Connection, user_id: str, now_ms: int) -> int:
    """End every session of a user; answers how many there were."""
    return len(await connection.fetch(_END_OTHERS, user_id, "", now_ms))


async def _open(connection: Connection, user_id: str, opening: Opening) -> None:
    await connection.execute(
        _INSERT,
        opening.sid,
        user_id,
        opening.family_hash,
        opening.current_hash,
        opening.client,
        opening.address,
        opening.now_ms,
        opening.expires_ms,
    )


def _chain(row: Row) -> Chain:
    """The chain of a session; what the version before has rotated since has no grace."""
    current = row["current_hash"]
    if row["successor_hash"] != current:
        return Chain(current)
    return Chain(current, tuple(row["sibling_hashes"]), row["previous_hash"], row["traded_ms"])
