"""The checker catches each way of breaking the promise, and nothing where none is broken."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.faults.checker import Kind, check
from tests.faults.record import Entry, Gap, Held, Holding, Left, Outcome, Rewind, Run, Sending

ROOM = "r1"


def _message(seq: int, text: str, who: str = "ada") -> Entry:
    return Entry(seq=seq, kind="message", who=who, key=f"k-{text}", text=text)


def _said(
    text: str, seq: int | None, *, number: int = 0, outcome: Outcome = "ok", client: str = "ada/1"
) -> Sending:
    return Sending(
        client=client,
        user=client.partition("/")[0],
        room=ROOM,
        key=f"k-{text}",
        text=text,
        number=number,
        began_ms=0,
        ended_ms=1,
        outcome=outcome,
        seq=seq,
    )


def _held(*items: Held, user: str = "bob", member_from: int = 0, at_end: bool = True) -> Holding:
    return Holding(
        client=f"{user}/1",
        user=user,
        room=ROOM,
        member_from=member_from,
        at_end=at_end,
        items=list(items),
    )


ONE, TWO, THREE = _message(1, "one"), _message(2, "two"), _message(5, "three")
TRUTH = [ONE, TWO, THREE]
SAID = [_said("one", 1, number=1), _said("two", 2, number=2), _said("three", 5, number=3)]


def _run(*holdings: Holding, stored: list[Entry] | None = None, **changes: object) -> Run:
    kept = TRUTH if stored is None else stored
    run = Run(
        seed=1,
        faults=[],
        sendings=SAID,
        holdings=list(holdings) or [_held(*kept)],
        stored={ROOM: kept},
        logged={ROOM: kept},
    )
    return replace(run, **changes)


def _kinds(run: Run) -> list[Kind]:
    return [violation.kind for violation in check(run)]


def test_a_good_run_is_good() -> None:
    """Everything said is kept and shown once, in order; an end in the middle is no fault."""
    assert check(_run()) == []
    assert check(_run(_held(ONE, at_end=False), _held(*TRUTH, user="eve"))) == []


def test_an_acknowledged_message_that_is_nowhere_is_lost() -> None:
    """In the log and in Postgres alike; the sentence names it."""
    kept = [ONE, THREE]
    (violation,) = check(_run(_held(*kept), stored=kept))
    assert violation.kind is Kind.LOST
    assert "'two' of ada/1, acknowledged at 2" in violation.what


def test_after_the_log_was_taken_away_only_what_is_there_counts() -> None:
    """What had not reached Postgres may be missing then; nothing else may."""
    kept = [ONE, THREE]
    assert check(_run(_held(*kept), stored=kept, reborn=True, logged={ROOM: []})) == []
    assert Kind.STRANGE in _kinds(_run(_held(ONE, TWO, THREE), stored=kept, reborn=True))


def test_a_message_that_stands_twice_is_doubled() -> None:
    """The same key of the same sender at two places."""
    kept = [*TRUTH, Entry(seq=9, kind="message", who="ada", key="k-one", text="one")]
    assert Kind.DOUBLED in _kinds(_run(_held(*TRUTH, at_end=False), stored=kept))


def test_the_same_key_of_two_people_is_two_messages() -> None:
    """Keys belong to their senders."""
    theirs = Entry(seq=9, kind="message", who="eve", key="k-one", text="one")
    said = [*SAID, _said("one", 9, client="eve/1")]
    assert check(_run(stored=[*TRUTH, theirs], sendings=said)) == []


def test_an_answer_that_names_another_place_is_reordered() -> None:
    """The acknowledged place is where it stands."""
    said = [_said("one", 2, number=1), *SAID[1:]]
    assert Kind.REORDERED in _kinds(_run(sendings=said))


def test_a_refused_message_that_is_there_is_a_ghost() -> None:
    """A final error means nowhere."""
    said = [*SAID[:2], _said("three", None, number=3, outcome="refused")]
    assert _kinds(_run(sendings=said)) == [Kind.GHOST]


@pytest.mark.parametrize("kept", [TRUTH, TRUTH[:2]])
def test_an_unknown_one_may_be_there_once_or_not(kept: list[Entry]) -> None:
    """Its sender never learned; both are as promised."""
    said = [*SAID[:2], _said("three", None, number=3, outcome="unknown")]
    assert check(_run(stored=kept, sendings=said)) == []


def test_a_message_that_nobody_said_is_strange() -> None:
    """It may come from no sender at all."""
    assert _kinds(_run(sendings=SAID[:2])) == [Kind.STRANGE]


def test_a_senders_own_order_is_kept() -> None:
    """What was said later stands later, whatever was repeated."""
    said = [_said("one", 1, number=2), _said("two", 2, number=1), SAID[2]]
    assert _kinds(_run(sendings=said)) == [Kind.REORDERED]
    again = [replace(SAID[1], number=8, repeat=True), replace(SAID[0], number=9, repeat=True)]
    assert check(_run(sendings=[*SAID, *again])) == []


def test_historys_order_is_strict() -> None:
    """No place is before the one before it."""
    kept = [TWO, ONE, THREE]
    assert Kind.REORDERED in _kinds(_run(_held(at_end=False), stored=kept))


def test_log_and_postgres_hold_the_same() -> None:
    """What was trimmed from the log is no difference; what is missing in Postgres is a loss."""
    assert check(_run(logged={ROOM: [THREE]}, trimmed=2)) == []
    assert _kinds(_run(logged={ROOM: [ONE, THREE]}, trimmed=1)) == [Kind.SPLIT]
    assert _kinds(_run(logged={ROOM: [ONE, _message(2, "other"), THREE]})) == [Kind.SPLIT]
    more = [*TRUTH, _message(7, "four")]
    assert _kinds(_run(logged={ROOM: more})) == [Kind.LOST]


def test_a_client_that_is_shown_less_has_a_hole() -> None:
    """Unless it was told of the gap, or it ends there and is not settled yet."""
    assert _kinds(_run(_held(ONE, THREE))) == [Kind.HOLE]
    assert check(_run(_held(ONE, Gap(after=1, before=5), THREE))) == []
    assert _kinds(_run(_held(ONE, Gap(after=0, before=1), THREE))) == [Kind.HOLE]


def test_a_settled_client_holds_the_end() -> None:
    """Nothing after the last thing shown."""
    assert _kinds(_run(_held(ONE, TWO))) == [Kind.LOST]


def test_many_missing_ones_are_named_shortly() -> None:
    """The first three, and how many more."""
    kept = [_message(n, str(n)) for n in range(1, 8)]
    said = [_said(str(n), n, number=n) for n in range(1, 8)]
    (violation,) = check(_run(_held(kept[0]), stored=kept, sendings=said))
    assert "2, 3, 4 and 3 more" in violation.what


def test_a_client_is_shown_nothing_twice() -> None:
    """Neither the same place again nor the same message at another place."""
    assert _kinds(_run(_held(ONE, ONE, TWO, THREE))) == [Kind.DOUBLED]
    again = _message(7, "one")
    kinds = _kinds(_run(_held(*TRUTH, again), stored=[*TRUTH, again]))
    assert kinds == [Kind.DOUBLED, Kind.DOUBLED]


def test_a_client_is_shown_the_rooms_order() -> None:
    """An event that comes after a later one is out of order."""
    assert Kind.REORDERED in _kinds(_run(_held(TWO, ONE, THREE, member_from=1)))


def test_a_client_is_shown_what_was_said() -> None:
    """Another text at the place, or a place that is not there."""
    assert _kinds(_run(_held(ONE, _message(2, "twisted"), THREE))) == [Kind.STRANGE]
    assert _kinds(_run(_held(*TRUTH, _message(8, "invented")))) == [Kind.STRANGE]


def test_a_rewound_client_is_shown_the_new_end() -> None:
    """It drops what it held above, and goes on from there."""
    kept = [ONE, _message(1_000, "anew")]
    said = [SAID[0], _said("anew", 1_000, number=4)]
    held = _held(ONE, Rewind(to=1), kept[1])
    assert check(_run(held, stored=kept, sendings=said, logged={ROOM: kept})) == []


def _event(seq: int, kind: str, who: str = "bob") -> Entry:
    return Entry(seq=seq, kind=kind, who=who)


def test_who_was_removed_is_shown_their_end_and_nothing_after_it() -> None:
    """Until they are let in again: from then on they may also hear what was said in between."""
    removed, joined = _event(3, "member.removed"), _event(7, "member.joined")
    kept = [ONE, TWO, removed, THREE, joined, _message(8, "back")]
    said = [*SAID, _said("back", 8, number=4)]
    good = _held(ONE, TWO, removed, Left(), joined, kept[-1])
    assert check(_run(good, stored=kept, sendings=said)) == []
    late = _held(ONE, TWO, removed, replace(THREE, ms=70), joined, kept[-1])
    back = [*kept[:4], replace(joined, ms=60), kept[-1]]
    assert check(_run(late, stored=back, sendings=said)) == []
    early = _held(ONE, TWO, removed, replace(THREE, ms=50), joined, kept[-1])
    assert _kinds(_run(early, stored=back, sendings=said)) == [Kind.LEAKED]
    deaf = _held(ONE, TWO, removed, joined)
    assert _kinds(_run(deaf, stored=kept, sendings=said)) == [Kind.LOST]


def test_who_never_was_told_of_their_removal_misses_it() -> None:
    """The removal itself is theirs to see."""
    kept = [ONE, TWO, _event(3, "member.left"), THREE]
    assert _kinds(_run(_held(ONE, TWO), stored=kept)) == [Kind.LOST]


def test_who_stays_removed_is_never_shown_more() -> None:
    """However late they hear it."""
    removed = _event(3, "member.removed")
    held = _held(ONE, TWO, removed, replace(THREE, ms=10_000), at_end=False)
    assert _kinds(_run(held, stored=[ONE, TWO, removed, THREE])) == [Kind.LEAKED]


def test_what_never_came_back_is_a_violation_of_its_own() -> None:
    """Nobody was settled then, so that what they do not hold yet is no loss; a hole is one."""
    more = [*TRUTH, _message(7, "four")]
    early = _run(_held(ONE), logged={ROOM: more}, stuck="gateway-1 is not ready")
    assert _kinds(early) == [Kind.STUCK]
    assert _kinds(_run(_held(ONE, THREE), stuck="x")) == [Kind.STUCK, Kind.HOLE]


def test_what_happens_to_others_is_no_end_of_ones_own() -> None:
    """Their leaving is an event like any other; so is another role of one's own."""
    kept = [ONE, TWO, _event(3, "member.left", "eve"), _event(4, "member.role"), THREE]
    assert check(_run(_held(*kept), stored=kept)) == []
