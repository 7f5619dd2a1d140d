"""Which of somebody's devices makes the sound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notify.device import Choice, choose
from proto.calls import Lease
from proto.shapes import OwnStatus


def lease(session: str, status: OwnStatus = "online", since_ms: int = 0) -> Lease:
    """A connection of bob's."""
    return Lease("bob", session, status, since_ms)


def test_nobody_is_there() -> None:
    """Then nothing makes a sound, and nothing is quiet."""
    assert choose([]) == Choice(quiet=False, session="", active=False)


def test_one_who_is_not_to_be_disturbed_anywhere_is_not_disturbed() -> None:
    """Whatever the other devices say."""
    found = choose([lease("a"), lease("b", "dnd")])
    assert found == Choice(quiet=True, session="", active=False)


def test_the_liveliest_and_of_those_the_newest() -> None:
    """Online before invisible before idle; who is idle, or may be, is not active."""
    idle, hidden = lease("a", "idle", 9), lease("b", "invisible", 8)
    old, new = lease("c", "online", 1), lease("d", "online", 2)
    assert choose([old, idle, new, hidden]) == Choice(quiet=False, session="d", active=True)
    assert choose([idle, hidden]) == Choice(quiet=False, session="b", active=False)
    assert choose([idle]) == Choice(quiet=False, session="a", active=False)


@given(
    st.lists(
        st.builds(
            lease,
            session=st.text("abc", min_size=1, max_size=3),
            status=st.sampled_from(["online", "idle", "invisible"]),
            since_ms=st.integers(0, 3),
        ),
        min_size=1,
        unique_by=lambda one: one.session,
    )
)
def test_the_choice_is_one_of_them_in_whatever_order(leases: list[Lease]) -> None:
    """So that two replicas, or the same one again, choose the same."""
    found = choose(leases)
    assert found.session in {one.session for one in leases}
    assert choose(leases[::-1]) == found
    assert found.active == any(one.status == "online" for one in leases)
