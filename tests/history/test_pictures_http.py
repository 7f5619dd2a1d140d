"""Pictures of rooms as history decides them: media is the test, which says what it keeps."""

import msgspec
import pytest
import pytest_asyncio

from proto import calls, subjects, wire
from proto.codes import ErrorCode
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, key, until, user

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Media:
    """What media keeps for rooms: files by their keys. Everybody uploaded everything."""

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self.kept: dict[str, str] = {}
        self.asked = 0
        self.away = False

    async def keep(self, data: bytes) -> bytes:
        """Answer a `calls.PictureCall`."""
        call = msgspec.json.decode(data, type=calls.PictureCall)
        self.asked += 1
        if self.away:
            return wire.encode(calls.Failure(ErrorCode.UNAVAILABLE, "no"))
        if call.id == "nothing":
            return wire.encode(calls.Failure(ErrorCode.NOT_FOUND, "no"))
        if call.id == "song":
            return wire.encode(calls.Failure(ErrorCode.INVALID, "no"))
        assert call.key not in self.kept
        self.kept[call.key] = f"{call.room}/{call.user}/{call.id}"
        return calls.DONE

    async def release(self, data: bytes) -> bytes:
        """Answer a `calls.ReleaseCall`."""
        call = msgspec.json.decode(data, type=calls.ReleaseCall)
        if self.away:
            return wire.encode(calls.Failure(ErrorCode.UNAVAILABLE, "no"))
        who = f"{call.room}/{call.sender}/"
        if self.kept.get(call.key, "").startswith(who):
            del self.kept[call.key]
        return calls.DONE

    def of(self, room: str) -> list[str]:
        """Whose files are kept for a room, and which."""
        every = (one.partition("/") for one in self.kept.values())
        return sorted(file for of, _, file in every if of == room)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def media(replica: Replica, peer: Peer) -> Media:
    """Give what answers for media beside this module's replica."""
    answering = Media()
    await peer.bus.serve(subjects.MEDIA_PICTURE, subjects.MEDIA_QUEUE, answering.keep)
    await peer.bus.serve(subjects.MEDIA_RELEASE, subjects.MEDIA_QUEUE, answering.release)
    await peer.bus.flush()
    return answering


async def test_a_room_has_the_picture_it_was_given_last(
    replica: Replica, peer: Peer, media: Media
) -> None:
    """All see it, in every view and in the log; media lets go of the former one."""
    ada, mod, eve = user(), user(), user()
    room = await replica.room(ada, mod, kind="public")
    path = f"/v1/rooms/{room}"
    await replica.ask.ok(ada, "PATCH", f"{path}/members/{mod}", {"role": "moderator"})
    assert (await replica.ask.ok(ada, "GET", path))["picture"] is None
    await replica.ask.ok(ada, "PATCH", path, {"picture": "one"})
    assert media.of(room) == [f"{ada}/one"]
    changed = await replica.ask.ok(mod, "PATCH", path, {"picture": "two", "name": "Zwei"})
    assert (changed["picture"], changed["name"]) == ("two", "Zwei")
    for who in (mod, eve):
        assert (await replica.ask.ok(who, "GET", path))["picture"] == "two"
        listed = await replica.ask.ok(who, "GET", "/v1/rooms/public?q=zwei")
        assert "two" in [one["picture"] for one in listed["rooms"] if one["id"] == room]
    assert (await peer.hello(ada))[room].room.picture == "two"
    await until(lambda: _is(media.of(room) == [f"{mod}/two"]))
    removed = await replica.ask.ok(ada, "PATCH", path, {"picture": None})
    assert removed["picture"] is None
    await until(lambda: _is(media.of(room) == []))
    updates = [record for record in await peer.log_of(room) if record == ("room.updated",)]
    assert len(updates) == 3
    audit = await replica.ask.ok(ada, "GET", f"{path}/audit")
    details = [deed["detail"] for deed in audit["entries"] if deed["action"] == "room.updated"]
    assert details == [{"picture": None}, {"name": "Zwei", "picture": "two"}, {"picture": "one"}]


async def test_the_same_picture_is_no_change(replica: Replica, peer: Peer, media: Media) -> None:
    """Whoever says so again: media is not asked, and nobody hears of it."""
    ada, mod = user(), user()
    room = await replica.room(ada, mod)
    path = f"/v1/rooms/{room}"
    await replica.ask.ok(ada, "PATCH", f"{path}/members/{mod}", {"role": "moderator"})
    await replica.ask.ok(ada, "PATCH", path, {"picture": None})
    await replica.ask.ok(ada, "PATCH", path, {"picture": "one"})
    before, asked = await peer.log_of(room), media.asked
    again = await replica.ask.ok(mod, "PATCH", path, {"picture": "one"})
    assert (again["picture"], media.asked) == ("one", asked)
    assert await peer.log_of(room) == before
    assert media.of(room) == [f"{ada}/one"]


async def test_who_may_not_name_a_room_may_not_picture_it(replica: Replica, media: Media) -> None:
    """Media is not even asked, so nobody learns from it what files there are."""
    ada, bob, eve = user(), user(), user()
    room, direct = await replica.room(ada, bob), await replica.room(ada, bob, kind="direct")
    asked = media.asked
    form = {"picture": "nothing"}
    refused(await replica.ask(bob, "PATCH", f"/v1/rooms/{room}", form), 403, "forbidden")
    refused(await replica.ask(eve, "PATCH", f"/v1/rooms/{room}", form), 404, "not_found")
    refused(await replica.ask(ada, "PATCH", f"/v1/rooms/{direct}", form), 403, "forbidden")
    refused(await replica.ask(ada, "PATCH", "/v1/rooms/r_none", form), 404, "not_found")
    await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}", {"archived": True})
    refused(await replica.ask(ada, "PATCH", f"/v1/rooms/{room}", form), 403, "forbidden")
    assert media.asked == asked
    both = {"archived": False, "picture": "one"}
    assert (await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}", both))["picture"] == "one"


async def test_what_media_does_not_give_changes_nothing(
    replica: Replica, peer: Peer, media: Media
) -> None:
    """Nor does the name beside it change, also where media is away; the refusal names the field."""
    ada = user()
    room = await replica.room(ada)
    path = f"/v1/rooms/{room}"
    await replica.ask.ok(ada, "PATCH", path, {"picture": "one"})
    before = await peer.log_of(room)
    for picture, status, code in (("nothing", 404, "not_found"), ("song", 400, "invalid")):
        form = {"picture": picture, "name": "Other"}
        problem = refused(await replica.ask(ada, "PATCH", path, form), status, code)
        assert problem["field"] == "picture"
    refused(await replica.ask(ada, "PATCH", path, {"picture": "no.id"}), 400, "bad_frame")
    media.away = True
    refused(await replica.ask(ada, "PATCH", path, {"picture": "two"}), 503, "unavailable")
    # Taking one away needs nobody; media hears of it when it is back.
    assert (await replica.ask.ok(ada, "PATCH", path, {"picture": None}))["picture"] is None
    assert media.of(room) == [f"{ada}/one"]
    media.away = False
    await until(lambda: _is(media.of(room) == []))
    assert len(await peer.log_of(room)) == len(before) + 1


async def test_history_says_which_picture_is_kept(
    replica: Replica, peer: Peer, media: Media
) -> None:
    """By its key, as long as the room has it and is there; so media knows what was never given."""
    ada = user()
    room, other = await replica.room(ada), await replica.room(ada)

    async def is_kept(room: str, key: str) -> bool:
        call = calls.KeptCall(room, key)
        return (await peer.call(subjects.HISTORY_PICTURE, call, calls.KeptReply)).kept

    await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}", {"picture": "one"})
    (first,) = [at for at, file in media.kept.items() if file.startswith(room)]
    assert [await is_kept(room, first), await is_kept(other, first)] == [True, False]
    assert not await is_kept(room, key())
    await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}", {"picture": "two"})
    (second,) = [at for at, file in media.kept.items() if file.endswith("/two") and room in file]
    assert [await is_kept(room, first), await is_kept(room, second)] == [False, True]
    await replica.ask.ok(ada, "DELETE", f"/v1/rooms/{room}")
    assert not await is_kept(room, second)
    refusal = await peer.call(subjects.HISTORY_PICTURE, calls.KeptCall(room, "k"), calls.Failure)
    assert refusal.code == ErrorCode.BAD_KEY


async def _is(holds: bool) -> bool:  # noqa: FBT001 - what `until` asks
    return holds
