"""A large history, made in Postgres itself: nobody has time to say a million messages."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

# Messages of about 80 characters: one common word, one that every hundredth has, one that is there
# thrice, one that was common long ago. They begin above what made the room.
# Nothing more may be said in it: its places are above those that the log gives out.
FIRST = 1_001
_TEXT = """'a common text, number ' || n || ' of some eighty characters'
    || CASE WHEN n % 100 = 0 THEN ' seldom' ELSE '' END
    || CASE WHEN n % ({messages} / 3) = 1 THEN ' rare' ELSE '' END
    || CASE WHEN n < 1000 + {messages} / 10 THEN ' forgotten' ELSE '' END"""
_STEPS = (
    "INSERT INTO people (id, username, display_name, refreshed_ms)"
    " SELECT 'p' || n, 'person-' || n, 'Person ' || n, 1 FROM generate_series(1, {members}) n",
    'INSERT INTO members (room, "user", role, joined_ms)'
    " SELECT '{room}', 'p' || n, 'member', 1 FROM generate_series(1, {members}) n",
    'INSERT INTO marks (room, "user", read_seq, joined_row)'
    " SELECT '{room}', 'p' || n, 0, gen_random_uuid() FROM generate_series(1, {members}) n",
    "UPDATE rooms SET members = members + {members} WHERE id = '{room}'",
    "INSERT INTO events (room, seq, prev, ts, type, body)"
    " SELECT '{room}', n, n - 1, n, 'message', convert_to(json_build_object('type', 'message',"
    " 'room', '{room}', 'ts', n, 'id', k, 'sender', 'p' || n % {members} + 1,"
    " 'sender_name', 'Somebody', 'text', {text})::text, 'UTF8')"
    " FROM (SELECT n, uuidv7() AS k FROM generate_series({first}, 1000 + {messages}) n) s",
    "INSERT INTO messages (room, seq, sender, key, ts, everyone, mentions)"
    " SELECT room, seq, 'p' || seq % {members} + 1, uuidv7(), ts, false, '{{}}' FROM events"
    " WHERE room = '{room}' AND seq >= {first}",
    "INSERT INTO search (room, seq, ts, sender, words)"
    " SELECT '{room}', n, n, 'p' || n % {members} + 1, to_tsvector('simple', {text})"
    " FROM generate_series({first}, 1000 + {messages}) n",
    "INSERT INTO heads VALUES ('{room}', 1000 + {messages})"
    " ON CONFLICT (room) DO UPDATE SET last_seq = EXCLUDED.last_seq",
    "UPDATE marks SET read_seq = 900 + {messages}"
    " WHERE room = '{room}' AND \"user\" = ANY ('{{{readers}}}')",
    # Stored up to there: the log's places go on above.
    "UPDATE position SET seq = {first} + {messages}",
)

# Of one person: small rooms, each with something unread.
_MANY = (
    "INSERT INTO rooms (id, kind, name, created_ms, members)"
    " SELECT '{name}-' || n, 'private', 'Room ' || n, 1, 1 FROM generate_series(1, {rooms}) n",
    'INSERT INTO members (room, "user", role, joined_ms)'
    " SELECT '{name}-' || n, '{user}', 'member', 1 FROM generate_series(1, {rooms}) n",
    'INSERT INTO marks (room, "user", read_seq, joined_row, said, said_seq)'
    " SELECT '{name}-' || n, '{user}', 10, gen_random_uuid(), 10, 10"
    " FROM generate_series(1, {rooms}) n",
    "INSERT INTO messages (room, seq, sender, key, ts, everyone, mentions)"
    " SELECT '{name}-' || r, n, 'p1', uuidv7(), n, false, '{{}}'"
    " FROM generate_series(1, {rooms}) r, generate_series(1, 20) n",
    "INSERT INTO heads SELECT '{name}-' || n, 20, 20, 20 FROM generate_series(1, {rooms}) n",
)
# As if the last message of each had mentioned somebody else: how many are unread is counted then.
_MENTION = "UPDATE heads SET plain_seq = last_seq"
_TIDY = "VACUUM ANALYZE"


async def fill(
    url: str,
    *,
    room: str,
    readers: Sequence[str],
    messages: int,
    members: int,
    many: Sequence[str],
    rooms: int,
) -> None:
    """Put so many messages and members into a room, and each of `many` into so many small ones.

    `readers` are in the room already, and have read nearly all of it.
    """
    given: dict[str, object] = {"room": room, "messages": messages, "members": members}
    given |= {"first": FIRST, "readers": ",".join(readers)}
    given["text"] = _TEXT.format(messages=messages)
    steps = [step.format(**given) for step in _STEPS]
    for number, one in enumerate(many):
        steps += [step.format(user=one, name=f"m{number}", rooms=rooms) for step in _MANY]
    connection = await asyncpg.connect(url, server_settings={"search_path": "history"})
    try:
        for step in (*steps, _TIDY):
            await connection.execute(step)
    finally:
        await connection.close()


async def mention(url: str) -> None:
    """Have each room end with a message that mentions somebody."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "history"})
    try:
        for step in (_MENTION, _TIDY):
            await connection.execute(step)
    finally:
        await connection.close()
