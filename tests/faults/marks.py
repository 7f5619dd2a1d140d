"""Words by which a text is found again wherever it went; nothing is looked through here."""

from __future__ import annotations

import os
import re

_WORD = re.compile(rb"\bw[0-9a-f]{12}\b")


def mark() -> str:
    """Make a word that stands nowhere else; to whatever makes an index of words, it is one."""
    return f"w{os.urandom(6).hex()}"


def found(data: bytes | str) -> set[str]:
    """Give every such word in it, whatever else it is."""
    raw = data.encode() if isinstance(data, str) else data
    return {word.decode() for word in _WORD.findall(raw)}
