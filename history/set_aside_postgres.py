"""What was in the log and could not be understood, as operators see it; `store` put it there."""

from __future__ import annotations

from services.bus import Record
from services.headers import encode
from services.pool_postgres import Pool

_COLUMNS = "seq, subject, message_id, data, reason"


async def newest(pool: Pool, limit: int) -> list[tuple[Record, str]]:
    """The newest, at most `limit`, the oldest of them first; each with the reason."""
    rows = await pool.fetch(
        f"SELECT * FROM (SELECT {_COLUMNS} FROM set_aside ORDER BY seq DESC LIMIT $1) s"  # noqa: S608 - a constant
        " ORDER BY seq",
        limit,
    )
    return [_letter(*row) for row in rows]  # type: ignore[misc]  # a row is a sequence


async def one(pool: Pool, seq: int) -> tuple[Record, str] | None:
    """The one of that place, with the reason; None if it is not set aside."""
    query = f"SELECT {_COLUMNS} FROM set_aside WHERE seq = $1"  # noqa: S608 - a constant
    row = await pool.fetchrow(query, seq)
    return None if row is None else _letter(*row)  # type: ignore[misc]  # a row is a sequence


async def drop(pool: Pool, seq: int) -> bool:
    """Forget one for good; False if it was not there."""
    return await pool.execute("DELETE FROM set_aside WHERE seq = $1", seq) == "DELETE 1"


def _letter(
    seq: int, subject: str, message_id: str, data: bytes, reason: str
) -> tuple[Record, str]:
    headers = encode({"Nats-Msg-Id": message_id}) if message_id else b""
    return Record(subject, seq, 0, data, headers), reason
