"""The page of a run shows what went wrong, asks for nothing from elsewhere, and stays bounded."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter

from tests.faults.checker import check
from tests.faults.record import Entry, Fault, Gap, Holding, Left, Rewind, Run, Sending
from tests.faults.timeline import CLIENTS, COLUMN, LISTED, WIDTHS, page

ROOM = "room-1"


def _entry(seq: int, ms: int = 0) -> Entry:
    text = f"<b>{seq}</b>"
    return Entry(seq=seq, kind="message", who="ada", key=f"k{seq}", text=text, ms=ms or seq * 100)


def _sending(seq: int, client: str = "ada") -> Sending:
    return Sending(
        client=client,
        user="ada",
        room=ROOM,
        key=f"k{seq}",
        text=f"<b>{seq}</b>",
        number=seq,
        began_ms=seq * 100 - 50,
        ended_ms=seq * 100,
        outcome="ok",
        seq=seq,
    )


def _run(*holdings: Holding, sends: int = 5) -> Run:
    stored = [_entry(seq) for seq in range(1, sends + 1)]
    return Run(
        seed=7,
        faults=[Fault(kind="kill", target="gateway-1", began_ms=100, ended_ms=300)],
        sendings=[_sending(seq) for seq in range(1, sends + 1)],
        holdings=list(holdings),
        stored={ROOM: stored},
        logged={ROOM: stored},
    )


def _holding(*items: Entry | Gap | Rewind | Left, client: str = "bob") -> Holding:
    return Holding(
        client=client, user="bob", room=ROOM, member_from=0, at_end=False, items=list(items)
    )


def _marks(drawn: str) -> Counter[str]:
    return Counter(re.findall(r'<(?:rect|polygon) class="(\w+)"', drawn))


def test_a_hole_is_named_and_marked() -> None:
    """In the list and as a mark in the lane of the client, with the sentence as its tooltip."""
    run = _run(_holding(_entry(1), _entry(4)))
    (violation,) = check(run)
    drawn = page(run, [violation])
    assert f"<b>hole</b> in room {ROOM}: {violation.what}" in drawn
    assert f"<title>hole: {violation.what}</title></polygon>" in drawn
    assert _marks(drawn) == {"fault": 1, "ok": 5, "held": 2, "violation": 1}


def test_everything_that_a_client_is_told_has_its_mark() -> None:
    """Gaps, rewinds and ends beside what was shown."""
    held = _holding(_entry(1), Gap(after=1, before=3), _entry(3), Rewind(to=2), Left())
    marks = _marks(page(_run(held), []))
    assert marks == {"fault": 1, "ok": 5, "held": 2, "gap": 1, "rewind": 1, "left": 1}


def test_a_page_is_whole_and_alone() -> None:
    """Text of people is escaped, the drawing is well-formed, and nothing is asked of anybody."""
    drawn = page(_run(_holding(_entry(1))), [])
    assert "<b>1" not in drawn.replace("&lt;b&gt;", "")
    svg = drawn[drawn.index("<svg") : drawn.index("</svg>") + 6]
    assert ET.fromstring(svg).get("role") == "img"  # noqa: S314 - our own
    assert not re.search(r"src=|href=|url\(|@import|<script", drawn)


def test_a_run_without_anything_is_drawn_too() -> None:
    """Nothing happened, and the page says so."""
    drawn = page(Run(seed=1, faults=[], sendings=[], holdings=[], stored={}, logged={}), [])
    assert "no violation, 0 faults, 0 sends" in drawn


def test_a_long_run_is_no_larger_than_its_lanes() -> None:
    """Marks of one column are one mark; lanes and listed violations have a bound."""
    many = [_entry(seq) for seq in range(1, 20_001)]
    run = _run(*(_holding(*many[:100:2], client=f"c{n}") for n in range(100)), sends=20_000)
    wrong = check(run)[:1] * (LISTED + 9)
    drawn = page(run, wrong)
    marks = _marks(drawn)
    assert marks["ok"] <= WIDTHS[1] // COLUMN + 1
    assert marks["violation"] == LISTED
    assert f"and {9} more</p>" in drawn
    assert drawn.count("<text") < CLIENTS + 2 + 200
