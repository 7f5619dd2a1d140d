"""Pages written by hand, with parts between marks that are made from the source; and tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

_PART = re.compile(
    r"(?P<begin><!-- made by python -m tests\.docs: (?P<name>[\w-]+) -->\n).*?"
    r"(?P<end><!-- end -->)",
    re.DOTALL,
)


def renewed(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """The page with every part made anew.

    Raises:
        ValueError: the page names a part that is not made, or does not name one that is.
    """
    named = [match["name"] for match in _PART.finditer(page)]
    if sorted(named) != sorted(parts):
        raise ValueError(f"the page has {named}, made are {sorted(parts)}")
    return _PART.sub(
        lambda match: f"{match['begin']}\n{parts[match['name']]().strip()}\n\n{match['end']}", page
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; no row is empty and every one is as long as the head."""
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def code(text: object) -> str:
    """Text as code within a line, of whatever it is made."""
    return f"`{text}`"


def anchor(heading: str) -> str:
    """The fragment that a heading gets, as GitHub makes it."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return "#" + kept.replace(" ", "-")


def number(value: float) -> str:
    """A number with its thousands apart."""
    return f"{value:,}"
