"""What a person's connections add up to for others; where the connections are kept is not here.

The table below is the whole rule. The scripts that run in Redis get it from here, so it is declared
once (`scripts.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from proto.shapes import Status

PRECEDENCE: Final[tuple[Status, ...]] = ("dnd", "online", "idle")
"""The first of these that any connection has is the person's status.

`dnd` comes first: who asked for quiet on one device wants it on all. Then the liveliest wins.
Whatever is not in the table (`invisible`, or a status of a later version) shows nothing to others.
"""


def combined(statuses: Iterable[str]) -> Status:
    """Return what others see of a person whose living connections have `statuses`, in any order."""
    present = frozenset(statuses)
    return next((status for status in PRECEDENCE if status in present), "offline")


def is_visible(status: str) -> bool:
    """Say whether a connection with `status` lets others know that its person is here."""
    return status in PRECEDENCE
