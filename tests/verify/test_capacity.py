"""What an installation needs: that the reckoning agrees with what was measured, and with itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto import limits
from verify.capacity import BUSY, Load, Told, busy, gateways, reckon, text, told, touched

SMALL = Load(users=1_000, rooms=200)
LOADS = st.builds(
    Load,
    users=st.integers(1, 200_000),
    rooms=st.integers(1, 100_000),
    online=st.floats(0.01, 1.0),
    rooms_each=st.integers(1, 50),
)


def test_it_agrees_with_the_small_rooms_of_the_bench() -> None:
    """1,000 sockets in rooms of 10 over two gateways, 1,000 messages a second: 629 µs in both."""
    still = Load(1_000, 100, 1, 1, rooms_each=1, messages_per_hour=3_600, peak=1)
    assert still.rate == pytest.approx(1_000)
    assert still.listeners == 10
    assert busy(still, 2) == pytest.approx(0.629, rel=0.05)


def test_it_agrees_with_the_large_room_of_the_bench() -> None:
    """1,000 sockets of one gateway in a room: about 12 µs a delivery."""
    load = Load(users=1_000, rooms=1, online=1, devices=1, rooms_each=1, peak=1)
    assert busy(load, 1) / (load.rate * load.listeners) == pytest.approx(12e-6, rel=0.05)


def test_a_message_goes_to_gateways_that_have_somebody() -> None:
    """To one where there is one, and to nearly all for a large room; never to more than listen."""
    assert touched(1, 10) == 1
    assert touched(10, 1) == pytest.approx(1)
    assert 1.8 < touched(2, 10) < 2
    assert touched(10, 1_000) == pytest.approx(10)


@given(LOADS)
def test_one_gateway_may_be_lost(load: Load) -> None:
    """Those that are left have the room and the time for everybody, or it says that none would."""
    try:
        need = reckon(load)
    except ValueError:
        return
    left = need.gateways - 1
    assert left >= 1
    assert load.sockets <= left * load.sockets_per_gateway
    assert busy(load, left) <= BUSY * left
    assert [share for _, share in need.bounds] == sorted(
        (share for _, share in need.bounds), reverse=True
    )


def test_more_people_need_no_less() -> None:
    """Nothing gets smaller with the load."""
    few, many = reckon(SMALL), reckon(Load(users=100_000, rooms=20_000))
    for name in ("gateways", "gateway_cores", "proxy_files", "egress_bits_per_second"):
        assert getattr(few, name) < getattr(many, name)


def test_what_nobody_can_serve_is_said() -> None:
    """A million people in one room who all talk: no number of gateways helps."""
    with pytest.raises(ValueError, match="rooms are too large"):
        gateways(Load(users=1_000_000, rooms=1, online=1, rooms_each=1))


def test_the_answer_is_for_reading() -> None:
    """Each thing has its line, and the last says what breaks first, now or one day."""
    said = text(SMALL)
    assert said.splitlines()[0] == "sockets            390 at the busiest time"
    assert said.endswith("First would break the sockets of a gateway, with one lost.")
    large = text(Load(users=1_000_000, rooms=200_000, online=1, devices=1))
    assert large.endswith("First breaks the core of the log's leader.")
    assert "TB a year" in large
    assert " KB a day" in text(Load(users=10, rooms=2))


def test_a_change_of_presence_costs_what_its_watchers_are() -> None:
    """Nothing where nobody watches; a whole room that arrives at once makes no million frames, be
    it that all of them watch as many as they may.
    """
    assert told(1, 0, 10) == Told(1, 0, 0)
    assert told(1, 3, 10) == Told(1, 3, 3)
    assert told(1_000, 50, 2) == Told(1_000, 2_000, 50_000)
    assert told(1_000, limits.WATCH_USERS, 2).frames <= 500_000
