"""Links looked up: pages of real servers on loopback, and what is kept of them."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest

from media.calls import Calls
from media.emoji_postgres import EmojiLedger
from media.links_postgres import Known, Links
from media.metrics import MediaMetrics
from media.painter import Painter
from media.picture_finder import KEPT, PictureFinder
from media.previewer import ICON_BYTES, LINK_BYTES, PAGE_BYTES, REDIRECTS, Previewer
from proto import calls, subjects, wire
from proto.previews import LinkPreview, PreviewCall, PreviewReply
from services.meter import Meter
from services.metrics_prometheus import Metrics
from services.outbound import Allowed
from services.outbound_httpcore import Outbound
from services.settings import Rate
from tests.media import pictures_pillow as pictures
from tests.media.running import WAIT_SECONDS, Place, user
from tests.services.test_outbound_httpcore import HOME, answering, saying, server, silent

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = "<title>The tab</title><meta property=og:title content='Käse'><p>"


def answer(
    page: str = PAGE, kind: str = "text/html; charset=utf-8", status: str = "200 OK"
) -> bytes:
    """What a server says."""
    body = page.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def file(content: bytes, kind: str = "image/png") -> bytes:
    """What a server says that has one, whatever it says that it is."""
    size = len(content)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n"
    return head.encode() + content


def moved(to: str) -> bytes:
    """What a server says that sends whoever asks elsewhere."""
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


@asynccontextmanager
async def serving(text: bytes, asked: list[bytes] | None = None) -> AsyncIterator[str]:
    """Give the URL of a server that says so."""
    async with server(saying(text, asked)) as port:
        yield f"http://{HOME}:{port}/"


async def look_up(place: Place, *urls: str) -> list[LinkPreview]:
    """Ask media, as history does."""
    call = wire.encode(PreviewCall(user(), list(urls)))
    raw = await place.bus.request(subjects.MEDIA_PREVIEW, call, WAIT_SECONDS)
    return msgspec.json.decode(raw, type=PreviewReply).previews


def icon_finder(place: Place, outbound: Outbound) -> PictureFinder:
    """One that asks so."""
    spool = place.media.sweeper._spool
    return PictureFinder("icon", outbound, spool, Painter(), MediaMetrics(Metrics("media")))


def previewer(place: Place, outbound: Outbound, own: str = "http://own.example") -> Previewer:
    """One that asks so, and keeps what it finds where media does."""
    links, metrics = Links(place.ledger._pool), MediaMetrics(Metrics("media"))
    finder = icon_finder(place, outbound)
    return Previewer(outbound, links, finder, finder, metrics, own)


async def test_a_link_is_asked_about_once(place: Place) -> None:
    """Its URL is told as it was asked; the server learns of nobody, and of many only once."""
    asked: list[bytes] = []
    async with serving(answer(), asked) as url, AsyncExitStack() as stack:
        for _ in range(REDIRECTS):
            url = await stack.enter_async_context(serving(moved(url)))
        link = url + "?a=b#c"
        expected = [LinkPreview(url=link, title="Käse")]
        assert await look_up(place, link, link) == expected
    # By now nobody is there any more.
    assert await look_up(place, link) == expected
    # The icon is asked for where the page is.
    assert [head.split(b" ")[1] for head in asked] == [b"/", b"/favicon.ico"]
    for head in (raw.decode().lower() for raw in asked):
        assert "user-agent: parley (+http" in head
        assert "cookie" not in head
        assert "referer" not in head


@pytest.mark.parametrize(
    "text",
    [
        answer(status="404 Not Found"),
        answer(status="204 No Content", page=""),
        answer(kind="image/png"),
        answer("<p>no title</p>"),
        answer("x" * PAGE_BYTES + PAGE),
        moved("http://169.254.169.254/latest/meta-data/"),
        moved("http://[::1]/"),
        moved("http://[::ffff:169.254.169.254]/"),
        moved("http://10.0.0.1/"),
        moved("//metadata.google.internal:0/"),
        moved("file:///etc/passwd"),
        moved("/"),
        b"SSH-2.0-OpenSSH\r\n\r\n",
    ],
)
async def test_nothing_to_be_told(place: Place, text: bytes) -> None:
    """No page, none with a title, a way into the house, redirects without an end: no preview, and
    that is kept, too."""
    asked: list[bytes] = []
    async with serving(text, asked) as url:
        assert await look_up(place, url) == []
        times = len(asked)
        assert await look_up(place, url) == []
        assert len(asked) == times <= 1 + REDIRECTS


async def test_a_page_has_an_icon_and_a_picture(place: Place) -> None:
    """The best icon that it names, fetched once for all pages of a site, and the picture of what is
    on it; both are painted anew."""
    page = answer(
        "<title>t</title><link rel=icon href=/i.svg><link rel=icon href=/16.png sizes=16x16>"
        "<link rel='shortcut icon' href=i.png sizes='64x64'><meta property=og:image content=/p>"
    )
    icon = file(pictures.picture("PNG", (64, 64)), "text/html")
    picture = file(pictures.photograph(), "text/html")
    answers = {"/a/b": page, "/a/c": page, "/a/i.png": icon, "/p": picture}
    asked: list[str] = []
    async with server(answering(answers, asked)) as port:
        links = [f"http://{HOME}:{port}/a/{name}" for name in "bc"]
        one, other = await look_up(place, *links)
    assert sorted(asked) == ["/a/b", "/a/c", "/a/i.png", "/p"]
    assert (one.icon, one.thumbnail) == (other.icon, other.thumbnail)
    for text, size in ((one.icon, (32, 32)), (one.thumbnail, (120, 160))):
        assert isinstance(text, str)
        image = pictures.opened(base64.b64decode(text))
        assert (image.format, image.size) == ("WEBP", size)
    # By now nobody is there any more.
    assert await look_up(place, *links) == [one, other]


@pytest.mark.parametrize(
    "text",
    [
        answer(),
        file(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        file(pictures.boxed(pictures.huge())),
        file(b""),
        b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n" + bytes(2 * LINK_BYTES),
        moved("http://169.254.169.254/latest/meta-data/"),
        moved("http://[::1]/"),
        moved("data:image/png;base64,AAAA"),
        b"SSH-2.0-OpenSSH\r\n\r\n",
    ],
    ids=["HTML", "SVG", "a bomb", "empty", "10 MB", "into a cloud", "to this host", "data", "SSH"],
)
async def test_an_icon_and_a_picture_that_are_none(place: Place, text: bytes) -> None:
    """The link is shown without; and the next of its site, for which they are not asked again."""
    asked: list[str] = []
    page = answer(PAGE.replace("<p>", "<meta name=twitter:image content=' /p '>"))
    pages = {"/": page, "/2": page}
    async with server(answering({**pages, "/favicon.ico": text, "/p": text}, asked)) as port:
        links = [f"http://{HOME}:{port}{path}" for path in pages]
        found = [one for link in links for one in await look_up(place, link)]
    assert found == [LinkPreview(url=link, title="Käse") for link in links]
    assert sorted(asked) == ["/", "/2", "/favicon.ico", "/p"]


async def test_an_icon_has_its_time_and_bytes(place: Place) -> None:
    """What the page left of them; and of all that were found so many are kept."""
    finder = icon_finder(place, Outbound(Allowed([HOME])))
    picture = file(pictures.picture("PNG"))
    async with server(silent) as mute, server(saying(picture)) as port:
        assert await finder.find(f"http://{HOME}:{mute}/", 0.1, ICON_BYTES) is None
        assert await finder.find(f"http://{HOME}:{mute}/late", -1.0, ICON_BYTES) is None
        assert await finder.find(f"http://{HOME}:{port}/", WAIT_SECONDS, 100) is None
    for number in range(KEPT + 1):
        finder._keep(f"http://{number}.example/", None)
    assert len(finder._known) == KEPT


async def test_this_house_is_not_looked_into(place: Place) -> None:
    """Whatever is written for it; what may be asked about beside it is answered."""
    async with serving(answer()) as url:
        port = url.rpartition(":")[2]
        links = [f"http://[::1]:{port}", f"http://[::ffff:10.0.0.1]:{port}", url]
        assert [found.url for found in await look_up(place, *links)] == [url]
    call = wire.encode(PreviewCall("u1", links * 2))
    raw = await place.bus.request(subjects.MEDIA_PREVIEW, call, WAIT_SECONDS)
    assert msgspec.json.decode(raw, type=calls.Failure).code == "invalid"


async def test_links_to_what_is_said_here(place: Place) -> None:
    """A link into a room of this very Parley is no page to be looked up."""
    asked: list[bytes] = []
    async with serving(answer(), asked) as url:
        mine = previewer(place, Outbound(Allowed([HOME])), url.removesuffix("/"))
        assert await mine.look_up([url, url.removesuffix("/"), url + "rooms/r1"]) == []
    assert asked == []


async def test_a_name_that_leads_elsewhere_the_next_time(place: Place) -> None:
    """Each connection goes where the name led when it was judged (DNS rebinding)."""
    # The second is asked for the icon of the first page, which is shown without one.
    answers = [[HOME], ["169.254.169.254"], [HOME, "10.0.0.1"], ["::1"]]

    async def turncoat(_host: str, _port: int) -> Sequence[str]:
        return answers.pop(0)

    mine = previewer(place, Outbound(Allowed([HOME]), resolve=turncoat))
    asked: list[bytes] = []
    async with serving(answer(), asked) as url:
        port = url.rpartition(":")[2]
        for number in range(3):
            link = f"http://turncoat.example:{port}{number}"
            found = await mine.look_up([link])
            assert found == [LinkPreview(url=link, title="Käse")] * (number == 0)
    assert answers == []
    assert len(asked) == 1


async def test_one_who_says_too_many_links(place: Place) -> None:
    """Beyond the limit nothing is looked up, and history is told why."""
    metrics = Metrics("media")
    meter = Meter(place.bus, {"previews": Rate(1, 60.0)}, metrics)
    mine = previewer(place, Outbound(Allowed([HOME])))
    emojis = EmojiLedger(place.ledger._pool)
    serve = Calls(place.bus, place.ledger, mine, emojis, meter, MediaMetrics(metrics))
    async with serving(answer()) as url:
        call = PreviewCall(user(), [url])
        replies = [await serve._preview(call) for _ in range(2)]
    assert [(len(reply.previews), reply.limited) for reply in replies] == [(1, False), (0, True)]


async def test_what_is_kept_has_an_end(place: Place) -> None:
    """By its age, and beyond so many by what ends first."""
    links = Links(place.ledger._pool)
    for number in range(4):
        await links.put(f"http://{number}.example/", None, 1_000 + number)
    found = LinkPreview(url="http://4.example/", title="4", description="d", site="s")
    await links.put(found.url, None, 2_000)
    await links.put(found.url, found, 9_000_000_000_000)
    await place.media.sweeper._previewer.prune(1_001)
    kept = [await links.get(f"http://{number}.example/", 0) for number in range(5)]
    assert kept == [None, None, Known(None), Known(None), Known(found)]
    assert await links.get("http://2.example/", 1_002) is None
    await links.prune(0, 1)
    kept = [await links.get(f"http://{number}.example/", 0) for number in range(5)]
    assert kept == [None, None, None, None, Known(found)]
