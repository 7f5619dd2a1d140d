"""Tables of the page of figures, and the section that is one: the browser client's frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines: list[Sequence[str]] = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def frames(found: Mapping[str, Any]) -> str:
    """What `bench frames` found: the client and the plain page, scrolled and while much is said."""
    kinds = list(found["median"]["said"]["ms_a_frame"])
    # Results of before the speed was exact have one, and do not say which.
    speeds: Mapping[str, int] = found.get("pixels_a_second", {})
    moved = {what: f"scrolled at {speed:,} pixels a second" for what, speed in speeds.items()}
    rows = [
        _row(f"{did}{by}", found["median"][f"{which}{what}"], kinds)
        for what, did in {**(moved or {"scrolled": "scrolled"}), "said": "messages arrive"}.items()
        for which, by in (("", ""), ("plain_", ", plain page"))
    ]
    head = ("what", "frames a second", "% over 16.7 ms", "ms a frame, p50 / p95 / p99")
    return (
        f"**Bias**: {found['bias']}\n\nChromium {found['chromium']}, {found['messages']:,} messages"
        f" scrolled, {found['rate']} a second that arrive; medians of rounds, of a plain page in"
        " turns with the client. What a frame costs is what the page's thread did since the one"
        " before.\n\n" + table((*head, " / ".join(kinds)), rows)
    )


def _row(name: str, one: Mapping[str, Any], kinds: Sequence[str]) -> Sequence[str]:
    return (
        name,
        str(one["frames_a_second"]),
        str(one["over_budget_percent"]),
        " / ".join(str(ms) for ms in one["main_thread_ms"].values()),
        " / ".join(str(one["ms_a_frame"][kind]) for kind in kinds),
    )
