"""What is of no use any more is forgotten, and nothing else."""

import pytest

from auth.sweeper import REVOCATION_MS, SESSION_MS
from tests.auth.running import Running

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW_MS = 10_000_000_000


async def test_sessions_are_kept_for_a_day_after_their_end(auth: Running) -> None:
    """Ended or run out, a day and a millisecond ago: gone. A living one never goes."""
    pool = auth.auth.pool
    await pool.execute("INSERT INTO accounts VALUES ('u', 'alice', 'Alice', 'alice', '', 0, 0)")
    edge = NOW_MS - SESSION_MS
    rows = [
        ("living", NOW_MS + 1, None),
        ("ended", NOW_MS + 1, edge - 1),
        ("just_ended", NOW_MS + 1, edge),
        ("run_out", edge - 1, None),
        ("just_run_out", edge, None),
    ]
    for name, expires_ms, ended_ms in rows:
        await pool.execute(
            "INSERT INTO sessions VALUES ($1, 'u', sha256(convert_to($1, 'UTF8')), sha256(''),"
            " '', '', 0, 0, $2, $3)",
            name,
            expires_ms,
            ended_ms,
        )
    await auth.auth.sweeper.sweep(NOW_MS)
    left = await pool.fetch("SELECT id FROM sessions ORDER BY id")
    assert [row["id"] for row in left] == ["just_ended", "just_run_out", "living"]


async def test_revocations_are_kept_while_a_token_may_run(
    auth: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those from before any living token go, in as many batches as it takes."""
    monkeypatch.setattr("auth.sweeper.BATCH", 10)
    pool = auth.auth.pool
    edge = NOW_MS - REVOCATION_MS
    await pool.execute(
        "INSERT INTO revocations (user_id, at_ms, announced)"
        " SELECT 'u', $1::bigint + n, true FROM generate_series(-25, 1) n",
        edge,
    )
    await auth.auth.sweeper.sweep(NOW_MS)
    left = await pool.fetch("SELECT at_ms FROM revocations ORDER BY at_ms")
    assert [row["at_ms"] for row in left] == [edge, edge + 1]
