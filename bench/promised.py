"""What Parley holds itself to, and whether the results there are keep it; it measures nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from bench.hellos import FIRST_THERE, KNOWN
from bench.table import table

Results = Mapping[str, Any]


class Bar(NamedTuple):
    """What is promised, and how to find out of the results what there is: None if nobody measured.

    Of several figures that the bar holds for, the worst. `section` is the one of the page that says
    where the time goes.
    """

    what: str
    file: str
    section: str
    at_most: float
    unit: str
    found: Callable[[Results], float | None]
    at_least: bool = False


def _frame(found: Results, what: str) -> float | None:
    figures = found["median"].get(what)
    return figures and float(figures["main_thread_ms"]["p95"])


def _delay(found: Results, sync: str, kind: str, at: str) -> float:
    return _median(one[kind][at] for one in found["by_sync_interval"][sync])


def _hello(found: Results, where: str) -> float | None:
    hellos = found.get("hellos")
    return float(hellos[where]["cpu_ms"]["all"]) if hellos else None


def _median(values: Iterator[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


_FANOUT = ("bench-fanout", "a-room-of-many")
_LATENCY = ("bench-latency", "latency")
_LARGE = ("bench-large", "large-rooms")

BARS = (
    Bar("a delivery in a room of 1,000, a message at a time, by the C floor's time", *_FANOUT,
        1.3, "×", lambda found: found["ratios"]["floor"]["one_us"]["median"]),
    Bar("the same by the time of Node.js `ws`", *_FANOUT,
        0.75, "×", lambda found: found["ratios"]["ws"]["one_us"]["median"]),
    Bar("under load, by the time of Node.js `ws`", *_FANOUT,
        0.5, "×", lambda found: found["ratios"]["ws"]["load_us"]["median"]),
    Bar("an idle signed-in socket in 10 rooms of 10", "bench-idle", "memory-of-an-idle-socket",
        16_000, "bytes", lambda found: found["bytes_a_socket"]),
    Bar("hello to ready, processor time in the gateway", "bench-connect", "hellos",
        1.0, "ms", lambda found: found["figures"]["gateway_ms"]["median"]),
    Bar("a message in a room of 10 over two gateways, processor time of both", "bench-smallrooms",
        "small-rooms", 500, "µs",
        lambda found: found["microseconds_a_message"]["gateways"]["median"]),
    *(
        Bar(f"send to {kind} through the load balancer, {at}, the log flushed {when}", *_LATENCY,
            most, "ms", partial(_delay, sync=sync, kind=f"{kind}_ms", at=at))
        for sync, when in (("always", "before the ok (the default)"), ("2m", "every two minutes"))
        for kind in ("ok", "seen")
        for at, most in (("p50", 3), ("p99", 15))
    ),
    Bar("messages stored a second by one process of history", "bench-history", "history",
        10_000, "a second", lambda found: found["stored_per_second"]["median"], at_least=True),
    Bar("a page of 50 of a room of 1,000,000 messages, p99", *_LARGE,
        10, "ms", lambda found: found["milliseconds"]["large"]["page, anywhere"]["p99"]),
    *(
        Bar(f"hello to ready {where}, processor time of all services", *_LARGE,
            20, "ms", partial(_hello, where=where))
        for where in (KNOWN, FIRST_THERE)
    ),
    *(
        Bar(f"the client's thread for a frame, p95, {did}", "bench-frames",
            "frames-of-the-browser-client", 16.7, "ms", partial(_frame, what=what))
        for what, did in (
            ("said", "50 messages a second"),
            ("scrolled", "a long room scrolled"),
            ("flung", "the same at the speed of a fling"),
        )
    ),
    Bar("2,000 sockets back after `kill -9` of their gateway, all replayed", "bench-resume",
        "a-herd-that-comes-back", 5, "s", lambda found: found["figures"]["back_seconds"]["median"]),
    Bar("the same, among people who are judged (`tests.faults`)", "scenario-herd",
        "a-herd-judged", 5, "s", lambda found: found["back_seconds"]),
)  # fmt: skip
"""In the order of the page; each from a file of bench/results."""


def promised(results: Mapping[str, Results], page: str = "") -> str:
    """The table of all bars: met, missed, or not measured yet; `page` is where the sections are."""
    return table(("what", "bar", "measured", ""), [_row(bar, results, page) for bar in BARS])


def _row(bar: Bar, results: Mapping[str, Results], page: str) -> tuple[str, ...]:
    wanted = f"{'≥' if bar.at_least else '≤'} {bar.at_most:,} {bar.unit}"
    value = bar.found(results[bar.file]) if bar.file in results else None
    if value is None:
        return bar.what, wanted, "not measured yet", "–"
    met = value >= bar.at_most if bar.at_least else value <= bar.at_most
    said = "met" if met else f"**missed**: [where the time goes]({page}#{bar.section})"
    return bar.what, wanted, f"{value:,} {bar.unit}", said
