"""What a room asks of who writes in it: nothing, in nearly every room."""

from __future__ import annotations

import msgspec
import pytest

from gateway import terms
from gateway.terms import Terms
from proto import events, limits, shapes

ROOM = shapes.Room(id="r1", kind="public", name="General", role="member")
NOW_MS = 1_732_300_000_000


def room(**fields: object) -> shapes.Room:
    """A room as history tells of it."""
    changed: shapes.Room = msgspec.structs.replace(ROOM, **fields)
    return changed


def updated(**fields: object) -> events.RoomUpdated:
    """A change of the room."""
    return events.RoomUpdated(room="r1", by="u1", ts=1, **fields)  # type: ignore[arg-type]


def muted(user: str, until_ms: int | None) -> events.MemberMuted:
    """Somebody is muted, or no more."""
    return events.MemberMuted(room="r1", user=user, by="u1", ts=1, until_ms=until_ms)


def test_a_room_asks_nothing_by_itself() -> None:
    """Nor after what has nothing to do with it, nor once all that it asked is over."""
    assert terms.told(None, ROOM, "u1") is None
    assert terms.after(None, updated(name="News")) is None
    role = events.MemberRole(room="r1", user="u2", by="u1", role="owner", ts=1)
    assert terms.after(None, role) is None
    asked = terms.after(None, updated(archived=True, slow_mode_seconds=5))
    asked = terms.after(terms.after(asked, muted("u2", NOW_MS)), role)
    assert asked == Terms(archived=True, slow=True, muted=(("u2", NOW_MS),))
    asked = terms.after(terms.after(asked, muted("u2", None)), updated(archived=False))
    assert asked == Terms(slow=True)
    assert terms.after(asked, updated(slow_mode_seconds=0)) is None


def test_an_archive_is_everybodys() -> None:
    """Whoever's state told of it."""
    archived = terms.told(None, room(archived=True), "u1")
    assert archived == Terms(archived=True)
    assert archived.muted_until("u1", NOW_MS) is None


def test_a_mute_is_one_persons_until_it_ends() -> None:
    """A later word takes the place of the former."""
    asked = terms.told(None, room(muted_until_ms=NOW_MS + 1), "u2")
    asked = terms.told(asked, ROOM, "u1")
    assert asked is not None
    assert asked.muted_until("u1", NOW_MS) is None
    assert asked.muted_until("u2", NOW_MS) == NOW_MS + 1
    assert asked.muted_until("u2", NOW_MS + 1) is None
    asked = terms.after(asked, muted("u2", limits.FOREVER_MS))
    assert asked == Terms(muted=(("u2", limits.FOREVER_MS),))
    assert terms.told(asked, ROOM, "u2") is None


@pytest.mark.parametrize(("role", "paced"), [("member", True), ("moderator", False), (None, False)])
def test_slow_mode_is_for_members(role: shapes.Role | None, paced: bool) -> None:  # noqa: FBT001
    """Moderators and owners write as they like; where it is off nobody is asked."""
    slow = terms.told(None, room(slow_mode_seconds=5), "u1")
    assert slow is not None
    assert slow.paces(role) is paced
    assert not Terms(archived=True).paces(role)
