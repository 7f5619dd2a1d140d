"""Words in the tables that stand for what only a running stack knows, and how they are filled in.

A table is data: `docs/reference/errors.md` is written from it, and the tests send it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ROOM = "{room}"
"""A room that the one who errs is a member of, and so are the witnesses."""
OWN = "{own}"
"""A room of theirs, in which nobody else is."""
PRIVATE = "{private}"
"""A private room of somebody else."""
PUBLIC = "{public}"
"""A public room that they have not joined."""
USER = "{user}"
"""Their own id."""
OTHER = "{other}"
"""The id of a witness."""
KEY = "{key}"
"""A fresh message key."""
SAID = "{said}"
"""The place of a message that a witness said in the room."""
LATE_KEY = "{late key}"
"""A key that lies 61 seconds ahead."""

BAD_IDS: Mapping[str, str] = {
    "`*`": "*",
    "`>`": ">",
    "`a.b`": "a.b",
    "a space": " ",
    "a space inside": "a b",
    "nothing": "",
    "a line break at the end": "a\n",
    "a NUL": "a\0",
    "a letter beyond ASCII": "é",
    "a path": "../a",
    "65 characters": "a" * 65,
    "10 KB": "a" * 10_000,
}
"""What is no id: 1 to 64 of A-Z a-z 0-9 _ - are one (protocol.md §1)."""


def fill(value: Any, known: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """Put what is known where a place is named, in every text of a JSON value, keys too."""
    if isinstance(value, str):
        return _fill(value, known)
    if isinstance(value, list):
        return [fill(item, known) for item in value]
    if isinstance(value, dict):
        return {_fill(key, known): fill(item, known) for key, item in value.items()}
    return value


def _fill(text: str, known: Mapping[str, str]) -> str:
    for place, meant in known.items():
        text = text.replace(place, meant)
    return text
