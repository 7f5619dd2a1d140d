"""Uploads, as good and as bad as they come."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from media.folder import Folder
from media.store import StoreError
from tests.databases_postgres import fresh_database
from tests.history.client_httpx import refused
from tests.media import pictures_pillow as pictures
from tests.media.running import ROOM, Place, bearer, running, user
from tests.nats_server import NatsServer
from tests.servers import Servers

pytestmark = pytest.mark.asyncio(loop_scope="module")
BOUNDARY = "xyz"


def form(*parts: tuple[str, bytes], end: bytes = b"--xyz--\r\n") -> bytes:
    """A form with parts of these heads and contents."""
    made = b"".join(
        f"--{BOUNDARY}\r\nContent-Disposition: {head}\r\n\r\n".encode() + content + b"\r\n"
        for head, content in parts
    )
    return made + end


FILE = ('form-data; name="file"; filename="a.txt"', b"hello")
IN_ROOM = ('form-data; name="room"', ROOM.encode())


async def send(place: Place, content: bytes, kind: str = "", who: str = "u1") -> httpx.Response:
    """Send a body as it is."""
    headers = {"content-type": kind or f"multipart/form-data; boundary={BOUNDARY}", **bearer(who)}
    return await place.http.post("/v1/media", content=content, headers=headers)


def left(place: Place) -> list[str]:
    """What uploads left in the spool."""
    store = place.media.store
    assert isinstance(store, Folder)
    return os.listdir(store._root / "incoming")


async def emptied(place: Place) -> None:
    """Wait until uploads have left nothing."""
    async with asyncio.timeout(60):
        while left(place):  # noqa: ASYNC110 - the end of a connection tells nobody
            await asyncio.sleep(0.01)


async def test_a_file_is_taken_whatever_comes_first(place: Place) -> None:
    """Its room before it or after it; what the form has besides is let be."""
    for parts in ((IN_ROOM, FILE), (FILE, IN_ROOM), (("form-data; name=x", b"1"), FILE, IN_ROOM)):
        answer = await send(place, form(*parts))
        assert answer.status_code == 201, answer.text
        told = answer.json()
        assert (told["name"], told["mime"], told["size"]) == ("a.txt", "text/plain", 5)
        assert (told["width"], told["height"]) == (None, None)
    assert left(place) == []


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (form(FILE), 400, "invalid", "room"),
        (form(IN_ROOM), 400, "invalid", "file"),
        (form(IN_ROOM, (FILE[0], b"")), 400, "invalid", "file"),
        (form(IN_ROOM, FILE, FILE), 400, "invalid", "file"),
        (form(IN_ROOM, IN_ROOM, FILE), 400, "invalid", "room"),
        (form(FILE, ('form-data; name="room"', b"a.b")), 400, "bad_frame", "room"),
        (form(FILE, ('form-data; name="room"', b"nowhere")), 404, "not_found", "room"),
        (form(FILE, ('form-data; name="room"', b"r" * 2000)), 400, "bad_frame", "room"),
        (form(IN_ROOM, FILE, end=b""), 400, "bad_frame", None),
        (form(IN_ROOM, ("attachment", b"x")), 400, "bad_frame", None),
        (form(*([("form-data; name=x", b"1")] * 21)), 400, "bad_frame", None),
        (b"nothing of a form", 400, "bad_frame", None),
        (form(IN_ROOM, (FILE[0], b"x" * 1_000_001)), 413, "too_large", "file"),
        (form(IN_ROOM, (FILE[0], b"x" * 1_100_000)), 413, "too_large", None),
    ],
    ids=["no room", "no file", "an empty file", "two files", "two rooms", "no id", "no such room",
         "a long room", "cut off", "no name", "21 parts", "no form", "a byte too many", "far more"],
)  # fmt: skip
async def test_a_bad_form_is_told_what_is_wrong(
    place: Place, body: bytes, status: int, code: str, field: str | None
) -> None:
    """With the field that is to blame; nothing of it is left."""
    told = refused(await send(place, body), status, code)
    assert told.get("field") == field
    assert left(place) == []


async def test_no_form_is_not_taken(place: Place) -> None:
    """415, as for every body that is of another kind; so also without a boundary."""
    for kind in ("application/json", "multipart/form-data", "multipart/mixed; boundary=xyz"):
        refused(await send(place, form(IN_ROOM, FILE), kind), 415, "bad_frame")


async def test_only_who_may_write_uploads(place: Place) -> None:
    """To strangers the room is not there."""
    refused(await send(place, form(IN_ROOM, FILE), who="stranger"), 404, "not_found")
    answer = await place.http.post("/v1/media", content=form(IN_ROOM, FILE))
    refused(answer, 401, "unauthorized")


@pytest.mark.parametrize(
    ("name", "content", "mime", "shown"),
    [
        ("cat.png", b"<?php system($_GET['c']);", "text/x-php", "cat.png"),
        ("cat.svg", b"<svg><script>alert(1)</script></svg>", "image/svg+xml", "cat.svg"),
        ("cat.jpg", b"<html><script>alert(1)</script></html>", "text/html", "cat.jpg"),
        ("../../etc/passwd", b"root:x:0:0", "text/plain", "passwd"),
        ("a\u202egnp.exe", b"\0\1\2\3", "application/octet-stream", "agnp.exe"),
        ("x" * 10_000 + ".txt", b"long", "text/plain", "x" * 124 + ".txt"),
    ],
)
async def test_what_it_is_called_does_not_make_it_what_it_is(
    place: Place, name: str, content: bytes, mime: str, shown: str
) -> None:
    """By its content; and it is given out as bytes to be saved, never as a page."""
    file = await place.uploaded(content, name)
    assert (file.mime, file.name, file.width) == (mime, shown, None)
    url = (await place.sign(file.id))[file.id]
    assert url["thumb_url"] is None
    answer = await place.http.get(url["url"].partition("parley.test")[2])
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_names_from_hostile_clients_stay_names(place: Place) -> None:
    """A NUL and line breaks get neither into the name nor into a header."""
    head = 'form-data; name="file"; filename="a%00b.txt"'
    answer = await send(place, form(IN_ROOM, (head.replace("%00", "\0"), b"hello")))
    if answer.status_code == 201:
        assert answer.json()["name"] == "ab.txt"
    else:
        refused(answer, 400, "bad_frame")


async def test_an_image_tells_its_size(place: Place) -> None:
    """As it is given out: upright, with a preview, and its thumbnails by the side of its URL."""
    file = await place.uploaded(pictures.photograph(), "trip.jpg")
    assert (file.mime, file.width, file.height) == ("image/jpeg", 300, 400)
    assert file.preview
    signed = (await place.sign(file.id))[file.id]
    assert "thumbs" in signed
    assert signed["thumb_url"] == signed["url"]
    large = await place.uploaded(pictures.picture("PNG", (960, 480)))
    thumb = (await place.sign(large.id))[large.id]["thumb_url"]
    answer = await place.http.get(thumb.partition("parley.test")[2])
    assert answer.headers["content-type"] == "image/webp"
    assert pictures.opened(answer.content).size == (480, 240)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (pictures.huge(), 413, "too_large"),
        (pictures.picture("PNG")[:200], 400, "invalid"),
    ],
)
async def test_a_bad_image_is_refused(place: Place, content: bytes, status: int, code: str) -> None:
    """Nothing is kept of it."""
    told = refused(await place.post(content, "a.png"), status, code)
    assert told["field"] == "file"
    assert left(place) == []


async def test_the_same_bytes_are_kept_once(place: Place) -> None:
    """However they are called and whosever they are; each file is one's own."""
    content = os.urandom(50)
    one, other = await place.uploaded(content, "a"), await place.uploaded(content, "b", user())
    assert one.id != other.id
    served = [await place.ledger.served(file.id, "original") for file in (one, other)]
    assert served[0] is not None
    assert served[1] is not None
    assert served[0].object == served[1].object


async def test_a_client_that_stops_in_the_middle_leaves_nothing(place: Place) -> None:
    """Its file is not there, and the spool is empty."""

    async def half() -> AsyncIterator[bytes]:
        yield form(IN_ROOM, (FILE[0], b"x" * 100_000), end=b"")[:-50_000]
        raise ConnectionError

    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", **bearer("u1")}
    with pytest.raises(ConnectionError):
        await place.http.post("/v1/media", content=half(), headers=headers)
    await emptied(place)


async def test_two_hundred_uploads_at_once_are_taken_or_told_to_come_again(place: Place) -> None:
    """Each is 201 or 503 with `Retry-After`; those that were taken are there.

    Whoever is refused while they still write may find the connection closed (RFC 9112 §9.6).
    """
    who = user()
    posts = (place.post(b"%d" % n, user=who) for n in range(200))
    ended = await asyncio.gather(*posts, return_exceptions=True)
    answers = [one for one in ended if isinstance(one, httpx.Response)]
    rest = [one for one in ended if not isinstance(one, httpx.Response)]
    assert all(isinstance(one, httpx.TransportError) for one in rest)
    taken = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    full = [answer for answer in answers if answer.status_code != 201]
    assert all(one.status_code == 503 and one.headers["retry-after"] for one in full)
    assert taken
    found = [len(await place.sign(*taken[at : at + 100], user=who)) for at in (0, 100)
             if taken[at:]]  # fmt: skip
    assert sum(found) == len(taken) == len(set(taken))
    await emptied(place)


class Failing(Folder):
    """A store that fails once it has kept so many objects."""

    def __init__(self, root: Path, after: int) -> None:
        """Nothing is kept yet."""
        super().__init__(root)
        self.after = after

    async def put(self, name: str, source: Path) -> None:
        """Keep it, or fail."""
        self.after -= 1
        if self.after < 0:
            raise StoreError("the disk is full")
        await super().put(name, source)


async def test_a_store_that_fails_in_the_middle_and_the_limits_of_a_day(
    servers: Servers, tmp_path: Path, media_nats: NatsServer
) -> None:
    """503, and what was kept by then is left over; a day's limit is told with 429."""
    store = Failing(tmp_path, 1)
    async with (
        fresh_database(servers.postgres_url) as url,
        running(url, media_nats.url, tmp_path, store, PARLEY_MEDIA_DAY_BYTES="1000") as full,
    ):
        refused(await full.post(pictures.picture("PNG")), 503, "unavailable")
        assert await full.ledger.totals() == (0, 2)
        store.after = 100
        await full.uploaded(b"x" * 600)
        told = refused(await full.post(b"y" * 600), 429, "rate_limited")
        assert told["retry_after_ms"] > 0
        await full.uploaded(b"y" * 600, user="u2")
        # What was left over goes, at once or after a day, and nothing else does.
        now_ms = 4_000_000_000_000
        await full.media.sweeper.remove(now_ms)
        assert (await full.ledger.totals())[1] == 0
        kept = [path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()]
        assert len(kept) == 2
