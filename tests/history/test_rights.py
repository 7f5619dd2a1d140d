"""Rights: the code's table against protocol.md §9, written down here a second time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history import rights
from history.rights import Right, Standing
from proto import events
from proto.codes import ErrorCode
from proto.shapes import Role, RoomKind, RoomPatch

ROLES: list[Role] = ["owner", "moderator", "member"]
KINDS: list[RoomKind] = ["public", "private", "direct"]
YES, NO, GONE = None, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND

PROTOCOL = [
    # right, owner, moderator, member, public but not a member
    (Right.READ, YES, YES, YES, YES),
    (Right.SEND, YES, YES, YES, NO),
    (Right.HIGHLIGHT, YES, YES, NO, NO),
    (Right.MODERATE, YES, YES, NO, NO),
    (Right.MANAGE, YES, YES, NO, NO),
    (Right.OWN, YES, NO, NO, NO),
]


@pytest.mark.parametrize(("right", "owner", "moderator", "member", "visitor"), PROTOCOL)
def test_the_table_is_the_protocols(
    right: Right,
    owner: ErrorCode | None,
    moderator: ErrorCode | None,
    member: ErrorCode | None,
    visitor: ErrorCode | None,
) -> None:
    """In rooms that are not direct, each right is answered as the protocol's row says."""
    for kind in ("public", "private"):
        found = [rights.refusal(right, kind, role) for role in ROLES]
        assert found == [owner, moderator, member]
    assert rights.refusal(right, "public", None) == visitor


def test_every_right_is_in_the_table() -> None:
    """No right is forgotten, and none is given to strangers."""
    assert set(rights.TABLE) == set(Right) == {row[0] for row in PROTOCOL}
    assert not any(Standing.STRANGER in allowed for allowed in rights.TABLE.values())


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("kind", ["private", "direct"])
def test_a_room_is_not_there_for_strangers(right: Right, kind: RoomKind) -> None:
    """Whatever they try with a private or direct room, it is not found."""
    assert rights.refusal(right, kind, None) is GONE


@pytest.mark.parametrize("role", ROLES)
def test_people_of_a_direct_room_are_equal(role: Role) -> None:
    """They read, send, pin and mention all; nobody manages, whatever role was stored."""
    allowed = {right for right in Right if rights.refusal(right, "direct", role) is None}
    assert allowed == {Right.READ, Right.SEND, Right.HIGHLIGHT}


def test_only_public_rooms_are_joined_and_direct_ones_never_left() -> None:
    """Joining by oneself is for public rooms, leaving for all but direct ones."""
    assert [rights.may_join(kind) for kind in KINDS] == [True, False, False]
    assert [rights.may_leave(kind) for kind in KINDS] == [True, True, False]


@given(st.sampled_from(ROLES), st.sampled_from(ROLES))
def test_kicking_goes_downward_only(actor: Role, target: Role) -> None:
    """One kicks below one's own role: never an equal, never upward."""
    assert rights.is_above(actor, target) == (ROLES.index(actor) < ROLES.index(target))


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("kind", KINDS)
def test_an_archived_room_is_read_and_owned_and_nothing_else(right: Right, kind: RoomKind) -> None:
    """Nobody writes in it or changes it; whoever may undo it still may, and nobody more."""
    for role in (*ROLES, None):
        before = rights.refusal(right, kind, role)
        after = rights.refusal(right, kind, role, archived=True)
        if right in (Right.READ, Right.OWN):
            assert after is before
        else:
            assert after is (before or NO)


def test_every_field_of_a_room_takes_a_right() -> None:
    """Names are for who manages, the pace for who moderates, the end of talk for owners."""
    assert set(rights.RIGHT_OF_FIELD) == set(events.ROOM_FIELDS) == set(RoomPatch.__struct_fields__)
    assert rights.RIGHT_OF_FIELD["slow_mode_seconds"] is Right.MODERATE
    assert rights.RIGHT_OF_FIELD["archived"] is Right.OWN
    assert rights.RIGHT_OF_FIELD["topic"] is Right.MANAGE
    # In a direct room it is for both of them.
    assert rights.RIGHT_OF_FIELD["previews"] is Right.HIGHLIGHT
