"""A person as one Redis hash: its fields and what they mean. Pure: it reads and writes no Redis.

| field | value | lives |
| --- | --- | --- |
| `<session>` | `<status>|<gateway>`: a living connection | one lease after its last renewal |
| `<session>` | `-`: a connection that ended | one lease after its end |
| `@seen` | ms since the epoch when the person was last visibly here | as long as the hash |
| `@status` | what others were last told, absent for `offline` | as long as the hash |

A session that ended is remembered for one lease, so that a renewal which was under way when it
ended, or which another replica took up later, does not bring it back as a ghost. Sessions are
never used twice, so nobody is kept out by this. An id holds no `@` and no `|`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from presence import status
from proto.shapes import Presence, Status

SEEN: Final = "@seen"
STATUS: Final = "@status"
ENDED: Final = "-"
SEPARATOR: Final = "|"


def presence(user: str, fields: Mapping[str, str]) -> Presence:
    """Return what others see of `user`, from the fields that have not run out.

    It does not trust `@status`, which may be a second old: a lease that ran out counts at once.
    """
    statuses = (
        value.partition(SEPARATOR)[0] for name, value in fields.items() if not name.startswith("@")
    )
    return shown(user, status.combined(statuses), fields.get(SEEN, ""))


def shown(user: str, combined: Status, seen: str) -> Presence:
    """Return the shape for others; when they were last seen is told of those who are not here."""
    last_seen_ms = int(seen) if seen and combined == "offline" else None
    return Presence(user, combined, last_seen_ms)
