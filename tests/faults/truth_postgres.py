"""What history keeps, read from Postgres itself: no service of ours may stand in between."""

from __future__ import annotations

import io
from typing import NamedTuple

import asyncpg

from proto import events as log_events
from proto import wire
from tests.faults import marks
from tests.faults.crowd import entry
from tests.faults.record import Entry, Standing

_STANDING = """
    SELECT m.room, m.seq, m.deleted, e.body,
           coalesce((SELECT array_agg(r."user" || ' ' || r.emoji) FROM reactions r
                     WHERE r.room = m.room AND r.message = m.seq), '{}') AS reactions
    FROM messages m JOIN events e ON e.room = m.room AND e.seq = m.seq
"""
_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'history' AND c.relkind = 'r'
"""


class Stored(NamedTuple):
    """Every event of every room in its order, who is in each room, and up to where it is stored."""

    events: dict[str, list[Entry]]
    members: dict[str, set[str]]
    position: int
    waiting: int
    """Decisions that are not in the log yet."""
    unindexed: int
    """Messages whose words are not in the index yet, or not out of it."""


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
            unindexed = await connection.fetchval("SELECT count(*) FROM unindexed")
    finally:
        await connection.close()
    events: dict[str, list[Entry]] = {}
    for row in rows:
        event = wire.decode_event(wire.place(row["body"], row["seq"], 0))
        events.setdefault(row["room"], []).append(entry(event, row["ts"]))
    inside: dict[str, set[str]] = {}
    for row in members:
        inside.setdefault(row["room"], set()).add(row["user"])
    return Stored(events, inside, position or 0, waiting or 0, unindexed or 0)


async def standing(url: str) -> dict[str, dict[int, Standing]]:
    """Read what each message of each room is now, by its place."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(readonly=True):
            await connection.execute("SET LOCAL search_path TO history")
            rows = await connection.fetch(_STANDING)
    finally:
        await connection.close()
    found: dict[str, dict[int, Standing]] = {}
    for row in rows:
        event = wire.decode_event(row["body"])
        text = event.text if isinstance(event, log_events.Message) else ""
        pairs = (reaction.partition(" ") for reaction in row["reactions"])
        reactions = frozenset((user, emoji) for user, _, emoji in pairs)
        message = Standing(text, row["deleted"], reactions)
        found.setdefault(row["room"], {})[row["seq"]] = message
    return found


async def words(url: str) -> dict[str, frozenset[str]]:
    """Find the marked words in whatever history keeps: its tables as they are, byte by byte."""
    found: dict[str, frozenset[str]] = {}
    connection = await asyncpg.connect(url)
    try:
        for row in await connection.fetch(_TABLES):
            table = row["relname"]
            data = io.BytesIO()
            await connection.copy_from_table(
                table, schema_name="history", output=data, format="binary"
            )
            if kept := marks.found(data.getvalue()):
                found[f"history.{table}"] = frozenset(kept)
    finally:
        await connection.close()
    return found
