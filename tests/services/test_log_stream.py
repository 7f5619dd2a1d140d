"""How the stream of all rooms is to be."""

from hypothesis import given
from hypothesis import strategies as st

from proto import limits, subjects
from services.log_stream import StreamSettings, rooms_stream

SETTINGS = StreamSettings(max_bytes=1_000_000, replicas=3)


def test_the_stream_is_what_the_protocol_needs() -> None:
    """It captures every room, republishes what it stored, and remembers ids for the window."""
    spec = rooms_stream(SETTINGS)
    assert (spec.name, spec.subjects) == (subjects.ROOMS_STREAM, (subjects.ROOM_LOG_ALL,))
    assert (spec.republish_from, spec.republish_to) == ("room.log.>", "room.live.>")
    assert spec.duplicate_window_seconds * 1000 == limits.DEDUPE_WINDOW_MS
    assert (spec.max_bytes, spec.replicas, spec.first_seq) == (1_000_000, 3, 0)


@given(st.integers(1, 2**52))
def test_a_stream_made_again_begins_far_above_what_is_stored(stored: int) -> None:
    """At a multiple of 10⁹ above it: no sequence is used twice."""
    first = rooms_stream(SETTINGS, stored=stored).first_seq
    assert first % 10**9 == 0
    assert stored < first <= stored + 10**9
