"""Which of a person's connections makes the sound, and whether any may; it knows none itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from proto.calls import Lease
from proto.shapes import OwnStatus

_LIVELY: Final[tuple[OwnStatus, ...]] = ("idle", "invisible", "online")
"""The later, the more likely somebody sits there. Of an invisible one it is not known."""


class Choice(NamedTuple):
    """`quiet`: on some device the person asked not to be disturbed. `session`: the connection that
    makes the sound, "" if there is none. `active`: somebody sits there.
    """

    quiet: bool
    session: str
    active: bool


def choose(leases: Sequence[Lease]) -> Choice:
    """Choose among the living connections of one person: the liveliest, and of those the newest."""
    if any(lease.status == "dnd" for lease in leases):
        return Choice(quiet=True, session="", active=False)
    if not leases:
        return Choice(quiet=False, session="", active=False)
    best = max(leases, key=lambda one: (_LIVELY.index(one.status), one.since_ms, one.session))
    return Choice(quiet=False, session=best.session, active=best.status == "online")
