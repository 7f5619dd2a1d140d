"""A person's hash as others see it."""

from msgspec import UNSET

from presence import person
from proto import calls
from proto.calls import Lease, Seen
from proto.shapes import CustomStatus, Presence

NOW_MS = 1_700_000_000_000
OPEN = {"@own": "7|0|0|"}
TEA = CustomStatus("Tea | cake", "☕", NOW_MS + 1)


def _own(settled: calls.Settled) -> dict[str, str]:
    return {"@own": "|".join(map(str, person.own(settled)))}


def test_nobody_is_offline_and_was_never_seen() -> None:
    """Somebody Redis knows nothing of is offline, last seen unknown."""
    assert person.presence("u", {}, NOW_MS) == Presence("u", "offline", None)


def test_last_seen_is_told_of_those_who_are_gone() -> None:
    """It is null while the person is here, and the time once they are not."""
    here = {"s": "idle|g", "@seen": "5", **OPEN}
    assert person.presence("u", here, NOW_MS) == Presence("u", "idle", None)
    assert person.presence("u", {"@seen": "5", **OPEN}, NOW_MS) == Presence("u", "offline", 5)


def test_ended_sessions_and_what_was_told_before_do_not_count() -> None:
    """A tombstone is no connection, and `@status` may be a second old."""
    fields = {"s": person.ENDED, "@status": "online", "@seen": "5", **OPEN}
    assert person.presence("u", fields, NOW_MS) == Presence("u", "offline", 5)


def test_several_connections_add_up() -> None:
    """The gateway's name in a connection has no part in its status; one that broke counts still."""
    fields = {"s1": "idle|dnd", "s2": "online|g2|left", **OPEN}
    assert person.presence("u", fields, NOW_MS).status == "online"


def test_what_was_found_and_told_is_no_connection() -> None:
    """Fields of the person's own are none of their connections."""
    fields = {"@status": "online", "@rev": "7", "@told": "online", "@seen": "5", **OPEN}
    assert person.presence("u", fields, NOW_MS) == Presence("u", "offline", 5)


def test_who_hides_is_offline_and_says_nothing() -> None:
    """And so is one of whom it is not known whether they do."""
    hidden = _own(calls.Settled("u", 7, hidden=True, custom_status=TEA))
    for fields in ({"s": "online|g|1", **hidden}, {"s": "online|g|1"}):
        assert person.presence("u", fields, NOW_MS) == Presence("u", "offline", None, UNSET)


def test_what_somebody_says_is_told_until_it_is_over() -> None:
    """Whether they are here or not; a separator in it is a part of it."""
    says = _own(calls.Settled("u", 7, custom_status=TEA))
    assert person.presence("u", says, NOW_MS).custom_status == TEA
    assert person.presence("u", {"s": "dnd|g|1", **says}, NOW_MS).custom_status == TEA
    assert person.presence("u", says, NOW_MS + 1).custom_status is UNSET
    for_ever = _own(calls.Settled("u", 7, custom_status=CustomStatus("Tea")))
    assert person.presence("u", for_ever, NOW_MS).custom_status == CustomStatus("Tea")


def test_living_connections_are_told_with_what_they_say() -> None:
    """Not those that ended, nor those that broke, unless they want quiet; a status of a later
    version is taken for one that others do not see.
    """
    fields = {
        "s5": "online|g1|left",
        "s6": "dnd|g1|left",
        "s1": "idle|g1|17",
        "s2": person.ENDED,
        "s3": "asleep|g1|18",
        "s4": "dnd|g",
        "@status": "dnd",
    }
    assert person.connections("u", fields) == [
        Lease("u", "s6", "dnd", 0),
        Lease("u", "s1", "idle", 17),
        Lease("u", "s3", "invisible", 18),
        Lease("u", "s4", "dnd", 0),
    ]
    assert person.connections("u", {}) == []


def test_what_a_script_answers_is_text() -> None:
    """Last seen is told of those who are gone, if it is known."""
    assert person.seen("u", "idle", "5", "7", "") == Seen("u", "idle", None, 7)
    assert person.seen("u", "offline", "5", "7", "") == Seen("u", "offline", 5, 7)
    assert person.seen("u", "offline", "", "0", "") == Seen("u", "offline", None, 0)
    note = '{"text":"Tea"}'
    assert person.seen("u", "idle", "", "7", note) == Seen(
        "u", "idle", None, 7, CustomStatus("Tea")
    )


def test_who_says_nothing_has_settled_something_all_the_same() -> None:
    """Whether they hide, and when they said so."""
    assert person.own(calls.Settled("u", 3, hidden=True)) == (3, 1, 0, "")
    assert person.own(calls.Settled("u")) == (0, 0, 0, "")
