"""What was found out about links, kept for a while; who finds it out is `previewer`."""

from __future__ import annotations

from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from proto import wire
from proto.previews import LinkPreview
from services.pool_postgres import Pool

PRUNE: Final = """
    DELETE FROM links WHERE until_ms <= greatest(
        $1, (SELECT until_ms FROM links ORDER BY until_ms DESC OFFSET $2 LIMIT 1)
    )
"""
_preview: msgspec.json.Decoder[LinkPreview] = msgspec.json.Decoder(LinkPreview)


class Known(NamedTuple):
    """What is known of a link; `preview` None: that it has none."""

    preview: LinkPreview | None


class Links:
    """All calls raise `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, url: str, now_ms: int) -> Known | None:
        """What is known of a link by then; None if nothing is."""
        row = await self._pool.fetchrow(
            "SELECT preview FROM links WHERE sha256 = $1 AND until_ms > $2", _key(url), now_ms
        )
        if row is None:
            return None
        return Known(None if row["preview"] is None else _preview.decode(row["preview"]))

    async def put(self, url: str, preview: LinkPreview | None, until_ms: int) -> None:
        """Know this of a link until then."""
        await self._pool.execute(
            "INSERT INTO links VALUES ($1, $2, $3) ON CONFLICT (sha256) DO UPDATE"
            " SET preview = EXCLUDED.preview, until_ms = EXCLUDED.until_ms",
            _key(url),
            None if preview is None else wire.encode(preview),
            until_ms,
        )

    async def prune(self, now_ms: int, keep: int) -> None:
        """Forget what is over, and of the rest all but the `keep` that last longest."""
        await self._pool.execute(PRUNE, now_ms, keep)


def _key(url: str) -> bytes:
    return sha256(url.encode()).digest()
