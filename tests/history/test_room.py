"""What a room may be called, who takes it over, and the events of its life."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from history import room
from history.room import Draft, Standing
from proto import events, ids, limits, wire
from proto.codes import ErrorCode
from proto.shapes import NewRoom, Role, RoomPatch
from proto.wire import Fault


def test_a_draft_names_everybody_once() -> None:
    """The maker and doubles are left out of the others; names lose the space around them."""
    new = NewRoom("public", " Tea ", None, ["bob", "ada", "bob", "cid"])
    assert room.draft(new, "ada") == Draft("public", "Tea", "", ("bob", "cid"), None)


def test_a_direct_room_is_its_set_of_people() -> None:
    """Whoever makes it and in whatever order they are named."""
    one = room.draft(NewRoom("direct", members=["bob", "cid"]), "ada")
    other = room.draft(NewRoom("direct", members=["ada", "cid", "bob"]), "bob")
    assert isinstance(one, Draft)
    assert isinstance(other, Draft)
    assert one.people == other.people == "ada,bob,cid"


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewRoom("public"), "name"),
        (NewRoom("private", name="  "), "name"),
        (NewRoom("private", name="x" * 81), "name"),
        (NewRoom("private", name="a\nb"), "name"),
        (NewRoom("private", name="nul\x00"), "name"),
        (NewRoom("private", name="\u202egpj.exe"), "name"),
        (NewRoom("private", name="\u200b\u3164"), "name"),
        (NewRoom("private", name="ok", topic="t" * 251), "topic"),
        (NewRoom("private", name="ok", topic="\x07"), "topic"),
        (NewRoom("private", name="ok", members=[f"u{n}" for n in range(101)]), "members"),
        (NewRoom("direct", name="two of us", members=["bob"]), "name"),
        (NewRoom("direct", topic="us", members=["bob"]), "topic"),
        (NewRoom("direct"), "members"),
        (NewRoom("direct", members=["ada"]), "members"),
        (NewRoom("direct", members=[f"u{n}" for n in range(8)]), "members"),
    ],
)
def test_a_bad_draft_is_a_fault_that_names_the_field(new: NewRoom, field: str) -> None:
    """Each rule that is broken is told with the field that breaks it."""
    found = room.draft(new, "ada")
    assert isinstance(found, Fault)
    assert (found.code, found.field) == (ErrorCode.INVALID, field)


@given(st.text(max_size=100))
def test_a_name_is_kept_trimmed_or_refused(name: str) -> None:
    """What is kept is within bounds and is kept the same when it comes again."""
    kept = room.check_name(name)
    if isinstance(kept, str):
        assert kept == name.strip() == room.check_name(kept)
        assert 1 <= len(kept) <= limits.ROOM_NAME_CHARACTERS[1]
        assert "\n" not in kept
    topic = room.check_topic(name)
    assert isinstance(topic, Fault) or topic == name.strip()


def test_a_patch_is_checked_field_by_field() -> None:
    """Fields that are not there stay away; a bad one is a fault."""
    assert room.check_patch(RoomPatch()) == RoomPatch()
    assert room.check_patch(RoomPatch(name=" a ", topic="")) == RoomPatch(name="a", topic="")
    for patch, field in ((RoomPatch(name=""), "name"), (RoomPatch(topic="\n.\n\n"), None)):
        found = room.check_patch(patch)
        assert field is None or (isinstance(found, Fault) and found.field == field)
    fault = room.check_patch(RoomPatch(topic="a\nb"))
    assert isinstance(fault, Fault)
    assert fault.field == "topic"


def test_only_what_differs_is_a_change() -> None:
    """A patch that changes nothing is none, and no event follows from it."""
    present = {"name": "a", "topic": "t", "slow_mode_seconds": 5, "archived": False}
    assert room.changes(RoomPatch(name="a", topic="t"), present) is None
    assert room.changes(RoomPatch(), present) is None
    assert room.changes(RoomPatch(name="b", topic="t"), present) == RoomPatch(name="b")
    assert room.changes(RoomPatch(topic=""), present) == RoomPatch(topic="")
    assert room.changes(RoomPatch(picture=None, archived=False), present) is None
    patch = RoomPatch(slow_mode_seconds=0, archived=True, topic="t")
    assert room.changes(patch, present) == RoomPatch(slow_mode_seconds=0, archived=True)


def test_a_default_room_is_one_by_its_name() -> None:
    """Whatever its capitals, in every replica alike; a bad name is said."""
    rooms = room.default_rooms(["General", "general", "news"])
    assert isinstance(rooms, dict)
    assert list(rooms.values()) == ["General", "news"]
    assert rooms == room.default_rooms(["General", "news"])
    assert room.default_rooms([]) == {}
    assert all(ids.is_id(one) for one in rooms)
    assert isinstance(room.default_rooms(["x" * 81]), Fault)


def test_a_reason_is_kept_trimmed_or_refused() -> None:
    """It may be left out."""
    assert room.check_reason(" spam ") == "spam"
    assert room.check_reason("") == ""
    for bad in ("x" * 251, "a\nb", "\u202eb"):
        fault = room.check_reason(bad)
        assert isinstance(fault, Fault)
        assert (fault.code, fault.field) == (ErrorCode.INVALID, "reason")


@pytest.mark.parametrize("picture", ["m1", None])
def test_a_picture_is_told_as_it_is(picture: str | None) -> None:
    """What it is only media knows; one that is taken away is told too, and not left out."""
    patch = RoomPatch(picture=picture)
    assert room.check_patch(patch) == patch
    assert room.changes(patch, {"picture": "m0"}) == patch
    assert room.changes(patch, {"picture": picture}) is None
    told = wire.decode_event(room.updated("r", "ada", patch, 5))
    assert told == events.RoomUpdated(room="r", by="ada", picture=picture, ts=5)


@pytest.mark.parametrize("picture", ["", "m.1", "m 1", "m1\n", "m" * 65])
def test_a_picture_is_named_by_an_id(picture: str) -> None:
    """Before it gets anywhere."""
    fault = room.check_patch(RoomPatch(picture=picture))
    assert isinstance(fault, Fault)
    assert (fault.code, fault.field) == (ErrorCode.BAD_FRAME, "picture")


def test_the_oldest_moderator_follows_else_the_oldest_member() -> None:
    """Nobody follows while an owner stays, or when nobody does."""
    old, young = Standing("old", "member", 1), Standing("young", "moderator", 9)
    younger = Standing("younger", "moderator", 10)
    assert room.successor([old, younger, young]) == young
    assert room.successor([Standing("new", "member", 4), old]) == old
    assert room.successor([old, Standing("o", "owner", 5)]) is None
    assert room.successor([]) is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["owner", "moderator", "member"]), st.integers(0, 50)),
        unique_by=lambda pair: pair[1],
    )
)
def test_a_successor_outranks_or_outlasts_everyone(staying: list[tuple[Role, int]]) -> None:
    """For any people: the heir is a moderator if there is one, and none of that role is older."""
    people = [Standing(f"u{number}", role, number) for role, number in staying]
    heir = room.successor(people)
    roles = {role for role, _ in staying}
    if not people or "owner" in roles:
        assert heir is None
        return
    assert heir is not None
    assert heir.role == ("moderator" if "moderator" in roles else "member")
    assert heir.number == min(p.number for p in people if p.role == heir.role)


def test_every_event_says_who_did_what_and_when() -> None:
    """Each body is a log event without a place."""
    bodies = {
        room.joined("r", "bob", "ada", "member", 5): events.MemberJoined(
            room="r", user="bob", by="ada", role="member", ts=5
        ),
        room.left("r", "bob", "owner", 5): events.MemberLeft(
            room="r", user="bob", by="bob", role="owner", ts=5
        ),
        room.removed("r", "bob", "ada", "member", 5): events.MemberRemoved(
            room="r", user="bob", by="ada", role="member", ts=5
        ),
        room.given("r", "bob", "ada", "moderator", 5): events.MemberRole(
            room="r", user="bob", by="ada", role="moderator", ts=5
        ),
        room.updated("r", "ada", RoomPatch(topic="t"), 5): events.RoomUpdated(
            room="r", by="ada", topic="t", ts=5
        ),
        room.deleted("r", "ada", 5): events.RoomDeleted(room="r", by="ada", ts=5),
    }
    for body, event in bodies.items():
        assert wire.decode_event(body) == event
        assert event.seq is UNSET
    assert b"name" not in room.updated("r", "ada", RoomPatch(topic="t"), 5)
    slow = room.updated("r", "ada", RoomPatch(slow_mode_seconds=5, archived=True), 5)
    assert wire.decode_event(slow) == events.RoomUpdated(
        room="r", by="ada", slow_mode_seconds=5, archived=True, ts=5
    )
    assert b"banned" not in room.removed("r", "bob", "ada", "member", 5)
    banned = wire.decode_event(room.removed("r", "bob", "ada", "member", 5, banned=True))
    assert isinstance(banned, events.MemberRemoved)
    assert banned.banned is True
    muted = wire.decode_event(room.muted("r", "bob", "ada", None, 5))
    assert muted == events.MemberMuted(room="r", user="bob", by="ada", until_ms=None, ts=5)
    assert msgspec.json.decode(room.deleted("r", "ada", 5))["type"] == "room.deleted"
