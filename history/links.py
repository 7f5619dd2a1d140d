"""Which links of a text are looked up: the first few that lead into the web; it looks nothing up.

They are found as the browser client finds them (`web/src/text`), in the part of Markdown that
people use when they talk. What stands in code is code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from proto import limits
from services import outbound

_QUOTES: Final = 4
_FENCE: Final = re.compile(r" {0,3}```[^`\n]*")
_CLOSING: Final = re.compile(r" {0,3}```\s*")
_QUOTE: Final = re.compile(r" {0,3}> ?")
_ITEM: Final = re.compile(r" {0,3}(?:[-*•]|\d{1,9}[.)])[ \t]+(?=\S)")
_STOP: Final = re.compile(r"[\\`\[hH]")
_TICKS: Final = re.compile(r"`+")
_NAMED: Final = re.compile(
    r"\[[^\[\]\n]{1,500}\]\(((?:https?://|mailto:)[^\s()<>]{1,2000})\)", re.IGNORECASE
)
_BARE: Final = re.compile(r"https?://[^\s<>\"`]{1,2000}", re.IGNORECASE)
_ESCAPED: Final = "*`~[@\\_"
_TRAILING: Final = ".,;:!?'*_~]"


def found(text: str) -> list[str]:
    """The first `limits.PREVIEWS` links of a text, as they stand there, each once."""
    links: list[str] = []
    if "://" not in text:
        return links
    for prose in _prose(text.split("\n"), 0):
        for link in _links(prose):
            if link not in links:
                links.append(link)
            if len(links) == limits.PREVIEWS:
                return links
    return links


def _prose(lines: Sequence[str], depth: int) -> Iterator[str]:
    """The pieces of running text: a paragraph, an item of a list; of quotes what is in them."""
    ends = _fence_ends(lines)
    at = 0
    while at < len(lines):
        begun = at
        at += 1
        if ends[begun] is not None:
            at = ends[begun] or at
        elif depth < _QUOTES and _QUOTE.match(lines[begun]):
            while at < len(lines) and _QUOTE.match(lines[at]):
                at += 1
            yield from _prose(
                [_QUOTE.sub("", line, count=1) for line in lines[begun:at]], depth + 1
            )
        elif item := _ITEM.match(lines[begun]):
            yield lines[begun][item.end() :]
        else:
            while at < len(lines) and not _begins(lines[at], ends[at], depth):
                at += 1
            yield "\n".join(lines[begun:at])


def _begins(line: str, fence_end: int | None, depth: int) -> bool:
    """Whether a line begins something else than running text."""
    quotes = depth < _QUOTES and _QUOTE.match(line) is not None
    return quotes or fence_end is not None or _ITEM.match(line) is not None


def _fence_ends(lines: Sequence[str]) -> list[int | None]:
    """For each line that begins code, the one behind the code; one that is never closed is text."""
    ends: list[int | None] = [None] * len(lines)
    closing: int | None = None
    for at in range(len(lines) - 1, -1, -1):
        if closing is not None and _FENCE.fullmatch(lines[at]):
            ends[at] = closing + 1
        if _CLOSING.fullmatch(lines[at]):
            closing = at
    return ends


def _links(text: str) -> Iterator[str]:
    """The links of running text that somebody could be asked about."""
    at = 0
    while stop := _STOP.search(text, at):
        at = stop.start()
        match text[at]:
            case "\\":
                at += 2 if text[at + 1 : at + 2] in tuple(_ESCAPED) else 1
            case "`":
                at = _code_end(text, at)
            case "[":
                named = _NAMED.match(text, at)
                at = named.end() if named else at + 1
                if named and _is_web(named[1]):
                    yield named[1]
            case _:
                bare = None if _in_word(text, at) else _BARE.match(text, at)
                link = _untrailed(bare[0]) if bare else ""
                # One that is none is passed over whole: tried anew from each of its letters, it
                # would cost the square of its length.
                at += len(link) or 1
                if _is_web(link):
                    yield link


def _in_word(text: str, at: int) -> bool:
    before = text[at - 1 : at]
    return before.isalnum() or before == "_"


def _code_end(text: str, at: int) -> int:
    """Behind the code that begins here with ticks; only behind the ticks, if they never close."""
    ticks = _TICKS.match(text, at)
    begin = ticks.end() if ticks else at + 1
    for closing in _TICKS.finditer(text, begin):
        if closing.end() - closing.start() == begin - at:
            return closing.end()
    return begin


def _untrailed(link: str) -> str:
    """A link in running text without what belongs to the sentence around it."""
    unmatched = link.count(")") - link.count("(")
    end = len(link)
    while end and (link[end - 1] in _TRAILING or (link[end - 1] == ")" and unmatched > 0)):
        unmatched -= link[end - 1] == ")"
        end -= 1
    return link[:end]


def _is_web(link: str) -> bool:
    try:
        outbound.target(link)
    except outbound.Refused:
        return False
    return True
