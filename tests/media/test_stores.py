"""What every store promises, tried on a folder and on a bucket of a real S3 server."""

import asyncio
import hashlib
import os
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from media.bucket_httpcore import READS_AT_ONCE, Bucket
from media.folder import Folder
from media.store import CHUNK_BYTES, Missing, Store, StoreError
from services.check import findings
from services.local.ports import free_ports
from tests.databases_postgres import fresh_database
from tests.history.running import key
from tests.media.running import running
from tests.media.seaweed import Seaweed
from tests.nats_server import NatsServer
from tests.servers import Servers
from tests.tls import Authority, fronted

pytestmark = pytest.mark.asyncio(loop_scope="module")
LARGE = 12_000_000
"""More than all buffers on the way together."""


@pytest_asyncio.fixture(params=["folder", "bucket"], loop_scope="module")
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Give each kind of store."""
    if request.param == "folder":
        yield Folder(tmp_path)
        return
    bucket = Bucket(request.getfixturevalue("seaweed").bucket())
    await bucket.start()
    yield bucket
    await bucket.stop()


async def read(store: Store, name: str, start: int, length: int) -> bytes:
    """A part of an object."""
    async with aclosing(store.read(name, start, length)) as pieces:
        return b"".join([piece async for piece in pieces])


def spooled(folder: Path, content: bytes) -> tuple[str, Path]:
    """A file that is about to be kept, and a name for it."""
    name = os.urandom(16).hex()
    path = folder / f"{name}.spool"
    path.write_bytes(content)
    return name, path


async def test_an_object_is_given_as_it_was_kept(store: Store, tmp_path: Path) -> None:
    """All of it, or any part."""
    content = os.urandom(3 * CHUNK_BYTES + 5)
    name, path = spooled(tmp_path, content)
    await store.put(name, path)
    size = len(content)
    for start, length in ((0, size), (0, 1), (size - 1, 1), (CHUNK_BYTES - 3, CHUNK_BYTES + 7)):
        assert await read(store, name, start, length) == content[start : start + length]
    await store.check()


async def test_what_is_not_there_is_told_before_a_byte_is_given(
    store: Store, tmp_path: Path
) -> None:
    """Nor is what was removed; removing it again is no news, and keeping nothing is a fault."""
    name, path = spooled(tmp_path, b"hello")
    with pytest.raises(Missing):
        await read(store, name, 0, 1)
    await store.remove(name)
    await store.put(name, path)
    assert await read(store, name, 1, 3) == b"ell"
    for _ in range(2):
        await store.remove(name)
        with pytest.raises(Missing):
            await read(store, name, 0, 5)
    with pytest.raises(StoreError):
        await store.put(name, tmp_path / "nothing")


async def test_an_object_that_is_shorter_than_it_was_is_told(store: Store, tmp_path: Path) -> None:
    """Whoever reads gets an error instead of a file that only seems whole."""
    name, path = spooled(tmp_path, b"hello")
    await store.put(name, path)
    for start in (3, 5):
        with pytest.raises(StoreError):
            await read(store, name, start, 5)


async def test_a_reader_that_goes_away_gives_its_place_back(
    seaweed: Seaweed, tmp_path: Path
) -> None:
    """However many do; one too many at the same time is told so."""
    bucket = Bucket(seaweed.bucket())
    name, path = spooled(tmp_path, os.urandom(LARGE))
    await bucket.put(name, path)
    for _ in range(3):
        async with aclosing(bucket.read(name, 0, LARGE)) as pieces:
            await anext(pieces)
            assert bucket._reading == 1
        assert bucket._reading == 0
    assert not bucket._pool.connections
    bucket._reading = READS_AT_ONCE
    with pytest.raises(StoreError, match="are being read already"):
        await read(bucket, name, 0, 1)
    await bucket.stop()


@asynccontextmanager
async def breaking(port: int, after: int) -> AsyncIterator[str]:
    """A way to a server on which each connection breaks once so many bytes came from there."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        left = after
        try:
            far_writer.write(await reader.readuntil(b"\r\n\r\n"))
            while left and (data := await far_reader.read(min(left, CHUNK_BYTES))):
                left -= len(data)
                writer.write(data)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for each in (writer, far_writer):
                each.transport.abort()

    async with asyncio.TaskGroup() as group:
        carrying: list[asyncio.Task[None]] = []
        server = await asyncio.start_server(
            lambda *both: carrying.append(group.create_task(carry(*both))), "127.0.0.1", 0
        )
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
        for one in carrying:
            one.cancel()


async def test_what_breaks_off_goes_on_where_it_was(seaweed: Seaweed, tmp_path: Path) -> None:
    """As when the store closes on a film that is held; not for ever, where nothing else comes."""
    content, direct = os.urandom(LARGE), Bucket(seaweed.bucket())
    name, path = spooled(tmp_path, content)
    await direct.put(name, path)
    await direct.stop()
    for after, is_read in ((LARGE // 4, True), (10_000, False)):
        async with breaking(seaweed.port, after) as endpoint:
            bucket = Bucket(replace(seaweed.bucket(), endpoint=endpoint))
            if is_read:
                assert await read(bucket, name, 0, LARGE) == content
            else:
                with pytest.raises(StoreError, match="the bucket files at "):
                    await read(bucket, name, 0, LARGE)
            await bucket.stop()


async def test_an_object_goes_through_in_pieces(store: Store, tmp_path: Path) -> None:
    """Neither kept nor read is it ever whole in memory."""
    name, path = spooled(tmp_path, os.urandom(LARGE))
    wanted = hashlib.sha256(path.read_bytes()).digest()
    digest = hashlib.sha256()
    tracemalloc.start()
    try:
        await store.put(name, path)
        async with aclosing(store.read(name, 0, LARGE)) as pieces:
            async for piece in pieces:
                digest.update(piece)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert digest.digest() == wanted
    assert most < LARGE / 4


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"key_id": "nobody"}, "it does not know the key: correct PARLEY_S3_ACCESS_KEY_ID"),
        ({"secret": "hush"}, "the secret is wrong: correct PARLEY_S3_SECRET_ACCESS_KEY"),
        ({"name": "nowhere"}, "there is no such bucket: make it, or correct PARLEY_S3_BUCKET"),
    ],
)
async def test_a_store_that_refuses_us_is_told_at_the_start(
    seaweed: Seaweed, changed: dict[str, str], sentence: str
) -> None:
    """At once, in one sentence that says what to do, and holds no secret."""
    address = replace(seaweed.bucket(), **changed)
    bucket = Bucket(address)
    with pytest.raises(StoreError) as told:
        await bucket.start()
    assert str(told.value) == f"the bucket {address.name} at {address.endpoint}: {sentence}"
    assert address.secret not in f"{told.value}{address!r}"


async def test_a_store_by_tls_is_believed_by_its_certificate(
    seaweed: Seaweed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's authorities, or those of SSL_CERT_FILE; nobody else's."""
    authority, address = Authority(tmp_path), seaweed.bucket()
    async with fronted(address.endpoint, *authority.issue("store")) as front:
        address = replace(address, endpoint=front.replace("http://@", "https://"))
        with pytest.raises(StoreError, match="its certificate is not trusted"):
            await Bucket(address, 0).start()
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
        bucket = Bucket(address)
        await bucket.start()
        await bucket.stop()


async def test_a_store_that_is_away_is_waited_for(seaweed: Seaweed) -> None:
    """For a while."""
    (nobody,) = free_ports(1)
    bucket = Bucket(replace(seaweed.bucket(), endpoint=f"http://127.0.0.1:{nobody}"), 0.1)
    with pytest.raises(StoreError, match="no connection"):
        await bucket.start()


async def test_a_server_killed_in_the_middle_leaves_nothing_half(
    seaweed: Seaweed, tmp_path: Path
) -> None:
    """What is read breaks off with an error, what is sent is not there; later both are done."""
    bucket = Bucket(seaweed.bucket())
    await bucket.start()
    content = os.urandom(LARGE)
    kept, path = spooled(tmp_path, content)
    await bucket.put(kept, path)
    await bucket.check()
    half, other = spooled(tmp_path, content[::-1])

    async def killing() -> AsyncIterator[bytes]:
        yield content[: LARGE // 2]
        await asyncio.to_thread(seaweed.kill)
        yield content[LARGE // 2 :]

    pieces = bucket.read(kept, 0, LARGE)
    await anext(pieces)
    with pytest.raises(StoreError, match="the bucket files at "):
        await bucket._put(half, killing(), hashlib.sha256(content).hexdigest(), LARGE)
    with pytest.raises(StoreError):
        async for _ in pieces:
            pass
    with pytest.raises(StoreError, match="the bucket files at "):
        await bucket.check()
    with pytest.raises(StoreError):
        await bucket.put(half, other)
    await asyncio.to_thread(seaweed.start)
    await bucket.check()
    with pytest.raises(Missing):
        await read(bucket, half, 0, 1)
    assert await read(bucket, kept, 0, LARGE) == content
    await bucket.put(half, other)
    assert await read(bucket, half, 0, LARGE) == content[::-1]
    await bucket.stop()


async def test_files_of_messages_are_kept_in_a_bucket(
    servers: Servers, seaweed: Seaweed, tmp_path: Path, media_nats: NatsServer
) -> None:
    """By settings alone: a part of one is read, one that is deleted goes; the folder is empty."""
    settings = {
        "PARLEY_S3_ENDPOINT": f"http://127.0.0.1:{seaweed.port}",
        "PARLEY_S3_BUCKET": "files",
        "PARLEY_S3_ACCESS_KEY_ID": seaweed.key_id,
        "PARLEY_S3_SECRET_ACCESS_KEY": seaweed.secret,
    }
    async with (
        fresh_database(servers.postgres_url) as url,
        running(url, media_nats.url, tmp_path, None, **settings) as place,
    ):
        content = os.urandom(300_000)
        file = await place.uploaded(content)
        message = key()
        await place.attach(file.id, message=message)
        path = (await place.sign(file.id))[file.id]["url"].partition("parley.test")[2]
        assert (await place.http.get(path)).content == content
        answer = await place.http.get(path, headers={"range": "bytes=1000-200000"})
        assert (answer.status_code, answer.content) == (206, content[1000:200_001])
        assert os.listdir(tmp_path) == ["incoming"]
        assert os.listdir(tmp_path / "incoming") == []
        served = await place.ledger.served(file.id, "original")
        assert served is not None
        await place.release(message)
        await place.media.sweeper.remove(4_000_000_000_000)
        with pytest.raises(Missing):
            await read(place.media.store, served.object, 0, 1)
        checked = {
            **settings,
            "PARLEY_POSTGRES_URL": url,
            "PARLEY_NATS_URL": media_nats.url,
            "PARLEY_S3_BUCKET": "nowhere",
        }
        found = [one async for one in findings(["media"], checked) if one.part == "files"]
    assert [one.said for one in found] == [
        f"the bucket nowhere at {settings['PARLEY_S3_ENDPOINT']}: there is no such bucket: make it,"
        " or correct PARLEY_S3_BUCKET"
    ]
