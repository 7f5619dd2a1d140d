"""One run as one page: what was done to whom, who said and held what, where it went wrong.

Pure: it gives HTML with SVG inside and asks for nothing from elsewhere. Bounded: a lane has one
mark a column of pixels and kind, whatever happened in that time, and a page has so many lanes.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from tests.faults.checker import Violation
from tests.faults.record import (
    Amending,
    Entry,
    Fault,
    Gap,
    Held,
    Holding,
    Left,
    Rewind,
    Run,
    Sending,
)

LEFT = 150
LANE = 22
TOP = 24
WIDTHS = (1_200, 8_000)
PER_SECOND = 24
"""Pixels, as long as the page stays within WIDTHS."""
COLUMN = 3
CLIENTS = 64
LISTED = 200

STYLE = """
body{font:14px/1.4 system-ui,sans-serif;margin:1rem;color:#1b1f24;background:#fff}
li{margin:.15rem 0} .scroll{overflow-x:auto;border:1px solid #ccc}
svg text{font:11px system-ui,sans-serif;fill:#333} line{stroke:#e4e6e9}
.fault{fill:#8250df;fill-opacity:.75} .ok{fill:#2da44e} .refused{fill:#bf8700}
.unknown{fill:#57606a} .held{fill:#54aeff} .gap{fill:#d4a72c} .rewind{fill:#e16f24}
.left{fill:#8c959f} .violation{fill:#d1242f;stroke:#fff;stroke-width:.7}
i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em;background:var(--c)}
"""
LEGEND = (
    ("#8250df", "a fault, from its begin to its end"),
    ("#2da44e", "answered ok"),
    ("#bf8700", "refused"),
    ("#57606a", "never answered"),
    ("#54aeff", "shown to the client"),
    ("#d4a72c", "told of a gap"),
    ("#e16f24", "told to drop its end"),
    ("#8c959f", "told that it is out"),
    ("#d1242f", "a broken promise"),
)


def page(run: Run, violations: Sequence[Violation]) -> str:
    """Give the whole page; violations are listed, and marked where they show."""
    found = f"{len(violations)} violations" if violations else "no violation"
    title = f"Seed {run.seed}: {found}, {len(run.faults)} faults, {len(run.sendings)} sends"
    listed = "".join(
        f"<li><b>{escape(one.kind)}</b> in room {escape(one.room)}: {escape(one.what)}</li>"
        for one in violations[:LISTED]
    )
    more = len(violations) - LISTED
    rest = f"<p>and {more} more</p>" if more > 0 else ""
    legend = "".join(f'<i style="--c:{colour}"></i>{escape(what)}' for colour, what in LEGEND)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(title)}</h1><ol>{listed}</ol>{rest}<p>{legend}</p>"
        f'<div class="scroll">{_Drawing(run, violations).svg()}</div></html>\n'
    )


class _Drawing:
    """Lanes below each other: processes that something was done to, the log, the clients."""

    def __init__(self, run: Run, violations: Sequence[Violation]) -> None:
        self._run = run
        self._violations = violations
        self._times = {
            (room, entry.seq): entry.ms for room, entries in run.stored.items() for entry in entries
        }
        times = list(_times(run)) or [0]
        self._begin, self._end = min(times), max(max(times), min(times) + 1)
        wanted = (self._end - self._begin) * PER_SECOND // 1_000
        self._width = min(max(wanted, WIDTHS[0]), WIDTHS[1])
        self._held: dict[str, list[Holding]] = defaultdict(list)
        for holding in run.holdings:
            self._held[holding.client].append(holding)
        self._lanes: dict[str, int] = {}

    def svg(self) -> str:
        """Draw it."""
        names = list(dict.fromkeys(fault.target for fault in self._run.faults))
        lanes = [*names, "the log", *self._shown()]
        self._lanes = {name: TOP + LANE * number for number, name in enumerate(lanes)}
        height, width = TOP + LANE * len(lanes) + 4, LEFT + self._width + 20
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        drawn = itertools.chain(
            self._grid(height, width),
            map(self._fault, self._run.faults),
            self._sends(),
            self._holds(),
            map(self._violation, self._violations[:LISTED]),
        )
        what = 'xmlns="http://www.w3.org/2000/svg" role="img" aria-label="timeline"'
        return f"<svg {what} {size}>{''.join(drawn)}</svg>"

    def _shown(self) -> list[str]:
        """Those with a violation first, then as many as there is room for."""
        wrong = [one.client for one in self._violations if one.client]
        everyone = [*self._held, *(sending.client for sending in self._run.sendings)]
        return list(dict.fromkeys([*wrong, *everyone]))[:CLIENTS]

    def _x(self, ms: int) -> int:
        share = (ms - self._begin) / (self._end - self._begin)
        return LEFT + round(min(max(share, 0.0), 1.0) * self._width)

    def _grid(self, height: int, width: int) -> Iterator[str]:
        for name, y in self._lanes.items():
            yield f'<line x1="0" x2="{width}" y1="{y}" y2="{y}"/>'
            yield f'<text x="4" y="{y + 15}">{escape(name)}</text>'
        every = max(1, round((self._end - self._begin) / 1_000 / (self._width / 120)))
        for second in range(0, (self._end - self._begin) // 1_000 + 1, every):
            x = self._x(self._begin + second * 1_000)
            yield f'<line x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height}"/>'
            yield f'<text x="{x + 2}" y="12">{second} s</text>'

    def _fault(self, fault: Fault) -> str:
        y, x = self._lanes[fault.target], self._x(fault.began_ms)
        title = f"{fault.kind} {fault.target}, {(fault.ended_ms - fault.began_ms) / 1000:.1f} s"
        wide = max(4, self._x(fault.ended_ms) - x)
        return _rect("fault", x, y + 3, wide, LANE - 6, title)

    def _sends(self) -> Iterator[str]:
        """In the upper half of a lane, when answered: one mark a column and outcome."""
        marks: dict[tuple[str, int, str], list[Sending | Amending]] = defaultdict(list)
        for one in _asked(self._run):
            if one.client in self._lanes:
                marks[one.client, self._column(one.ended_ms), one.outcome].append(one)
        for (client, x, outcome), some in marks.items():
            first = some[0]
            took = max(one.ended_ms - one.began_ms for one in some)
            seq = "" if first.seq is None else f" at {first.seq}"
            what = first.text if isinstance(first, Sending) else f"{first.kind} {first.text}"
            title = f"{what} in {first.room}: {outcome}{seq}, {took} ms{_more(some)}"
            yield _rect(outcome, x, self._lanes[client] + 2, COLUMN - 1, LANE // 2 - 3, title)

    def _holds(self) -> Iterator[str]:
        """In the lower half: what was shown, and what it was told that it does not hold."""
        for client, holdings in self._held.items():
            if client not in self._lanes:
                continue
            marks: dict[tuple[int, str], list[str]] = defaultdict(list)
            for holding in holdings:
                for ms, item in _timed(holding.items, self._begin):
                    kind, what = _said_of(item)
                    marks[self._column(ms), kind].append(f"{what} in {holding.room}")
            for (x, kind), some in marks.items():
                y = self._lanes[client] + LANE // 2
                yield _rect(kind, x, y, COLUMN - 1, LANE // 2 - 3, some[0] + _more(some))

    def _violation(self, one: Violation) -> str:
        y = self._lanes.get(one.client, self._lanes["the log"])
        x = self._x(self._times.get((one.room, one.seq), self._end))
        points = f"{x},{y + 1} {x + 7},{y + LANE - 3} {x - 7},{y + LANE - 3}"
        title = escape(f"{one.kind}: {one.what}")
        return f'<polygon class="violation" points="{points}"><title>{title}</title></polygon>'

    def _column(self, ms: int) -> int:
        return self._x(ms) // COLUMN * COLUMN


def _times(run: Run) -> Iterator[int]:
    """When anything happened, of what has a time."""
    for fault in run.faults:
        yield from (fault.began_ms, fault.ended_ms)
    for one in _asked(run):
        yield from (one.began_ms, one.ended_ms)
    for holding in run.holdings:
        yield from (item.ms for item in holding.items if isinstance(item, Entry) and item.ms)


def _asked(run: Run) -> list[Sending | Amending]:
    """Everything that anybody wanted of the servers."""
    return [*run.sendings, *run.amendings]


def _timed(items: Iterable[Held], begin: int) -> Iterator[tuple[int, Held]]:
    """What has no time of its own came with what came before it."""
    ms = begin
    for item in items:
        if isinstance(item, Entry):
            ms = item.ms
        yield ms, item


def _said_of(item: Held) -> tuple[str, str]:
    match item:
        case Entry():
            return "held", f"{item.seq} {item.kind} {item.text}".rstrip()
        case Gap():
            return "gap", f"told that it holds nothing between {item.after} and {item.before}"
        case Rewind():
            return "rewind", f"told that the log ends at {item.to}"
        case Left():
            return "left", "told that it is out"


def _more(some: Sequence[object]) -> str:
    return f" and {len(some) - 1} more" if len(some) > 1 else ""


def _rect(kind: str, x: int, y: int, width: int, height: int, title: str) -> str:
    place = f'x="{x}" y="{y}" width="{width}" height="{height}"'
    return f'<rect class="{kind}" {place}><title>{escape(title)}</title></rect>'
