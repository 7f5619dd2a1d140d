"""The rule of what several connections add up to."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence import status
from proto.shapes import OwnStatus, Status

OWN = st.sampled_from(get_args(OwnStatus))


@pytest.mark.parametrize(
    ("connections", "combined"),
    [
        ([], "offline"),
        (["online"], "online"),
        (["idle"], "idle"),
        (["dnd"], "dnd"),
        (["invisible"], "offline"),
        (["idle", "online"], "online"),
        (["online", "dnd"], "dnd"),
        (["idle", "dnd"], "dnd"),
        (["invisible", "idle"], "idle"),
        (["invisible", "invisible"], "offline"),
        (["a status of a later version"], "offline"),
    ],
)
def test_the_table(connections: list[str], combined: Status) -> None:
    """The liveliest wins, dnd wins over all, and what others may not see counts as offline."""
    assert status.combined(connections) == combined


@given(st.lists(OWN), OWN)
def test_another_connection_never_makes_a_person_less_here(
    connections: list[str], another: str
) -> None:
    """Opening a second device moves a person up the table or not at all."""
    ranks = [*status.PRECEDENCE, "offline"]
    before, after = status.combined(connections), status.combined([*connections, another])
    assert ranks.index(after) <= ranks.index(before)


@given(st.lists(OWN))
def test_neither_order_nor_number_matters(connections: list[str]) -> None:
    """The same set of statuses adds up to the same."""
    assert status.combined(connections) == status.combined(sorted(set(connections)))


@given(st.lists(OWN))
def test_a_person_is_here_if_a_connection_is_visible(connections: list[str]) -> None:
    """Offline means that no connection shows itself, and the other way round."""
    visible = any(status.is_visible(connection) for connection in connections)
    assert visible == (status.combined(connections) != "offline")


def test_every_status_of_the_protocol_has_its_place() -> None:
    """What others may see is what a person may say, but for invisible and offline."""
    assert set(status.PRECEDENCE) == set(get_args(Status)) - {"offline"}
    assert set(status.PRECEDENCE) == set(get_args(OwnStatus)) - {"invisible"}
