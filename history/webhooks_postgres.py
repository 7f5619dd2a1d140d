"""Webhooks of rooms; who may make and use them is decided elsewhere."""

from __future__ import annotations

from typing import Final, NamedTuple

from proto.shapes import User
from proto.webhooks import Webhook
from services.pool_postgres import Connection, Pool, Row

_SHOWN: Final = (
    "SELECT w.id, w.room, w.kind, w.name, w.created_ms,"
    " w.url, w.failing_since_ms, w.reason, w.disabled_ms,"
    " b.id AS by_id, b.username, b.display_name, b.avatar"
    " FROM webhooks w JOIN people b ON b.id = w.by"
)


class Secret(NamedTuple):
    """What is kept of a secret: of one that is shown to us a digest, of one that signs itself."""

    digest: bytes | None
    plain: str | None


class Ear(NamedTuple):
    """An incoming one: where what it hears is said, in whose name, and who may speak to it."""

    webhook: Webhook
    digest: bytes


async def put(connection: Connection, webhook: Webhook, secret: Secret) -> None:
    """Keep a new one."""
    await connection.execute(
        "INSERT INTO webhooks"
        " (id, room, kind, name, by, created_ms, since_ms, url, digest, secret)"
        " VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)",
        webhook.id,
        webhook.room,
        webhook.kind,
        webhook.name,
        webhook.by.id,
        webhook.created_ms,
        webhook.url,
        *secret,
    )


async def rotate(connection: Connection, id_: str, secret: Secret) -> None:
    """Have another secret open it, or sign, from now on, and no former one."""
    query = "UPDATE webhooks SET digest = $2, secret = $3 WHERE id = $1"
    await connection.execute(query, id_, *secret)


async def drop(connection: Connection, room: str, id_: str) -> bool:
    """End one; False if the room has none with that id."""
    query = "DELETE FROM webhooks WHERE room = $1 AND id = $2 RETURNING true"
    return bool(await connection.fetchval(query, room, id_))


async def drop_of(connection: Connection, room: str, by: str) -> None:
    """End those of somebody who has no say in the room any more."""
    await connection.execute("DELETE FROM webhooks WHERE room = $1 AND by = $2", room, by)


async def count(connection: Connection, room: str) -> int:
    """How many a room has."""
    return int(await connection.fetchval("SELECT count(*) FROM webhooks WHERE room = $1", room))


async def of_room(pool: Pool, room: str) -> list[Webhook]:
    """Those of a room, the newest first."""
    query = _SHOWN + " WHERE w.room = $1 ORDER BY w.created_ms DESC, w.id"
    return [_webhook(row) for row in await pool.fetch(query, room)]


async def one(source: Pool | Connection, room: str, id_: str) -> Webhook | None:
    """One of a room."""
    row = await source.fetchrow(_SHOWN + " WHERE w.room = $1 AND w.id = $2", room, id_)
    return None if row is None else _webhook(row)


async def ear(pool: Pool, id_: str) -> Ear | None:
    """An incoming one, whatever its room."""
    query = _SHOWN.replace("w.kind,", "w.kind, w.digest,", 1)
    row = await pool.fetchrow(query + " WHERE w.id = $1 AND w.kind = 'incoming'", id_)
    return None if row is None else Ear(_webhook(row), bytes(row["digest"]))


async def key_of(pool: Pool, id_: str, given: str, made: str, now_ms: int) -> str:
    """The message key that an Idempotency-Key stands for: `made`, if it is new."""
    return str(
        await pool.fetchval(
            "INSERT INTO webhook_keys VALUES ($1, $2, $3, $4) ON CONFLICT (webhook, key)"
            " DO UPDATE SET webhook = EXCLUDED.webhook RETURNING message",
            id_,
            given,
            made,
            now_ms,
        )
    )


async def prune(pool: Pool, before_ms: int) -> None:
    """Forget the keys of before a time, and what led into rooms that are no more."""
    await pool.execute("DELETE FROM webhook_keys WHERE created_ms < $1", before_ms)
    await pool.execute(
        "DELETE FROM webhooks w USING rooms r WHERE r.id = w.room AND r.deleted_ms IS NOT NULL"
    )


def _webhook(row: Row) -> Webhook:
    by = User(row["by_id"], row["username"], row["display_name"], row["avatar"])
    return Webhook(
        *(row["id"], row["room"], row["kind"], row["name"], by, row["created_ms"], row["url"]),
        failing_since_ms=row["failing_since_ms"],
        reason=row["reason"],
        disabled_ms=row["disabled_ms"],
    )
