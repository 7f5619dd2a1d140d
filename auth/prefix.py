"""A prefix as a range, which an index answers whatever characters are in it; it asks nobody."""

from __future__ import annotations

from typing import NamedTuple

_LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)


class Range(NamedTuple):
    """Texts from `first` on and before `end`, by code point; empty if they are the same."""

    first: str
    end: str


def texts_from(prefix: str) -> Range:
    """The range of all texts that begin with `prefix`, ordered by code point (Postgres: "C").

    Unlike LIKE it has no wildcards to escape, and bounds the scan of an index on both sides in a
    prepared statement too. Of texts with U+10FFFF, a noncharacter, it promises nothing.
    """
    stem = prefix.rstrip(chr(_LAST))
    if not stem:
        return Range(prefix, prefix)
    successor = ord(stem[-1]) + 1
    if _SURROGATES[0] <= successor <= _SURROGATES[1]:
        # Surrogates are no characters: the next one is behind them.
        successor = _SURROGATES[1] + 1
    return Range(prefix, stem[:-1] + chr(successor))
