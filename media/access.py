"""Who may upload into a room, and who may look at a file; it asks nobody."""

from __future__ import annotations

from proto import calls
from proto.codes import ErrorCode
from proto.wire import Fault


def refusal(member: calls.MemberReply, now_ms: int) -> Fault | None:
    """Why somebody may not upload into a room: only what they may say there, they may show."""
    if member.kind is None or (member.state is None and member.kind != "public"):
        return Fault(ErrorCode.NOT_FOUND, "there is no such room for you", "room")
    if member.state is None:
        return Fault(ErrorCode.FORBIDDEN, "only members write here: join the room first", "room")
    room = member.state.room
    if room.archived:
        return Fault(ErrorCode.FORBIDDEN, "this room is archived: nobody writes in it", "room")
    if room.muted_until_ms is not None and now_ms < room.muted_until_ms:
        return Fault(ErrorCode.FORBIDDEN, "you are muted in this room", "room")
    return None


def may_see(member: calls.MemberReply) -> bool:
    """Say whether somebody reads in a room, and so sees the files of its messages."""
    return member.state is not None or member.kind == "public"
