"""Words of any language: of a text, of a query, and where those of one are in the other; no index.

Pure. A text is cut the same way whatever database or locale there is, which none of Postgres' own
ways is (decision 0010). Letters, digits and their marks make words, without case and without the
accents of Latin, Greek and Cyrillic. Scripts that put no spaces between words (Chinese, Japanese,
Thai, Lao, Khmer, Burmese) are cut into pairs of neighbours, so that any part of a text is found.
An emoji is a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

WORD_CHARACTERS: Final = 64
"""What a longer word has beyond that is not looked at."""
QUERY_WORDS: Final = 32
"""Most words of one query."""
HIGHLIGHTS: Final = 100
"""Most places shown of one text."""
_POSITIONS: Final = 200
"""Places remembered of one word in one text; Postgres keeps 256."""
_LAST_POSITION: Final = 16_000
"""Of what lies beyond it Postgres would not know the order."""

_ASCII: Final = re.compile(r"[A-Za-z0-9]+")
_PART: Final = re.compile(r'"([^"]*)"?|([^\s"]+)')
_DENSE: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x20000, 0x3FFFF),
)
_ACCENTS: Final = ("\u0300", "\u036f")
_SELECTORS: Final = ("\ufe00", "\ufe0f")


class Word(NamedTuple):
    """A word as it is compared, its number in the text, and where it stands (in characters)."""

    text: str
    position: int
    start: int
    end: int
    dense: bool = False


class Term(NamedTuple):
    """Words one after another; of those marked true it is enough that a word begins so."""

    words: tuple[tuple[str, bool], ...]


def words(text: str) -> list[Word]:
    """Every word of a text in its order; the last of a run without spaces also by itself."""
    if text.isascii():
        found = enumerate(_ASCII.finditer(text), 1)
        return [
            Word(match[0].lower()[:WORD_CHARACTERS], position, match.start(), match.end())
            for position, match in found
        ]
    cut: list[Word] = []
    position = 0
    for kind, start, end in _runs(text):
        if kind == "d":
            position = _pairs(text, start, end, position, cut)
        elif folded := _fold(text[start:end]):
            position += 1
            cut.append(Word(folded, position, start, end))
    return cut


def vector(text: str) -> str:
    """The words of a text as the text form of a tsvector."""
    places: dict[str, list[int]] = {}
    for word in words(text):
        known = places.setdefault(word.text, [])
        if len(known) < _POSITIONS:
            known.append(min(word.position, _LAST_POSITION))
    return " ".join(f"{_quoted(word)}:{','.join(map(str, at))}" for word, at in places.items())


def query(text: str) -> list[Term] | None:
    """What is looked for; None if there are too many words in it, an empty list if there is none.

    All terms have to be there. A term between blanks matches what begins so; "between quotation
    marks" words match whole and in this order. All other signs only part words.
    """
    terms = []
    for quoted, plain in _PART.findall(text):
        found = _asked(words(quoted or plain))
        if found:
            begins = [False] * len(found)
            begins[-1] = bool(plain)
            # One character of a script without spaces is in a text as the first of a pair.
            pairs = zip(found, begins, strict=True)
            terms.append(
                Term(
                    tuple(
                        (w.text, start or (w.dense and w.end - w.start == 1)) for w, start in pairs
                    )
                )
            )
    if sum(len(term.words) for term in terms) > QUERY_WORDS:
        return None
    return list(dict.fromkeys(terms))


def condition(terms: Sequence[Term]) -> str:
    """The terms as the text form of a tsquery."""
    return " & ".join(
        "("
        + " <-> ".join(_quoted(word) + (":*" if begins else "") for word, begins in term.words)
        + ")"
        for term in terms
    )


def highlights(text: str, terms: Sequence[Term]) -> list[tuple[int, int]] | None:
    """Where the terms are in a text, in its order and without overlaps; None if one is missing."""
    cut = words(text)
    at: dict[int, list[Word]] = {}
    for word in cut:
        at.setdefault(word.position, []).append(word)
    spans: list[tuple[int, int]] = []
    for term in terms:
        found = [span for word in cut if (span := _span(word, term, at)) is not None]
        if not found:
            return None
        spans += found
    return _joined(sorted(spans))[:HIGHLIGHTS]


def _span(first: Word, term: Term, at: dict[int, list[Word]]) -> tuple[int, int] | None:
    """Where a term is that begins with this word."""
    here: list[Word] = [first]
    for offset, (wanted, begins) in enumerate(term.words):
        if offset:
            here = at.get(first.position + offset, [])
        matched = [
            word
            for word in here
            if (word.text.startswith(wanted) if begins else word.text == wanted)
        ]
        if not matched:
            return None
        end = matched[0].end
        if matched[0].dense and begins:
            end = min(end, matched[0].start + len(wanted))
    return first.start, end


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _asked(found: list[Word]) -> list[Word]:
    """The words of a query: where there are pairs the last character need not be by itself."""
    return [
        word
        for i, word in enumerate(found)
        if not (i and word.dense and word.position == found[i - 1].position)
    ]


def _runs(text: str) -> Iterator[tuple[str, int, int]]:
    """Runs of characters of one kind: `w` a word, `d` a dense script; `s` a sign by itself."""
    start, kind = 0, ""
    for at, character in enumerate(text):
        here = _kind(character)
        if here != kind or here == "s":
            if kind:
                yield kind, start, at
            start, kind = at, here
    if kind:
        yield kind, start, len(text)


@lru_cache(maxsize=8_192)
def _kind(character: str) -> str:
    code = ord(character)
    if any(first <= code <= last for first, last in _DENSE):
        return "d" if unicodedata.category(character)[0] in "LNM" else ""
    if _SELECTORS[0] <= character <= _SELECTORS[1]:
        return ""
    category = unicodedata.category(character)
    if category == "So":
        return "s"
    return "w" if category[0] in "LNM" else ""


def _pairs(text: str, start: int, end: int, position: int, cut: list[Word]) -> int:
    """Cut a run into pairs of neighbours; answer the position of the last one."""
    for at in range(start, end - 1):
        position += 1
        cut.append(Word(_fold(text[at : at + 2]), position, at, at + 2, dense=True))
    position += end - start == 1
    cut.append(Word(_fold(text[end - 1]), position, end - 1, end, dense=True))
    return position


@lru_cache(maxsize=8_192)
def _fold(word: str) -> str:
    """Without case, accents and forms of width: words that a person would call the same."""
    apart = unicodedata.normalize("NFKD", word[:WORD_CHARACTERS].casefold()).casefold()
    plain = "".join(c for c in apart if not _ACCENTS[0] <= c <= _ACCENTS[1])
    return unicodedata.normalize("NFC", plain)[:WORD_CHARACTERS]


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
