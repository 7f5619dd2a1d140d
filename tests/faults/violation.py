"""What can be wrong with a run, by kind; finding it is the checkers'."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What can be wrong."""

    LOST = "lost"
    """It was acknowledged, or is in the log, and somebody who was to have it does not."""
    DOUBLED = "doubled"
    """It is there twice."""
    REORDERED = "reordered"
    """It is shown, or stands, in another order than the room's or than the sender's own."""
    LEAKED = "leaked"
    """Somebody was shown what was said after they were removed, or before they were added; or a
    deleted text is still kept, or was shown to whoever came after its deletion."""
    HOLE = "hole"
    """A client was shown two events as neighbours that are none, and not told of a gap."""
    GHOST = "ghost"
    """It was refused for good, and is there all the same; or somebody is shown as here who has no
    socket, or as away who has one."""
    STRANGE = "strange"
    """It is shown or stored, and nobody said it so."""
    SPLIT = "split"
    """The log, Postgres and the clients do not hold the same, or it adds up to something else."""
    STUCK = "stuck"
    """Something never came back by itself."""


class Violation(NamedTuple):
    """One broken promise: of what kind, in which room, and the whole of it in a sentence.

    `client` (empty: none in particular) and `seq` (0: it has no place) say where to look.
    """

    kind: Kind
    room: str
    what: str
    client: str = ""
    seq: int = 0
