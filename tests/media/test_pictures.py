"""Pictures of rooms: which files media keeps as one, for whom they are then, and for how long."""

import pytest

from media.ledger_postgres import DAY_MS
from media.sweeper import DOUBT_MS
from proto import calls
from proto.codes import ErrorCode
from services import clock
from tests.history.running import key
from tests.media.pictures_pillow import picture
from tests.media.running import Place, user

pytestmark = pytest.mark.asyncio(loop_scope="module")
SMALL = picture("png", (8, 8))


async def test_an_image_becomes_the_picture_of_its_room(place: Place) -> None:
    """From then on whoever reads there sees it; asking again with the same key changes nothing."""
    ada, bob, key_ = user(), user(), key()
    file = await place.uploaded(SMALL, user=ada)
    assert await place.sign(file.id, user=bob) == {}
    for _ in range(2):
        assert await place.picture(file.id, ada, key_) == ""
    assert (await place.sign(file.id, user=bob))[file.id]["thumb_url"]
    # The same image may be in a message, which keeps it when it is no picture any more.
    assert await place.attach(file.id, user=ada) == [file]
    assert await place.release(key_, user=ada) == calls.DONE
    assert await place.sign(file.id, user=bob)


async def test_what_is_no_picture_for_a_room_is_refused(place: Place) -> None:
    """What is not there, of somebody else or of another room is `not_found`, whatever it is."""
    ada, bob = user(), user()
    song, image = await place.uploaded(b"la la", user=ada), await place.uploaded(SMALL, user=ada)
    assert await place.picture(song.id, ada) == ErrorCode.INVALID
    assert await place.picture(image.id, ada, "k") == ErrorCode.BAD_KEY
    for file in (song, image):
        assert await place.picture(file.id, bob) == ErrorCode.NOT_FOUND
        assert await place.picture(file.id, ada, room="den") == ErrorCode.NOT_FOUND
    assert await place.picture("nothing", ada) == ErrorCode.NOT_FOUND
    assert await place.sign(song.id, image.id, user=bob) == {}


async def test_a_picture_is_kept_as_long_as_its_room_has_it(place: Place) -> None:
    """History is asked once; what it never decided goes like a file that was never sent."""
    ada = user()
    files = [await place.uploaded(SMALL, user=ada) for _ in range(2)]
    hung, never, former = key(), key(), key()
    for file, each in ((files[0], former), (files[0], hung), (files[1], never)):
        assert await place.picture(file.id, ada, each) == ""
    place.history.pictures.add(hung)
    await place.release(former, user=ada)
    now_ms = clock.now_ms() + DOUBT_MS + 1
    await place.media.sweeper.settle(now_ms)
    place.history.pictures.clear()
    await place.media.sweeper.settle(now_ms)
    known = {one.id: one.used for one in await place.ledger.known([file.id for file in files])}
    assert known == {files[0].id: True, files[1].id: False}
    await place.media.sweeper.expire(now_ms + DAY_MS + 1)
    assert [one.id for one in await place.ledger.known([file.id for file in files])] == [
        files[0].id
    ]
    await place.release(hung, user=ada)
    assert await place.ledger.known([files[0].id]) == []
