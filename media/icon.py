"""Which of a page's icons is asked for, and which picture; it asks nobody, and draws nothing.

Sources: HTML Living Standard §4.6.7.8 (`icon`, `sizes`), Apple's "Configuring Web Applications"
(`apple-touch-icon`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import urljoin

from media.picture import ICON_EDGE
from services.outbound import URL_CHARACTERS, Refused, target

MOST: Final = 32
"""Of one page, as many are considered; what else it names is passed over."""
FALLBACK: Final = "/favicon.ico"
_PLAIN: Final = "icon"
_TOUCH: Final = frozenset(("apple-touch-icon", "apple-touch-icon-precomposed"))
_TOUCH_EDGE: Final = 180
"""What one has that says nothing of its size."""
# What the painter takes, by the names that pages give it; an SVG it does not.
_TYPES: Final = frozenset(
    f"image/{name}"
    for name in ("png", "jpeg", "jpg", "gif", "webp", "x-icon", "vnd.microsoft.icon", "ico")
)
_SIZE: Final = re.compile(r"([0-9]{1,5})x([0-9]{1,5})", re.IGNORECASE)
_BEGINNINGS: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"\0\0\1\0")


class Icon(NamedTuple):
    """What a `link` says of one: `edge` in pixels, 0 if it says nothing of that."""

    href: str
    edge: int
    touch: bool
    """For a home screen, so with a ground of its own."""


def read(said: Mapping[str, str]) -> Icon | None:
    """What the attributes of a `link` say of an icon; None if that is none that can be painted."""
    words = said.get("rel", "").lower().split()
    touch = not _TOUCH.isdisjoint(words)
    href = said.get("href", "").strip()
    if not (touch or _PLAIN in words) or not 0 < len(href) <= URL_CHARACTERS:
        return None
    # One for a dark ground is not seen on a light one.
    if "dark" in said.get("media", "").lower():
        return None
    kind = said.get("type", "").partition(";")[0].strip().lower()
    path = re.split("[?#]", href, maxsplit=1)[0].lower()
    if kind not in _TYPES if kind else path.endswith((".svg", ".svgz")):
        return None
    return Icon(href, _edge(said.get("sizes", "")), touch)


def address(page: str, base: str, icons: Sequence[Icon]) -> str:
    """Where the icon of the page at `page` is: the best one named, else the one of its site.

    None of http is taken for a page of https. Where it leads is judged by whoever asks.
    """
    found = (joined(page, base, one.href) for one in sorted(icons, key=_rank))
    return next((url for url in found if url is not None), urljoin(page, FALLBACK))


def joined(page: str, base: str, href: str) -> str | None:
    """Where an address on the page leads that may be asked for; see `address`."""
    try:
        found = target(urljoin(urljoin(page, base), href.strip()))
    except (ValueError, Refused):
        return None
    return found.url if found.scheme == "https" or page.startswith("http:") else None


def is_image(data: bytes) -> bool:
    """Say whether something begins like what the painter makes icons and thumbnails of."""
    return (
        data.startswith(_BEGINNINGS)
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
        or data[4:12] in (b"ftypavif", b"ftypavis")
    )


def _edge(sizes: str) -> int:
    """The size to reckon with of all that one file has: the smallest that need not be made larger,
    else the largest."""
    found = [_SIZE.fullmatch(word) for word in sizes.split()]
    edges = [max(int(size[1]), int(size[2])) for size in found if size is not None]
    return min((edge for edge in edges if edge >= ICON_EDGE), default=max(edges, default=0))


def _rank(one: Icon) -> tuple[int, int]:
    """Its place among others; of two alike the first one of the page counts."""
    edge = one.edge or (_TOUCH_EDGE if one.touch else 0)
    if 0 < edge < ICON_EDGE:
        return 3, -edge
    if one.touch:
        return 2, edge
    return (0, edge) if edge else (1, 0)
