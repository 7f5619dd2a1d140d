"""What history keeps, read from Postgres itself: no service of ours may stand in between."""

from __future__ import annotations

from typing import NamedTuple

import asyncpg

from proto import wire
from tests.faults.crowd import entry
from tests.faults.record import Entry


class Stored(NamedTuple):
    """Every event of every room in its order, who is in each room, and up to where it is stored."""

    events: dict[str, list[Entry]]
    members: dict[str, set[str]]
    position: int
    waiting: int
    """Decisions that are not in the log yet."""


async def stored(url: str) -> Stored:
    """Read it, in one transaction."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute("SET LOCAL search_path TO history")
            rows = await connection.fetch("SELECT room, seq, ts, body FROM events ORDER BY seq")
            members = await connection.fetch('SELECT room, "user" FROM members')
            position = await connection.fetchval("SELECT max(seq) FROM position")
            waiting = await connection.fetchval("SELECT count(*) FROM outbox WHERE seq IS NULL")
    finally:
        await connection.close()
    events: dict[str, list[Entry]] = {}
    for row in rows:
        event = wire.decode_event(wire.place(row["body"], row["seq"], 0))
        events.setdefault(row["room"], []).append(entry(event, row["ts"]))
    inside: dict[str, set[str]] = {}
    for row in members:
        inside.setdefault(row["room"], set()).add(row["user"])
    return Stored(events, inside, position or 0, waiting or 0)
