"""What was done to messages is checked: each way to lose, double or keep what must be gone."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.faults.checker import Kind, check
from tests.faults.fold import ADDED, DELETED, EDITED, REMOVED, fold
from tests.faults.record import Amending, Entry, Gap, Held, Holding, Run, Sending, Standing

ROOM = "r1"
WORD, OTHER = "w0123456789ab", "wba9876543210"
LIKED = Standing("two", reactions=frozenset({("bob", "👍")}))
ONE = Entry(seq=1, kind="message", who="ada", key="k1", text=f"one {WORD}")
TWO = Entry(seq=2, kind="message", who="ada", key="k2", text="two")
EDIT = Entry(seq=3, kind=EDITED, who="ada", target=1, text=f"first {OTHER}")
REACTION = Entry(seq=4, kind=ADDED, who="bob", target=2, text="👍")
DELETION = Entry(seq=5, kind=DELETED, who="ada", target=1)
GONE = replace(ONE, text="", deleted=True)
EMPTY = replace(EDIT, text="")
KEPT = [GONE, TWO, EMPTY, REACTION, DELETION]
"""What history keeps of it in the end; the log has erased the first and its edit."""
SHOWN = [ONE, TWO, EDIT, REACTION, DELETION]
"""What is shown to whoever was there all the time."""


def _said(entry: Entry) -> Sending:
    return Sending(
        client=f"{entry.who}/1",
        user=entry.who,
        room=ROOM,
        key=entry.key,
        text=entry.text,
        number=entry.seq,
        began_ms=0,
        ended_ms=1,
        outcome="ok",
        seq=entry.seq,
    )


def _asked(event: Entry, **changes: object) -> Amending:
    asked = Amending(
        client=f"{event.who}/1",
        user=event.who,
        room=ROOM,
        kind=event.kind,
        target=event.target,
        text=event.text,
        number=event.seq,
        began_ms=event.seq * 10,
        ended_ms=event.seq * 10 + 5,
        outcome="ok",
    )
    return replace(asked, **changes)


ASKED = [_asked(EDIT), _asked(REACTION), _asked(DELETION)]


def _held(*items: Held, at_end: bool = True) -> Holding:
    return Holding(
        client="eve/1", user="eve", room=ROOM, member_from=0, at_end=at_end, items=list(items)
    )


def _run(
    *, stored: list[Entry] | None = None, shown: list[Held] | None = None, **changes: object
) -> Run:
    kept = KEPT if stored is None else stored
    erased = {entry.target for entry in kept if entry.kind == DELETED}
    logged = [
        e for e in kept if e.seq not in erased and (e.kind != EDITED or e.target not in erased)
    ]
    run = Run(
        seed=1,
        faults=[],
        sendings=[_said(ONE), _said(TWO)],
        holdings=[_held(*(SHOWN if shown is None else shown))],
        stored={ROOM: kept},
        logged={ROOM: logged},
        amendings=ASKED,
        standing={ROOM: fold(kept)},
        words={"the log": frozenset(), "history.events": frozenset()},
        heard={"eve/1": {WORD: 1, OTHER: 1}},
    )
    return replace(run, **changes)


def _kinds(run: Run) -> list[Kind]:
    return [violation.kind for violation in check(run)]


def test_what_was_done_and_undone_is_good() -> None:
    """Whoever was there saw the text, whoever came later did not; both are right."""
    assert check(_run()) == []
    assert check(_run(shown=list(KEPT))) == []
    halfway: list[Held] = [replace(ONE, text=EDIT.text), TWO, EDIT, REACTION, DELETION]
    assert check(_run(shown=halfway)) == []


def test_events_add_up() -> None:
    """An edit of what was deleted changes nothing, nor does one of what is not known."""
    assert fold(SHOWN) == {1: Standing(deleted=True), 2: LIKED}
    assert fold([*SHOWN, replace(EDIT, seq=6)]) == fold(SHOWN)
    assert fold([EDIT, Gap(after=3, before=5)]) == {}
    taken_back = replace(REACTION, seq=6, kind=REMOVED)
    assert fold([TWO, REACTION, taken_back]) == {2: Standing("two")}


@pytest.mark.parametrize("lost", [EDIT, DELETION])
def test_an_acknowledged_change_that_is_nowhere_is_lost(lost: Entry) -> None:
    """In the log, in Postgres and at every client alike."""
    stored = [ONE, TWO, *(event for event in (EDIT, REACTION, DELETION) if event is not lost)]
    if lost is EDIT:
        stored[0] = GONE
    kinds = _kinds(_run(stored=stored, shown=list(stored)))
    assert set(kinds) == {Kind.LOST}


def test_an_acknowledged_reaction_that_is_nowhere_is_lost() -> None:
    """Unless it was taken back afterwards, or nobody knows what was carried out."""
    stored = [GONE, TWO, EMPTY, DELETION]
    assert _kinds(_run(stored=stored, shown=list(stored))) == [Kind.LOST]
    unsure = [_asked(REACTION, attempts=2), _asked(REACTION, number=9, outcome="unknown")]
    assert check(_run(stored=stored, shown=list(stored), amendings=[*ASKED[::2], *unsure])) == []


def test_the_last_edit_is_what_it_says() -> None:
    """Also when both are in the log, the later one first."""
    later = replace(EDIT, seq=3, text="again")
    earlier = replace(EDIT, seq=4)
    stored = [replace(ONE, text=EDIT.text), later, earlier]
    asked = [_asked(EDIT, number=1), _asked(later, number=2)]
    run = _run(stored=stored, shown=list(stored), amendings=asked, sendings=[_said(ONE)])
    assert _kinds(run) == [Kind.LOST]


def test_a_change_stands_once() -> None:
    """An edit twice though it was asked for once; a deletion twice; a reaction twice in a row."""
    again = [replace(event, seq=event.seq + 3) for event in (EDIT, REACTION, DELETION)]
    twice = [ONE, TWO, EDIT, again[0]]
    run = _run(stored=[replace(ONE, text=EDIT.text), *twice[1:]], shown=list(twice))
    assert Kind.DOUBLED in _kinds(replace(run, amendings=ASKED[:1]))
    asked = [_asked(EDIT, attempts=2)]
    assert Kind.DOUBLED not in _kinds(replace(run, amendings=asked))
    both = [_asked(REACTION, attempts=2), _asked(DELETION, attempts=2)]
    for event in again[1:]:
        stored = [*KEPT, event]
        run = _run(stored=stored, shown=[*SHOWN, event], amendings=[_asked(EDIT), *both])
        assert _kinds(run) == [Kind.DOUBLED]


def test_a_refused_change_is_nowhere() -> None:
    """Whatever it was; one whose answer never came may be there."""
    for number, one in enumerate(ASKED):
        asked = [*ASKED]
        asked[number] = replace(one, outcome="refused")
        assert Kind.GHOST in _kinds(_run(amendings=asked))
        asked[number] = replace(one, outcome="unknown")
        assert check(_run(amendings=asked)) == []


def test_a_change_that_nobody_asked_for_is_strange() -> None:
    """An edit, a deletion or a reaction by nobody; a text that its sender never gave."""
    for number in range(len(ASKED)):
        asked = [one for place, one in enumerate(ASKED) if place != number]
        assert Kind.STRANGE in _kinds(_run(amendings=asked))
    twisted: list[Held] = [ONE, TWO, replace(EDIT, text="twisted"), REACTION, DELETION]
    assert Kind.STRANGE in _kinds(_run(shown=twisted))
    invented: list[Held] = [ONE, replace(TWO, text="", deleted=True), *SHOWN[2:]]
    assert Kind.STRANGE in _kinds(_run(shown=invented))


def test_everybody_ends_with_the_same() -> None:
    """Postgres' messages, the log and what a client holds: one of them is different."""
    standing = {ROOM: {**fold(KEPT), 2: Standing("two")}}
    kinds = _kinds(_run(standing=standing))
    assert kinds.count(Kind.SPLIT) == 3
    assert set(kinds) == {Kind.SPLIT, Kind.LOST}


def test_who_was_told_of_a_gap_is_not_compared() -> None:
    """What was done in the gap is not known to them; they page it."""
    gap: list[Held] = [ONE, TWO, Gap(after=2, before=5), DELETION]
    assert check(_run(shown=gap)) == []
    deaf: list[Held] = [ONE, TWO, DELETION]
    assert _kinds(_run(shown=deaf)) == [Kind.HOLE]


@pytest.mark.parametrize("word", [WORD, OTHER])
def test_a_deleted_text_that_stays_somewhere_is_a_leak(word: str) -> None:
    """The first one and those of edits; in the log, or in any table."""
    (violation,) = check(_run(words={"history.outbox": frozenset({word, "w" + 12 * "f"})}))
    assert violation.kind is Kind.LEAKED
    assert "history.outbox" in violation.what


def test_a_deletion_that_was_not_acknowledged_may_still_be_under_way() -> None:
    """Its words go later."""
    asked = [*ASKED[:2], replace(ASKED[2], outcome="unknown")]
    assert check(_run(amendings=asked, words={"the log": frozenset({WORD})})) == []


def test_a_deleted_text_that_is_shown_to_who_came_later_is_a_leak() -> None:
    """By whatever way: what counts is that their connection was begun after the answer."""
    acknowledged = ASKED[2].ended_ms
    assert _kinds(_run(heard={"eve/1": {OTHER: acknowledged + 1}})) == [Kind.LEAKED]
    assert check(_run(heard={"eve/1": {OTHER: acknowledged}})) == []


def test_the_log_may_only_lack_what_was_deleted() -> None:
    """A message that is not, or a reaction, is still there."""
    for missing in (TWO, REACTION, DELETION):
        logged = [e for e in (TWO, REACTION, DELETION) if e is not missing]
        assert Kind.SPLIT in _kinds(_run(logged={ROOM: logged}))
