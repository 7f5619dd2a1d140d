"""Asking servers of strangers: real sockets on loopback, and servers that mean no good."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from services.outbound import Allowed, Refused, TooLong, Unreachable
from services.outbound_httpcore import Outbound, resolve
from tests.tls import Authority

HOME = "127.0.0.1"
PLENTY_SECONDS = 20.0
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Give the port of a server that says on each connection what `talk` does."""

    async with asyncio.TaskGroup() as talks:

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, asyncio.IncompleteReadError):
                await talk(reader, writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

        def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            talks.create_task(meet(reader, writer))

        started = await asyncio.start_server(met, HOME, 0, ssl=tls)
        try:
            yield started.sockets[0].getsockname()[1]
        finally:
            started.close()


def saying(text: bytes, asked: list[bytes] | None = None) -> Talk:
    """Read a head, answer `text` and close."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if asked is not None:
            asked.append(head)
        writer.write(text)
        await writer.drain()

    return talk


def answering(answers: Mapping[str, bytes], asked: list[str]) -> Talk:
    """Read a head, note what is asked for, answer what belongs to its path, or 404, and close."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1].decode()
        asked.append(path)
        nothing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        writer.write(answers.get(path, nothing))
        await writer.drain()

    return talk


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Take what comes and say nothing."""
    await reader.read()


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer 10 GB."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
    while True:
        writer.write(bytes(65_536))
        await writer.drain()


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Give one header after the other, for ever."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: and more\r\n")
        await writer.drain()


def home(*extra: str) -> Outbound:
    """One that may ask this host."""
    return Outbound(Allowed([HOME, *extra]), agent="Parley-Test")


async def test_an_answer() -> None:
    """Status, headers and body come back; nothing of a browser's is sent along."""
    asked: list[bytes] = []
    text = b"HTTP/1.1 404 Not Found\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nhi"
    async with server(saying(text, asked)) as port:
        answer = await home().ask(
            "POST",
            f"http://{HOME}:{port}/a?b=c",
            seconds=PLENTY_SECONDS,
            max_bytes=100,
            headers={"TTL": "60"},
            body=b"",
        )
    assert (answer.status, answer.body, answer.cut) == (404, b"hi", False)
    assert answer.headers["x-a"] == "1"
    lines = asked[0].decode().lower().split("\r\n")
    assert lines[0] == "post /a?b=c http/1.1"
    assert {"ttl: 60", "content-length: 0", "user-agent: parley-test"} < set(lines)
    assert f"host: {HOME}:{port}" in lines


@pytest.mark.parametrize("host", [HOME, "localhost", "2130706433", "0x7f.1", "[::1]", "0"])
async def test_this_host_is_refused(host: str) -> None:
    """However it is written, and before anything is sent: nobody even sees a connection."""
    met = asyncio.Event()

    async def talk(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        met.set()

    async with server(talk) as port:
        outbound = Outbound(Allowed())
        with pytest.raises((Refused, Unreachable)) as caught:
            await outbound.ask(
                "GET", f"http://{host}:{port}/", seconds=PLENTY_SECONDS, max_bytes=10
            )
        if host in (HOME, "localhost", "[::1]"):
            assert isinstance(caught.value, Refused)
        assert not met.is_set()


async def test_a_name_that_changes_its_address() -> None:
    """A name is resolved once: what it says after the check leads nobody anywhere (rebinding)."""
    answers = [[HOME], ["127.0.0.2"]]

    async def changing(_host: str, _port: int) -> Sequence[str]:
        return answers.pop(0)

    outbound = Outbound(Allowed([HOME]), resolve=changing)
    async with server(saying(b"HTTP/1.1 204 No Content\r\n\r\n")) as port:
        url = f"http://turncoat.example:{port}/"
        answer = await outbound.ask("GET", url, seconds=PLENTY_SECONDS, max_bytes=10)
        assert answer.status == 204
        assert len(answers) == 1
        # The next request resolves anew, and judges anew.
        with pytest.raises(Refused, match="loopback"):
            await outbound.ask("GET", url, seconds=PLENTY_SECONDS, max_bytes=10)


async def test_redirects_are_judged_one_by_one() -> None:
    """Within the number that is allowed they are followed; into the house none is."""
    async with server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend")) as last:
        there = f"HTTP/1.1 302 Found\r\nLocation: http://{HOME}:{last}/end\r\n\r\n".encode()
        inside = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\n\r\n"
        async with server(saying(there)) as first, server(saying(inside)) as sly:
            url = f"http://{HOME}:{first}/"
            found = await home().ask("GET", url, seconds=PLENTY_SECONDS, max_bytes=10, redirects=1)
            assert (found.url, found.body) == (f"http://{HOME}:{last}/end", b"end")
            for method, redirects in (("GET", 0), ("POST", 5)):
                answer = await home().ask(
                    method, url, seconds=PLENTY_SECONDS, max_bytes=10, redirects=redirects
                )
                assert answer.status == 302
            with pytest.raises(Refused, match="link-local"):
                await home().ask(
                    "GET",
                    f"http://{HOME}:{sly}/",
                    seconds=PLENTY_SECONDS,
                    max_bytes=10,
                    redirects=5,
                )


async def test_redirects_have_an_end() -> None:
    """A server that sends to itself is asked so often and no more; the last one is the answer."""
    asked: list[bytes] = []
    text = b"HTTP/1.1 301 Moved Permanently\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"
    async with server(saying(text, asked)) as port:
        answer = await home().ask(
            "GET", f"http://{HOME}:{port}/", seconds=PLENTY_SECONDS, max_bytes=10, redirects=3
        )
    assert answer.status == 301
    assert len(asked) == 4


async def test_ten_gigabytes() -> None:
    """As much is read as is wanted, and then the connection is closed."""
    async with server(endless) as port:
        url = f"http://{HOME}:{port}/"
        with pytest.raises(TooLong):
            await home().ask("GET", url, seconds=PLENTY_SECONDS, max_bytes=100_000)
        answer = await home().ask("GET", url, seconds=PLENTY_SECONDS, max_bytes=100_000, cut=True)
        assert len(answer.body) == 100_000
        assert answer.cut


async def test_endless_headers() -> None:
    """A head without an end is given up long before it fills the memory."""
    async with server(dripping) as port:
        with pytest.raises(Unreachable, match="not HTTP"):
            await home().ask("GET", f"http://{HOME}:{port}/", seconds=PLENTY_SECONDS, max_bytes=10)


async def test_many_headers() -> None:
    """So many fields are none of an honest server."""
    text = b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"Content-Length: 0\r\n\r\n"
    async with server(saying(text)) as port:
        with pytest.raises(Unreachable, match="header fields"):
            await home().ask("GET", f"http://{HOME}:{port}/", seconds=PLENTY_SECONDS, max_bytes=10)


async def test_a_server_that_hangs() -> None:
    """All of it has one deadline, waiting for a place among the others included."""
    async with server(silent) as port:
        url = f"http://{HOME}:{port}/"
        with pytest.raises(Unreachable, match="within"):
            await home().ask("GET", url, seconds=0.2, max_bytes=10)
        narrow = Outbound(Allowed([HOME]), at_once=1)
        first = asyncio.create_task(narrow.ask("GET", url, seconds=60.0, max_bytes=10))
        await asyncio.sleep(0)  # it takes the place
        with pytest.raises(Unreachable, match="within"):
            await narrow.ask("GET", url, seconds=0.2, max_bytes=10)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first


@pytest.mark.parametrize(
    "text", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"]
)
async def test_no_whole_answer(text: bytes) -> None:
    """Silence, another protocol, half a body: nobody was reached, and no address is told."""
    async with server(saying(text)) as port:
        with pytest.raises(Unreachable) as caught:
            await home("a.example").ask(
                "GET", f"http://{HOME}:{port}/", seconds=PLENTY_SECONDS, max_bytes=10
            )
    assert str(port) not in str(caught.value)


async def test_nobody_there() -> None:
    """A name that is none, and a port where nobody listens."""
    async with server(silent) as port:
        pass
    with pytest.raises(Unreachable, match="nobody answers"):
        await home().ask("GET", f"http://{HOME}:{port}/", seconds=PLENTY_SECONDS, max_bytes=10)
    with pytest.raises(Unreachable, match="no such host"):
        await home().ask("GET", "http://nobody.invalid/", seconds=PLENTY_SECONDS, max_bytes=10)
    assert await resolve(HOME, port) == [HOME]


async def test_the_certificate_is_of_the_name(tmp_path: Path) -> None:
    """TLS is checked for the host of the URL, though an address was connected to."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("hook")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    trust = ssl.create_default_context(cafile=str(authority.ca))

    async def here(_host: str, _port: int) -> Sequence[str]:
        return [HOME]

    text = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    async with server(saying(text), tls) as port:
        known = Outbound(Allowed([HOME]), trust=trust, resolve=here)
        answer = await known.ask(
            "GET", f"https://{HOME}:{port}/", seconds=PLENTY_SECONDS, max_bytes=10
        )
        assert answer.body == b"hi"
        for outbound, host in ((known, "other.example"), (home(), HOME)):
            url = f"https://{host}:{port}/"
            with pytest.raises(Unreachable, match="certificate is not trusted"):
                await outbound.ask("GET", url, seconds=PLENTY_SECONDS, max_bytes=10)
