"""Whom a text names by `@name`, `@room` or `@here`; not who that is, nor who may be named.

A name is what a username may be made of. It begins where no word, address or path goes on, and what
stands in code is no name. Linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from proto import limits

_NAME = re.compile(r"@([A-Za-z0-9_.-]+)")
_TICKS = re.compile(r"`+")
_FENCE = re.compile(r"\s*`{3,}[^`]*$")
_EVERYONE = frozenset({"room", "here"})
_JOINING = frozenset("_@./-\\")
"""What a name cannot follow: an address, a path, an escape."""


class Named(NamedTuple):
    """What a text names. `people`: for each name what it may mean, the longest first."""

    people: tuple[tuple[str, ...], ...] = ()
    everyone: bool = False

    @property
    def usernames(self) -> list[str]:
        """Every username that may be meant, each once."""
        return list(dict.fromkeys(name for names in self.people for name in names))

    def resolve(self, users: Mapping[str, str]) -> list[str]:
        """The users meant, each once, where `users` has those there are by their usernames."""
        found = (next((users[n] for n in names if n in users), None) for names in self.people)
        return list(dict.fromkeys(user for user in found if user is not None))


NOBODY = Named()


def named(text: str) -> Named:
    """Whom a text names; of very many names the first `limits.MENTIONS`."""
    if "@" not in text:
        return NOBODY
    people: dict[tuple[str, ...], None] = {}
    everyone = False
    for line in _outside_code(text):
        for names in _names(line):
            if not _EVERYONE.isdisjoint(names):
                everyone = True
            elif len(people) < limits.MENTIONS:
                people[names] = None
    return Named(tuple(people), everyone)


def _names(line: str) -> Iterator[tuple[str, ...]]:
    for match in _NAME.finditer(line):
        start, end = match.span()
        before, after = line[start - 1 : start], line[end : end + 1]
        if before and (before in _JOINING or _is_spelled(before)):
            continue
        if after and (after == "@" or _is_spelled(after)):
            continue
        names = _meanings(match.group(1).lower())
        if names:
            yield names


def _meanings(run: str) -> tuple[str, ...]:
    """The usernames that a run may be, for a sentence may end behind it: `ada.` or `ada`."""
    least, most = limits.USERNAME_CHARACTERS
    possible = dict.fromkeys((run, run[:-1] if run[-1] in "._-" else run, run.rstrip("._-")))
    return tuple(name for name in possible if least <= len(name) <= most)


def _is_spelled(character: str) -> bool:
    """Whether a word of letters with capitals goes on; scripts without them need no space."""
    if character.isascii():
        return character.isalnum()
    category = unicodedata.category(character)
    return category in {"Lu", "Ll", "Lt"} or category[0] in "MN"


def _outside_code(text: str) -> Iterator[str]:
    """What is no code, in pieces: lines, and what lies between code within one."""
    fenced = False
    for line in text.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield from _outside_spans(line) if "`" in line else (line,)


def _outside_spans(line: str) -> Iterator[str]:
    """A span ends with as many ticks as it begins with; ticks that have no such end are ticks."""
    ticks = list(_TICKS.finditer(line))
    closing: dict[int, int] = {}
    end_of = [0] * len(ticks)
    for index in range(len(ticks) - 1, -1, -1):
        length = len(ticks[index].group())
        end_of[index] = closing.get(length, 0)
        closing[length] = index
    start = index = 0
    while index < len(ticks):
        if end := end_of[index]:
            yield line[start : ticks[index].start()]
            start, index = ticks[end].end(), end
        index += 1
    yield line[start:]
