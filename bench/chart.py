"""A bar chart as SVG, drawn by hand: no scale but from 0, no axis; pure."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

_WIDTH = 640
_NAMES = 150
_FIGURES = 70
_ROW = 26
_TOP = 40


def bars(title: str, values: Mapping[str, float]) -> str:
    """One bar a name, in the order given, each with its figure; the longest takes the width."""
    room = _WIDTH - _NAMES - _FIGURES
    most = max(values.values(), default=0.0) or 1.0
    height = _TOP + _ROW * len(values) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
        f' role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="22" font-weight="bold">{escape(title)}</text>',
    ]
    for number, (name, value) in enumerate(values.items()):
        top = _TOP + _ROW * number
        length = max(1, round(room * value / most))
        shade = "#2f6f4f" if number == 0 else "#9aa7a0"
        parts += [
            f'<text x="{_NAMES - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{_NAMES}" y="{top + 4}" width="{length}" height="17" fill="{shade}"/>',
            f'<text x="{_NAMES + length + 6}" y="{top + 16}">{value:,}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
