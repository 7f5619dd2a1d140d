"""What the head of an HTML page says of the page; whatever else is in it is passed over.

A page is whatever somebody's server sends. It is read by the parser of the standard library, piece
by piece, as far as its head goes, and all that comes of it is text, and where icons are said to be.

Sources: the Open Graph protocol (ogp.me), HTML Living Standard §4.2.3 (base), §4.2.5 (meta),
§13.2.3.2 (the encoding), Unicode TR36 §2 (bidirectional overrides).
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Final, NamedTuple

from media import icon
from media.icon import Icon
from proto import ids, limits

PIECE_CHARACTERS: Final = 4_096
PENDING_CHARACTERS: Final = 65_536
"""A tag that is longer has nothing to say."""
_SNIFFED_BYTES: Final = 1_024
_KEPT_CHARACTERS: Final = 4_096
_TYPES: Final = frozenset(("text/html", "application/xhtml+xml"))
_TITLES: Final = ("og:title", "twitter:title", "title")
_DESCRIPTIONS: Final = ("og:description", "twitter:description", "description")
_SITES: Final = ("og:site_name", "application-name")
_PICTURES: Final = (
    *("og:image:secure_url", "og:image", "og:image:url"),
    *("twitter:image", "twitter:image:src"),
)
_WANTED: Final = frozenset((*_TITLES, *_DESCRIPTIONS, *_SITES, *_PICTURES)) - {"title"}
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# By the labels that pages use, and no others: Python knows codecs that are no encodings of text.
_CODECS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{name: name for name in ("utf-8", "big5", "gbk", "gb18030", "euc-jp", "euc-kr")},
        **{name: name for name in ("shift_jis", "iso-2022-jp", "koi8-r", "koi8-u", "macintosh")},
        **{f"windows-{number}": f"cp{number}" for number in range(1250, 1259)},
        **{f"iso-8859-{number}": f"iso-8859-{number}" for number in range(2, 17) if number != 12},
        **dict.fromkeys(("iso-8859-1", "latin1", "us-ascii", "ascii"), "cp1252"),
        **dict.fromkeys(("utf8", "unicode-1-1-utf-8"), "utf-8"),
        **dict.fromkeys(("gb2312", "x-gbk"), "gbk"),
        **dict.fromkeys(("sjis", "x-sjis", "windows-31j"), "cp932"),
        **dict.fromkeys(("utf-16", "utf-16le"), "utf-16-le"),
        "utf-16be": "utf-16-be",
        "ibm866": "cp866",
        "windows-874": "cp874",
        "tis-620": "cp874",
    }
)


class Head(NamedTuple):
    """Plain text, short, without a character that shows something else than there is.

    But for `base`, `picture` and what is in `icons`: these are as the page has them (`icon`).
    """

    title: str
    description: str | None
    site: str | None
    icons: tuple[Icon, ...] = ()
    base: str = ""
    """What addresses in it are relative to, itself relative to the page's; empty: to that."""
    picture: str = ""
    """Where a picture of what is on it is said to be; empty: it does not say."""


def read(page: bytes, content_type: str, spent: Callable[[], bool]) -> Head | None:
    """What a page says of itself; None if it is no page, or has no title.

    `page` may be cut anywhere. `spent` is asked now and then whether enough time has gone into it:
    then what was found so far is all.
    """
    kind, _, parameters = content_type.partition(";")
    if kind.strip().lower() not in _TYPES:
        return None
    codec = _marked(page) or _labelled(parameters) or _declared(page, spent) or "utf-8"
    reader = _read(page.decode(codec, "replace"), spent)
    title = _first(reader.found, _TITLES, limits.PREVIEW_TITLE_CHARACTERS)
    if title is None:
        return None
    return Head(
        title,
        _first(reader.found, _DESCRIPTIONS, limits.PREVIEW_DESCRIPTION_CHARACTERS),
        _first(reader.found, _SITES, limits.PREVIEW_SITE_CHARACTERS),
        tuple(reader.icons),
        reader.base,
        next((reader.found[key] for key in _PICTURES if key in reader.found), ""),
    )


def clean(text: str, most: int) -> str:
    """A text in one line, that shows what is there, and of at most `most` characters."""
    words = "".join(" " if one.isspace() else one for one in text).split(" ")
    line = " ".join(word for word in words if word)
    line = "".join(one for one in line if ids.is_clean(one))
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


class _Reader(HTMLParser):
    """Takes the title, what `meta` says, and icons; `done` where the head ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, str] = {}
        self.icons: list[Icon] = []
        self.base = ""
        self.charset = ""
        self.done = False
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.done:
            return
        # Of two attributes with one name the first counts.
        said = {name: value or "" for name, value in reversed(attrs)}
        if tag == "meta":
            self._meta(said)
        elif tag == "link" and len(self.icons) < icon.MOST:
            if (found := icon.read(said)) is not None:
                self.icons.append(found)
        elif tag == "base":
            self.base = self.base or said.get("href", "")[:_KEPT_CHARACTERS]
        elif tag == "title":
            self._in_title = "title" not in self.found
        elif tag == "body":
            self.done = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag == "head":
            self.done = True

    def handle_data(self, data: str) -> None:
        if self._in_title and not self.done:
            self.found["title"] = (self.found.get("title", "") + data)[:_KEPT_CHARACTERS]

    def _meta(self, said: Mapping[str, str]) -> None:
        content = said.get("content", "")
        if "charset" in said:
            self.charset = self.charset or said["charset"]
        elif said.get("http-equiv", "").lower() == "content-type":
            self.charset = self.charset or content.partition(";")[2]
        for attribute in ("property", "name"):
            key = said.get(attribute, "").strip().lower()
            if key in _WANTED and content.strip():
                self.found.setdefault(key, content[:_KEPT_CHARACTERS])


def _read(text: str, spent: Callable[[], bool]) -> _Reader:
    reader = _Reader()
    for start in range(0, len(text), PIECE_CHARACTERS):
        if reader.done or len(reader.rawdata) > PENDING_CHARACTERS or spent():
            break
        try:
            reader.feed(text[start : start + PIECE_CHARACTERS])
        except AssertionError:  # how older versions say that a declaration is none
            break
    return reader


def _marked(page: bytes) -> str | None:
    return next((codec for mark, codec in _MARKS if page.startswith(mark)), None)


def _labelled(parameters: str) -> str | None:
    """The encoding that the parameters of a media type name, if it is one we know."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return _CODECS.get(value.strip(" \t\r\n\"'").lower())
    return None


def _declared(page: bytes, spent: Callable[[], bool]) -> str | None:
    """The encoding that a page says it has, near its beginning."""
    said = _read(page[:_SNIFFED_BYTES].decode("latin-1"), spent).charset
    codec = _CODECS.get(said.strip().lower()) or _labelled(said)
    # Whoever could read it so far does not have it in UTF-16.
    return "utf-8" if codec in ("utf-16-le", "utf-16-be") else codec


def _first(found: Mapping[str, str], keys: tuple[str, ...], most: int) -> str | None:
    for key in keys:
        text = clean(found.get(key, ""), most)
        if text and ids.is_visible(text):
            return text
    return None
