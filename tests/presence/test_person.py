"""A person's hash as others see it."""

from presence import person
from proto.calls import Seen
from proto.shapes import Presence


def test_nobody_is_offline_and_was_never_seen() -> None:
    """Somebody Redis knows nothing of is offline, last seen unknown."""
    assert person.presence("u", {}) == Presence("u", "offline", None)


def test_last_seen_is_told_of_those_who_are_gone() -> None:
    """It is null while the person is here, and the time once they are not."""
    assert person.presence("u", {"s": "idle|g", "@seen": "5"}) == Presence("u", "idle", None)
    assert person.presence("u", {"@seen": "5"}) == Presence("u", "offline", 5)


def test_ended_sessions_and_what_was_told_before_do_not_count() -> None:
    """A tombstone is no connection, and `@status` may be a second old."""
    fields = {"s": person.ENDED, "@status": "online", "@seen": "5"}
    assert person.presence("u", fields) == Presence("u", "offline", 5)


def test_several_connections_add_up() -> None:
    """The gateway's name in a connection has no part in its status."""
    fields = {"s1": "idle|dnd", "s2": "online|g2"}
    assert person.presence("u", fields).status == "online"


def test_what_was_found_and_told_is_no_connection() -> None:
    """Fields of the person's own are none of their connections."""
    fields = {"@status": "online", "@rev": "7", "@told": "online", "@seen": "5"}
    assert person.presence("u", fields) == Presence("u", "offline", 5)


def test_what_a_script_answers_is_text() -> None:
    """Last seen is told of those who are gone, if it is known."""
    assert person.seen("u", "idle", "5", "7") == Seen("u", "idle", None, 7)
    assert person.seen("u", "offline", "5", "7") == Seen("u", "offline", 5, 7)
    assert person.seen("u", "offline", "", "0") == Seen("u", "offline", None, 0)
