"""The page of figures: what it says of results, and of those that are not there."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from bench.__main__ import RESULTS
from bench.chart import bars, tails
from bench.hellos import FIRST_THERE, KNOWN
from bench.promised import BARS
from bench.report import PAGE, page, pictures, read, summary


def test_what_was_not_measured_is_named() -> None:
    """Every bar has its line, with or without a figure."""
    found = page({})
    assert found.count("not measured yet") == len(BARS)
    assert "## A room of many" not in found


def test_a_missed_bar_says_so() -> None:
    """And one that is met says that, each with its figure."""
    herd = {"scenario-herd": {"command": "x", "machine": "m", "back_seconds": 5.1}}
    rest = {"median_gap_seconds": 2, "p99_gap_seconds": 4, "sockets": 2000}
    counts = {"lost": 0, "doubled": 0, "reordered": 0}
    herd["scenario-herd"] |= {**rest, **counts}
    missed = "**missed**: [where the time goes](#{})"
    assert f"| ≤ 5 s | 5.1 s | {missed.format('a-herd-judged')} |" in page(herd)
    herd["scenario-herd"]["back_seconds"] = 4.7
    assert "| ≤ 5 s | 4.7 s | met |" in page(herd)
    stored = {"stored_per_second": {"median": 9_000.0, "min": 1, "max": 2}}
    costs = {"history_us": stored["stored_per_second"], "postgres_us": stored["stored_per_second"]}
    history = {"bench-history": {"command": "x", "machine": "m", **stored, **costs}}
    assert f"| 9,000.0 a second | {missed.format('history')} |" in page(history)


def test_hellos_are_told_by_process() -> None:
    """Where they were measured; what nobody waits for has no time of its own."""
    services = ("all", "postgres", "history", "nats", "gateway-1", "auth", "presence")
    cost = {"cpu_ms": dict.fromkeys(services, 7.5)}
    pages = {"page, anywhere": {"p50": 1, "p99": 2}}
    sizes = {"messages": 9, "members": 9, "rooms": 9, "milliseconds": {"large": pages}}
    large = {"command": "x", "machine": "m", **sizes}
    assert page({"bench-large": large}).count("| ≤ 20 ms | not measured yet | – |") == 2
    timed = {"ms": {"p50": 3.0, "p99": 4.0}, **cost}
    large["hellos"] = {FIRST_THERE: timed, KNOWN: timed, "let go": cost}
    told = page({"bench-large": large})
    assert told.count("| ≤ 20 ms | 7.5 ms | met |") == 2
    assert f"| {KNOWN} | 3.0 | 4.0 | 7.5 |" in told
    assert "| let go | – | – | 7.5 |" in told


def test_the_results_that_there_are_can_be_told() -> None:
    """Each section begins with its bias and ends with its command; pictures are whole."""
    results = read(RESULTS)
    titles = re.findall(r"^## (.+)$", page(results), re.MULTILINE)
    anchors = {title.lower().replace(",", "").replace(" ", "-") for title in titles}
    assert {bar.section for bar in BARS if bar.file in results} <= anchors
    for section in page(results).split("\n## ")[2:]:
        assert section.split("\n\n")[1].startswith("**Bias**")
        assert "`python -m " in section.rstrip().splitlines()[-1]
    for _name, picture in pictures(results):
        ET.fromstring(picture)  # noqa: S314 - our own


def test_the_bars_stand_beside_the_results() -> None:
    """As on the page, and what is missed leads there; both are of the results that there are."""
    results = read(RESULTS)
    told = summary(results)
    assert told == (RESULTS / "README.md").read_text("utf-8"), "stale: python -m bench report"
    assert page(results) == PAGE.read_text("utf-8"), "stale: python -m bench report"
    assert told.count("\n| ") == len(BARS) + 2
    assert told.count("](../../docs/reference/performance.md#") == page(results).count("](#")


def test_a_tail_rises_to_the_right() -> None:
    """Nearer to all lies to the right, more milliseconds higher, and all within the frame."""
    line = [(0.005, 0.1), (0.5, 2.0), (0.9, 3.0), (0.99, 20.0), (0.9995, 900.0)]
    drawn = ET.fromstring(tails("ms", {"a & b": line, "none": []}))  # noqa: S314 - our own
    first, _none = drawn.iter("{http://www.w3.org/2000/svg}polyline")
    points = [tuple(map(float, p.split(","))) for p in first.get("points", "").split()]
    assert points == sorted(points, key=lambda point: (point[0], -point[1]))
    assert all(60 <= x <= 620 and 40 <= y <= 340 for x, y in points)


def test_the_longest_bar_takes_the_width() -> None:
    """The others are as long as their share of it; a name may have any character."""
    drawn = ET.fromstring(bars("<µs>", {"a & b": 5.0, "c": 10.0, "d": 0.0}))  # noqa: S314
    widths = [int(one.get("width", "0")) for one in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert widths[1:] == [210, 420, 1]
    assert ET.fromstring(bars("none", {})) is not None  # noqa: S314
