"""What an id, a message key and a safe piece of text look like; it makes none of them."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

import msgspec

from proto import limits

# Python's `$` also matches before a final newline; the look-ahead shuts that door and means the
# same in JSON Schema's dialect (ECMA-262), where `\\Z` does not exist.
ID_PATTERN = rf"^[A-Za-z0-9_-]{{1,{limits.ID_CHARACTERS}}}(?!\n)$"
_ID = re.compile(ID_PATTERN)

Id = Annotated[
    str,
    msgspec.Meta(
        pattern=ID_PATTERN, description="An id: letters, digits, `_` and `-`, at most 64."
    ),
]
RequestId = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=limits.REQUEST_ID_CHARACTERS,
        description="Chosen by the client; the one answer carries it.",
    ),
]
Seq = Annotated[int, msgspec.Meta(ge=0, le=limits.SEQ_MAX, description="A place in a room's log.")]

KEY_PATTERN = (
    r"^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-7[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}(?!\n)$"
)
_UUID7 = re.compile(KEY_PATTERN)

_BIDIRECTIONAL = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def is_id(text: str) -> bool:
    """Say whether `text` may stand where an id belongs, and so in a subject, a key or a query."""
    return _ID.match(text) is not None


def key_ms(key: str) -> int | None:
    """Milliseconds since the Unix epoch in a UUIDv7 (RFC 9562 §5.7), or None if it is not one.

    Only the canonical lower- or upper-case text with hyphens is a key.
    """
    if _UUID7.match(key) is None:
        return None
    return int(key[:8] + key[9:13], 16)


def uuid7(ms: int, random_bytes: bytes) -> str:
    """Lay out a UUIDv7 (RFC 9562 §5.7) from a time and 10 random bytes that the caller gives.

    Raises:
        ValueError: `ms` does not fit 48 bits or `random_bytes` are not 10.
    """
    if not 0 <= ms < 1 << 48 or len(random_bytes) != 10:
        raise ValueError("a UUIDv7 takes 48 bits of milliseconds and 10 random bytes")
    tail = int.from_bytes(random_bytes, "big")
    value = ms << 80 | 0x7 << 76 | (tail >> 68) << 64 | 0b10 << 62 | tail & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_clean(text: str) -> bool:
    """Say whether a name is free of control characters and bidirectional overrides.

    Line and paragraph separators and unassigned or surrogate code points count as control
    characters here: a name is one line that every screen shows alike (Unicode TR36 §2).
    """
    return not any(
        character in _BIDIRECTIONAL or unicodedata.category(character) in _UNCLEAN
        for character in text
    )


_UNCLEAN = frozenset({"Cc", "Cs", "Zl", "Zp"})


def is_visible(text: str) -> bool:
    """Say whether anything of a name is drawn: one of blanks alone is an empty line in a list."""
    return any(
        character not in _BLANK and unicodedata.category(character) not in _INVISIBLE
        for character in text
    )


_INVISIBLE = frozenset({"Cf", "Cn", "Co", "Mn", "Me", "Zs"})
# Letters by their category, yet drawn as nothing (Default_Ignorable_Code_Point, and the blank of
# Braille).
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
