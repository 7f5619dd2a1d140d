"""Who may upload into a room, and who may look at a file of it."""

from typing import Any

import pytest

from media import access
from proto import calls
from proto.codes import ErrorCode
from proto.shapes import Room

NOW_MS = 1_000


def member(**fields: Any) -> calls.MemberReply:  # noqa: ANN401
    """What history says of a member."""
    room = Room(id="r1", kind="private", name="A room", topic="", role="member", **fields)
    return calls.MemberReply("private", calls.RoomAsOf(room, 1))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (member(), None),
        (member(muted_until_ms=NOW_MS), None),
        (member(muted_until_ms=NOW_MS + 1), ErrorCode.FORBIDDEN),
        (member(archived=True), ErrorCode.FORBIDDEN),
        (calls.MemberReply("public", None), ErrorCode.FORBIDDEN),
        (calls.MemberReply("private", None), ErrorCode.NOT_FOUND),
        (calls.MemberReply(None, None), ErrorCode.NOT_FOUND),
    ],
)
def test_only_who_may_write_in_a_room_uploads_into_it(
    said: calls.MemberReply, code: ErrorCode | None
) -> None:
    """A room one is not in is not there, unless it is public; muted and archived is told."""
    fault = access.refusal(said, NOW_MS)
    assert (fault and fault.code) == code


def test_whoever_reads_in_a_room_sees_its_files() -> None:
    """Members, and everybody in a public room."""
    assert access.may_see(member())
    assert access.may_see(calls.MemberReply("public", None))
    assert not access.may_see(calls.MemberReply("private", None))
    assert not access.may_see(calls.MemberReply(None, None))
