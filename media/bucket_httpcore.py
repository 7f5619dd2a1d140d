"""Keeps objects in a bucket of any S3 API; what is said there, and how it is signed, is `s3`'s.

An object is sent by one request that tells its length and its hash before its first byte. So the
store has all of it or nothing, and of what broke off there are no parts that somebody would have to
look for; most stores refuse a byte that changed on the way. Its name there is the one that it has
in a folder (`Folder`): whoever moves copies the files, and nothing else.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import secrets
import ssl
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import httpcore

from media import s3
from media.store import CHUNK_BYTES, Missing, StoreError
from services import clock
from services.outbound_httpcore import raw, said

READS_AT_ONCE: Final = 512
"""Objects that one process reads at a time, each over a connection of its own."""
BREAKS: Final = 20
"""So often one reading of an object may break off, and go on."""
START_SECONDS: Final = 30.0
"""The store may come up that long after us."""
GOOD_SECONDS: Final = 30.0
"""An answer is good that long for `check`: at some, asking costs money."""
_PAUSES: Final = (0.1, 0.5)
"""Seconds before a request that the store could not take is tried again."""
_BUSY: Final = frozenset((429, 500, 502, 503, 504))
_SILENCE: Final = {"connect": 5.0, "read": 60.0, "write": 30.0, "pool": 5.0}
"""Seconds that one step of a request may take; the whole has no end while it goes on."""
_IDLE_CONNECTIONS: Final = 32
_IDLE_SECONDS: Final = 20.0
_TEXT_BYTES: Final = 16_384
_FAILED: Final = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)


class _RefusedError(StoreError):
    """The store is there and says no: it will say so again."""


class _Call(NamedTuple):
    """One request, which may be sent again."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] | None = None
    content: AsyncIterable[bytes] | None = None
    sha256: str = s3.NOTHING
    tries: int = len(_PAUSES) + 1


class _File:
    """The content of a file, from its beginning each time it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with await asyncio.to_thread(self._path.open, "rb") as file:
            while data := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield data


class _Bytes:
    """A content that is here, each time it is asked for."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


class Bucket:
    """A store in a bucket that is there already; a part of the service. Many may share it."""

    name = "bucket"

    def __init__(self, bucket: s3.Bucket, start_seconds: float = START_SECONDS) -> None:
        self._bucket = bucket
        self._start_seconds = start_seconds
        self._reading = 0
        self._good_until = float("-inf")
        self._url = urlsplit(bucket.endpoint)
        self._pool = httpcore.AsyncConnectionPool(
            # Whom the system trusts, or SSL_CERT_FILE.
            ssl_context=ssl.create_default_context() if self._url.scheme == "https" else None,
            # More than there are readers, uploads and sweepers together: nobody waits for a place.
            max_connections=2 * READS_AT_ONCE,
            max_keepalive_connections=_IDLE_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
        )

    async def start(self) -> None:
        """Find out that objects can be kept, read and removed; the store may come up meanwhile.

        Raises:
            StoreError: it did not, or it refuses us; one sentence says what to do.
        """
        deadline = clock.monotonic() + self._start_seconds
        try:
            while True:
                try:
                    await self._try()
                    return
                except StoreError as error:
                    if isinstance(error, _RefusedError) or clock.monotonic() > deadline:
                        raise
                await asyncio.sleep(_PAUSES[-1])
        except BaseException:
            await self._pool.aclose()
            raise

    def __str__(self) -> str:
        return str(self._bucket)

    async def stop(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def put(self, name: str, source: Path) -> None:
        """As `Store`; `source` is read twice, and stays."""
        try:
            sha256, size = await asyncio.to_thread(_measured, source)
            await self._put(name, _File(source), sha256, size)
        except OSError as error:
            raise StoreError(f"{name} cannot be kept: {error.strerror}") from error

    async def read(self, name: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """As `Store`; it comes as fast as it is taken.

        A store does not wait for ever for whoever takes slowly, such as a film that is held: what
        broke off goes on where it was.
        """
        if self._reading >= READS_AT_ONCE:
            raise StoreError(f"{READS_AT_ONCE} files are being read already")
        self._reading += 1
        end, breaks = start + length, 0
        try:
            while start < end:
                began = start
                try:
                    async with aclosing(self._part(name, start, end)) as pieces:
                        async for piece in pieces:
                            start += len(piece)
                            yield piece
                except _RefusedError:
                    raise
                except StoreError:
                    breaks += 1
                    if start == began or breaks > BREAKS:
                        raise
        finally:
            self._reading -= 1

    async def _part(self, name: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        wanted = {"range": f"bytes={start}-{end - 1}"}
        async with self._asked(_Call("GET", _path(name), headers=wanted)) as response:
            _check_length(name, response, end - start)
            async for piece in response.aiter_stream():
                start += len(piece)
                yield piece
        if start < end:
            raise StoreError(f"{name} broke off")

    async def remove(self, name: str) -> None:
        """As `Store`."""
        with suppress(Missing):
            await self._tell(_Call("DELETE", _path(name)))

    async def check(self) -> None:
        """As `Store`; a good answer is good for a while, unless something fails meanwhile."""
        if clock.monotonic() < self._good_until:
            return
        await self.look()
        self._good_until = clock.monotonic() + GOOD_SECONDS

    async def look(self) -> None:
        """Find out, now, that the bucket is there and that we are known. Raises StoreError."""
        # No HEAD: its answer has no body, which says what is wrong.
        await self._tell(_Call("GET", "", "list-type=2&max-keys=1&prefix=objects%2F", tries=1))

    async def _try(self) -> None:
        await self.look()
        name = f"check{secrets.token_hex(8)}"
        content = name.encode()
        await self._put(name, _Bytes(content), hashlib.sha256(content).hexdigest(), len(content))
        async with aclosing(self.read(name, 0, len(content))) as pieces:
            found = b"".join([piece async for piece in pieces])
        await self.remove(name)
        if found != content:
            raise _RefusedError(f"{self._bucket}: what is read is not what was written")

    async def _put(self, name: str, content: AsyncIterable[bytes], sha256: str, size: int) -> None:
        headers = {"content-length": str(size), "content-type": "application/octet-stream"}
        await self._tell(_Call("PUT", _path(name), "", headers, content, sha256))

    async def _tell(self, call: _Call) -> None:
        async with self._asked(call) as response:
            # Read to its end: the connection is good for the next one.
            await _text(response)

    @asynccontextmanager
    async def _asked(self, call: _Call) -> AsyncIterator[httpcore.Response]:
        """A good answer, whose body is still to come; closed at the end.

        Raises:
            Missing: there is no such object.
            StoreError: no answer, or a bad one; so also for the body.
        """
        with self._faults():
            response = await self._answer(call)
            try:
                if response.status >= 300:
                    raise await self._refusal(call, response)
                yield response
            finally:
                await response.aclose()

    async def _answer(self, call: _Call) -> httpcore.Response:
        """The answer, good or bad. What the store cannot do now it is asked again."""
        for pause in _PAUSES[: call.tries - 1]:
            try:
                response = await self._pool.handle_async_request(self._request(call))
            except (httpcore.NetworkError, httpcore.ProtocolError):
                # One that kept silent instead was waited for long enough.
                pass
            else:
                if response.status not in _BUSY:
                    return response
                await response.aclose()
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        return await self._pool.handle_async_request(self._request(call))

    def _request(self, call: _Call) -> httpcore.Request:
        path, now = self._bucket.path + call.path, clock.rfc3339(clock.now_ms())
        signed = s3.signed(
            *(self._bucket, call.method, path, call.query, now),
            sha256=call.sha256,
            headers=call.headers,
        )
        url = httpcore.URL(
            scheme=self._url.scheme.encode(),
            host=(self._url.hostname or "").encode(),
            port=self._url.port,
            target=(f"{path}?{call.query}" if call.query else path).encode(),
        )
        timeout = {"timeout": _SILENCE}
        return httpcore.Request(
            call.method, url, headers=raw(signed), content=call.content, extensions=timeout
        )

    async def _refusal(self, call: _Call, response: httpcore.Response) -> StoreError:
        code = s3.code(await _text(response))
        if code == s3.GONE:
            return Missing(call.path)
        kind = StoreError if response.status in _BUSY else _RefusedError
        return kind(s3.sentence(self._bucket, response.status, code))

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Tell of a broken connection as a store's fault; whoever checks then looks anew."""
        try:
            yield
        except _FAILED as error:
            self._good_until = float("-inf")
            raise StoreError(f"{self._bucket}: {said(error)}") from error


async def _text(response: httpcore.Response) -> bytes:
    """As much of a body as says what it is."""
    text = bytearray()
    async for piece in response.aiter_stream():
        text += piece
        if len(text) > _TEXT_BYTES:
            break
    return bytes(text)


def _check_length(name: str, response: httpcore.Response, length: int) -> None:
    """Refuse an answer that is not the part that was asked for."""
    told = [value for key, value in response.headers if key.lower() == b"content-length"]
    if told != [b"%d" % length]:
        raise StoreError(f"{name} has not the length that it had")


def _path(name: str) -> str:
    return f"/objects/{name[:2]}/{name}"


def _measured(path: Path) -> tuple[str, int]:
    """Hash and length of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
