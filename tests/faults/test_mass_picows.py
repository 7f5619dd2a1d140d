"""A lean socket notes what it was shown as it was shown it; the sockets themselves are tried by
`test_short`."""

from __future__ import annotations

import msgspec

from tests.faults.mass_picows import Lean, Mass, _decode
from tests.faults.record import Entry, Gap, Held, Left, Rewind


def _lean(last_seq: int = 5) -> Lean:
    lean = Lean(Mass("http://127.0.0.1"), "m0-0", "ada", "http://127.0.0.1")
    _take(lean, type="ready", rooms=[{"id": "r", "last_seq": last_seq}])
    return lean


def _take(lean: Lean, **fields: object) -> None:
    lean._take(_decode(msgspec.json.encode({"room": "r", **fields})))


def _message(lean: Lean, seq: int, prev: int) -> None:
    _take(lean, type="message", seq=seq, prev=prev, id=f"k{seq}", sender="bob", text="hi")


def _items(lean: Lean) -> list[Held]:
    (holding,) = lean.holdings()
    return holding.items


def test_what_comes_again_is_held_once() -> None:
    """At or below what it holds is no news; `prev` below it is no hole."""
    lean = _lean()
    _message(lean, 5, 4)
    _message(lean, 7, 3)
    _message(lean, 7, 3)
    assert [item.seq for item in _items(lean) if isinstance(item, Entry)] == [7]


def test_a_hole_is_not_passed_over() -> None:
    """What follows it is not taken, so that the next resume asks for all of it."""
    lean = _lean()
    _message(lean, 9, 8)
    assert _items(lean) == []
    assert not lean.hears({"r": 9})
    assert lean.hears({"r": 5})


def test_a_resume_says_what_is_missing() -> None:
    """A gap that is too long, an end that is gone, a room that one is in no more; then it is live,
    and not before."""
    lean = _lean()
    lean.live.clear()
    _take(lean, type="ready", rooms=[{"id": "r", "last_seq": 900}])
    assert not lean.live.is_set()
    _take(lean, type="resumed", to=900, complete=False)
    assert lean.live.is_set()
    _take(lean, type="resumed", to=800, complete=False)
    _take(lean, type="resumed", complete=False, gone=True)
    assert _items(lean) == [Gap(after=5, before=901), Rewind(to=800), Left()]


def test_the_peak_is_the_fullest_second() -> None:
    """A second from any begin, not by the clock's full ones."""
    mass = Mass("http://127.0.0.1")
    assert mass.peak_ready() == 0
    mass.ready_ms = [100, 900, 1_050, 1_099, 3_000]
    assert mass.peak_ready() == 4
