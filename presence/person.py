"""A person as one Redis hash: its fields and what they mean. Pure: it reads and writes no Redis.

| field | value | lives |
| --- | --- | --- |
| `<session>` | `<status>|<gateway>|<since ms>`: it lives | one lease after its last renewal |
| `<session>` | `-`: it ended | one lease after its end |
| `@seen` | ms since the epoch when the person was last visibly here | as long as the hash |
| `@status` | what they were last found to be, absent for `offline` | as long as the hash |
| `@rev` | the revision of that (`calls.Seen`), absent if it never changed | as long as the hash |
| `@told` | what others were last told: `<status>`, or `offline|<@seen>` | as long as the hash |

A session that ended is remembered for one lease, so that a renewal which was under way when it
ended, or which another replica took up later, does not bring it back as a ghost. Sessions are
never used twice, so nobody is kept out by this. An id holds no `@` and no `|`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from presence import status
from proto.calls import Seen
from proto.shapes import Presence, Status

SEEN: Final = "@seen"
STATUS: Final = "@status"
REV: Final = "@rev"
TOLD: Final = "@told"
ENDED: Final = "-"
SEPARATOR: Final = "|"


def presence(user: str, fields: Mapping[str, str]) -> Presence:
    """Return what others see of `user`, from the fields that have not run out.

    It does not trust `@status`, which may be a second old: a lease that ran out counts at once.
    """
    statuses = (
        value.partition(SEPARATOR)[0] for name, value in fields.items() if not name.startswith("@")
    )
    combined = status.combined(statuses)
    return Presence(user, combined, _last_seen_ms(combined, fields.get(SEEN, "")))


def seen(user: str, found: Status, seen: str, rev: str) -> Seen:
    """Return the shape for gateways from what a script answered, all of it text."""
    return Seen(user, found, _last_seen_ms(found, seen), int(rev))


def _last_seen_ms(combined: Status, seen: str) -> int | None:
    # It is told of those who are not here.
    return int(seen) if seen and combined == "offline" else None
