"""A person as one Redis hash: its fields and what they mean. Pure: it reads and writes no Redis.

| field | value | lives |
| --- | --- | --- |
| `<session>` | `<status>|<gateway>|<since ms>`: it lives | one lease after its last renewal |
| `<session>` | `<status>|<gateway>|left`: it broke, and may come back | `limits.LINGER_MS` |
| `<session>` | `-`: it ended | one lease after its end |
| `@seen` | ms since the epoch when the person was last visibly here | as long as the hash |
| `@status` | what they were last found to be, absent for `offline` | as long as the hash |
| `@note` | what they were last found to say beside it, as JSON, absent for nothing | as the hash |
| `@rev` | the revision of that (`calls.Seen`), absent if it never changed | as long as the hash |
| `@told` | what others were last told: `<status>|<@seen if offline>|<@note>` | as the hash |
| `@own` | what they settled: `<rev>|<1: hidden, or 0>|<until ms, or 0>|<note>` | as the hash |
| `@fresh` | `1`: that was asked of history not long ago | ten minutes |

A session that ended is remembered for one lease, so that a renewal which was under way when it
ended, or which another replica took up later, does not bring it back as a ghost. Sessions are
never used twice, so nobody is kept out by this. An id holds no `@` and no `|`.

Nobody is shown to be here before `@own` is known: they may have chosen to hide it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

import msgspec
from msgspec import UNSET, UnsetType

from presence import status
from proto import wire
from proto.calls import Lease, Seen, Settled
from proto.shapes import CustomStatus, OwnStatus, Presence, Status

SEEN: Final = "@seen"
STATUS: Final = "@status"
NOTE: Final = "@note"
REV: Final = "@rev"
TOLD: Final = "@told"
OWN: Final = "@own"
FRESH: Final = "@fresh"
ENDED: Final = "-"
LEFT: Final = "left"
SEPARATOR: Final = "|"
_OWN: Final = get_args(OwnStatus)

_note = msgspec.json.Decoder(CustomStatus)


def presence(user: str, fields: Mapping[str, str], now_ms: int) -> Presence:
    """Return what others see of `user`, from the fields that have not run out.

    It does not trust `@status`, which may be a second old: a lease that ran out counts at once.
    """
    statuses = (
        value.partition(SEPARATOR)[0] for name, value in fields.items() if not name.startswith("@")
    )
    _, hidden, until, note = _own(fields.get(OWN, ""))
    combined = "offline" if hidden else status.combined(statuses)
    over = hidden or 0 < until <= now_ms
    seen_ms = _last_seen_ms(combined, fields.get(SEEN, ""))
    return Presence(user, combined, seen_ms, UNSET if over else _custom(note))


def connections(user: str, fields: Mapping[str, str]) -> list[Lease]:
    """Return the living connections of `user`, from the fields that have not run out.

    One that broke, and may come back, reaches nobody; it is told if it is `dnd`, which holds still.
    """
    return [
        _lease(user, name, value)
        for name, value in fields.items()
        if not name.startswith("@") and value != ENDED and not _is_lost(value)
    ]


def _is_lost(held: str) -> bool:
    return held.endswith(SEPARATOR + LEFT) and not held.startswith("dnd" + SEPARATOR)


def _lease(user: str, session: str, held: str) -> Lease:
    said, _, rest = held.partition(SEPARATOR)
    since = rest.rpartition(SEPARATOR)[2]
    # A status of a later version is as good as none that others see.
    own: OwnStatus = said if said in _OWN else "invisible"  # type: ignore[assignment]
    return Lease(user, session, own, int(since) if since.isdecimal() else 0)


def seen(user: str, found: Status, seen: str, rev: str, note: str) -> Seen:
    """Return the shape for gateways from what a script answered, all of it text."""
    return Seen(user, found, _last_seen_ms(found, seen), int(rev), _custom(note))


def own(settled: Settled) -> tuple[int, int, int, str]:
    """Return the parts of `@own`: revision, hidden or not, until when, and the note."""
    says = settled.custom_status
    if says is None:
        return settled.rev, int(settled.hidden), 0, ""
    return settled.rev, int(settled.hidden), says.until_ms or 0, wire.encode(says).decode()


def _own(held: str) -> tuple[int, bool, int, str]:
    # The note is the last part: it may hold a separator.
    rev, hidden, until, note = held.split(SEPARATOR, 3) if held else ("0", "1", "0", "")
    return int(rev), hidden == "1", int(until), note


def _custom(note: str) -> CustomStatus | UnsetType:
    return _note.decode(note) if note else UNSET


def _last_seen_ms(combined: Status, seen: str) -> int | None:
    # It is told of those who are not here.
    return int(seen) if seen and combined == "offline" else None
