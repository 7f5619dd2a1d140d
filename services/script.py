"""A script that runs inside Redis, and a run of it, as data; nothing is run here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple


class Script(NamedTuple):
    """A text and the name under which Redis keeps it."""

    text: str
    sha: str


class Call(NamedTuple):
    """One run of a script: its keys, all with one hash tag, and its arguments."""

    keys: Sequence[str]
    args: Sequence[str | int]


def script(text: str) -> Script:
    """Return a script with its name: the SHA-1 is Redis' naming (EVALSHA), no protection."""
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
