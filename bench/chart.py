"""Charts as SVG, drawn by hand: bars from 0, and the far end of distributions; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_WIDTH = 640
_NAMES = 150
_FIGURES = 70
_ROW = 26
_TOP = 40
_HEIGHT = 300
_LEFT = 60
_COLOURS = ("#2f6f4f", "#8a6d1f", "#3b5f8f", "#7a3b6b")
SHARES = {"50 %": 0.5, "90 %": 0.9, "99 %": 0.99, "99.9 %": 0.999}


def bars(title: str, values: Mapping[str, float]) -> str:
    """One bar a name, in the order given, each with its figure; the longest takes the width."""
    room = _WIDTH - _NAMES - _FIGURES
    most = max(values.values(), default=0.0) or 1.0
    parts = _begin(title, _TOP + _ROW * len(values) + 8)
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


def tails(title: str, curves: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Milliseconds by the share of all that took no longer, both logarithmic, a line a name.

    Each line's points are (share below 1, milliseconds above 0), rising.
    """
    most = max((ms for line in curves.values() for _share, ms in line), default=1.0)
    decades = max(1, math.ceil(math.log10(most)))
    parts = _begin(title, _TOP + _HEIGHT + 24 + 20 * len(curves))
    bottom, width = _TOP + _HEIGHT, _WIDTH - _LEFT - 20

    def x(share: float) -> float:
        """As far as -log10 of what is left: a nine more is a third of the width more."""
        return round(_LEFT + width * min(3.3, -math.log10(max(1e-9, 1 - share))) / 3.3, 1)

    def y(ms: float) -> float:
        return round(bottom - _HEIGHT * max(0.0, math.log10(ms) + 1) / (decades + 1), 1)

    for name, share in SHARES.items():
        parts.append(_line(x(share), _TOP, x(share), bottom))
        parts.append(f'<text x="{x(share)}" y="{bottom + 16}" text-anchor="middle">{name}</text>')
    for power in range(-1, decades + 1):
        level = y(10.0**power)
        parts.append(_line(_LEFT, level, _WIDTH - 20, level))
        parts.append(
            f'<text x="{_LEFT - 6}" y="{level + 4}" text-anchor="end">{10.0**power:g} ms</text>'
        )
    for number, (name, line) in enumerate(curves.items()):
        points = " ".join(f"{x(share)},{y(ms)}" for share, ms in line)
        shade = _COLOURS[number % len(_COLOURS)]
        low = bottom + 36 + 20 * number
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{shade}" stroke-width="2"/>',
            f'<rect x="{_LEFT}" y="{low - 8}" width="20" height="4" fill="{shade}"/>',
            f'<text x="{_LEFT + 28}" y="{low}">{escape(name)}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _begin(title: str, height: int) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
        f' role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="22" font-weight="bold">{escape(title)}</text>',
    ]


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#ddd"/>'
