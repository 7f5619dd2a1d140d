"""Who gets which file, by which URL, and how much of it."""

import os
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from proto.shapes import Attachment
from tests.history.client_httpx import refused
from tests.history.running import key
from tests.media.running import Place, bearer, user

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def get(place: Place, url: str, **headers: str) -> httpx.Response:
    """Ask for a URL that was signed, at this media's own port."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await place.http.get(url.partition("parley.test")[2], headers=sent)


async def filed(place: Place, content: bytes = b"0123456789") -> tuple[Attachment, str]:
    """A file of `u1`, and its URL."""
    file = await place.uploaded(content)
    return file, (await place.sign(file.id))[file.id]["url"]


async def test_a_url_gives_the_file_to_whoever_has_it(place: Place) -> None:
    """Without a token; kept by a browser as long as the URL is good, and asked for by its tag."""
    content = os.urandom(300_000)
    _, url = await filed(place, content)
    answer = await get(place, url)
    assert answer.content == content
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"].startswith("private, max-age=")
    again = await get(place, url, if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    head = await place.http.head(url.partition("parley.test")[2])
    assert (head.headers["content-length"], head.content) == ("300000", b"")


async def test_the_way_by_its_id_leads_to_the_url(place: Place) -> None:
    """A redirect, for those who may see it; to others there is no such file."""
    file, url = await filed(place)
    answer = await place.http.get(f"/v1/media/{file.id}", headers=bearer("u1"))
    assert (answer.status_code, answer.headers["location"]) == (302, url)
    answer = await place.http.get(f"/v1/media/{file.id}", headers=bearer("u2"))
    refused(answer, 404, "not_found")


async def test_a_url_is_good_for_nothing_else(place: Place) -> None:
    """Not for another file, nor after its end, nor with another signature."""
    file, url = await filed(place)
    other, _ = await filed(place)
    asked = parse_qs(urlsplit(url).query)
    expires, signature = asked["expires"][0], asked["signature"][0]
    for path in (
        url.replace(file.id, other.id),
        url.replace("/original", "/small"),
        url.replace(expires, str(int(expires) + 1)),
        url.replace(signature, signature[::-1]),
        url.replace(signature, ""),
        url.partition("?")[0],
    ):
        refused(await get(place, path), 403, "forbidden")
    refused(await get(place, url.replace(expires, "x")), 400, "bad_frame")


@pytest.mark.parametrize(
    ("header", "status", "content", "shown"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=" + ",".join(["0-"] * 500), 200, b"0123456789", None),
        ("bytes=9-2", 200, b"0123456789", None),
    ],
    ids=["a part", "the end", "all", "500 that overlap", "backwards"],
)
async def test_a_range_is_one_part_or_all(
    place: Place, header: str, status: int, content: bytes, shown: str | None
) -> None:
    """However many parts are asked for, the file goes over the wire once."""
    _, url = await filed(place)
    answer = await get(place, url, range=header)
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers.get("content-range") == shown


async def test_a_range_that_there_is_not_is_refused(place: Place) -> None:
    """416, with how long the file is; of another version (`If-Range`) all of it is given."""
    _, url = await filed(place)
    answer = await get(place, url, range="bytes=10-")
    refused(answer, 416, "invalid")
    assert answer.headers["content-range"] == "bytes */10"
    answer = await get(place, url, range="bytes=2-4", if_range='"another"')
    assert (answer.status_code, len(answer.content)) == (200, 10)


async def test_a_file_is_its_uploaders_until_a_message_has_it(place: Place) -> None:
    """Then it is for all who read in the room, in a public one for everybody."""
    file, _ = await filed(place)
    assert await place.sign(file.id, user="u2") == {}
    assert [one.id for one in await place.attach(file.id)] == [file.id]
    assert file.id in await place.sign(file.id, user="u2")
    assert await place.sign(file.id, "nothing", user="stranger") == {}
    place.history.kind = "public"
    try:
        assert file.id in await place.sign(file.id, user="stranger")
    finally:
        place.history.kind = "private"


async def test_only_its_uploader_sends_a_file_and_only_where_it_was_uploaded(place: Place) -> None:
    """Else it is not there; what it is called and how large it is is told by media."""
    file, _ = await filed(place)
    assert await place.attach(file.id, user="u2") == []
    assert await place.attach(file.id, "nothing") == []
    assert await place.attach(file.id, file.id) == [file]


async def test_a_deleted_message_takes_its_files_with_it(place: Place) -> None:
    """Its URLs lead nowhere; a file that another message has too stays until that goes."""
    (file, url), (shared, shared_url) = await filed(place), await filed(place)
    first, second = key(), key()
    await place.attach(file.id, shared.id, message=first)
    await place.attach(shared.id, message=second)
    for _ in range(2):
        assert await place.release(first) == b"{}"
        refused(await get(place, url), 404, "not_found")
        assert (await get(place, shared_url)).status_code == 200
        assert await place.sign(file.id) == {}
    # A retry of the message that is gone finds nothing to have.
    assert await place.attach(file.id, message=first) == []
    assert await place.release(second) == b"{}"
    refused(await get(place, shared_url), 404, "not_found")


async def test_a_stranger_cannot_have_a_message_released(place: Place) -> None:
    """A key is its sender's: said by another it names nothing."""
    file, url = await filed(place)
    message = key()
    await place.attach(file.id, message=message)
    await place.release(message, user=user())
    assert (await get(place, url)).status_code == 200


async def test_without_history_nothing_is_given_away(place: Place) -> None:
    """Who is in a room cannot be told then: 503, for looking and uploading alike."""
    file, _ = await filed(place)
    place.history.away = True
    try:
        path = f"/v1/media/{file.id}"
        refused(await place.http.get(path, headers=bearer("u1")), 503, "unavailable")
        refused(await place.post(b"hello"), 503, "unavailable")
    finally:
        place.history.away = False


async def test_who_left_the_room_sees_its_files_no_more(place: Place) -> None:
    """Not even the ones that they uploaded themselves."""
    file, _ = await filed(place)
    await place.attach(file.id)
    place.history.members = False
    try:
        assert await place.sign(file.id) == {}
    finally:
        place.history.members = True
