"""Whether a server answers in its own language; one question each, no client library."""

import asyncio
import contextlib
import json
import ssl
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

from services.local.ports import HOST

LIMIT_SECONDS = 2.0
ANSWER_BYTES = 65_536

Probe = Callable[[], Awaitable[bool]]


async def _ask(
    port: int,
    question: bytes,
    enough: Callable[[bytes], bool],
    tls: ssl.SSLContext | None = None,
) -> bytes:
    """Send a question and read until the answer is enough, the peer closes or time is up."""
    answer = b""
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            reader, writer = await asyncio.open_connection(HOST, port, ssl=tls)
            try:
                writer.write(question)
                while len(answer) < ANSWER_BYTES and not enough(answer):
                    piece = await reader.read(4096)
                    if not piece:
                        break
                    answer += piece
            finally:
                # A farewell by TLS would wait for the other side's, beyond the end of this loop.
                writer.transport.abort()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError):
        return b""
    return answer


def http(port: int, path: str, ca: Path | None = None) -> Probe:
    """Ask for a path: ready when the status is 200.

    With `ca`, a file of root certificates, it asks by TLS and believes nobody else; while there is
    no such file the server is not ready.
    """
    question = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()

    async def probe() -> bool:
        try:
            tls = None if ca is None else ssl.create_default_context(cafile=ca)
        except OSError:
            return False
        answer = await _ask(port, question, lambda seen: b"\r\n" in seen, tls)
        return answer.split(b"\r\n", 1)[0].split(b" ")[1:2] == [b"200"]

    return probe


async def complaint(port: int, path: str) -> str:
    """Ask for a path, and give the `error` that the answer, JSON, names; empty if it names none."""
    question = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    body = (await _ask(port, question, lambda _: False)).partition(b"\r\n\r\n")[2]
    try:
        return str(json.loads(body).get("error", ""))
    except (ValueError, AttributeError):
        return ""


def nats(port: int, monitor: int | None = None) -> Probe:
    """Read the greeting: ready when the server offers JetStream.

    With `monitor`, the port of its monitoring, it has to be well too: it takes what it is given.
    """
    is_well = None if monitor is None else http(monitor, "/healthz")

    async def probe() -> bool:
        return await greeted() and (is_well is None or await is_well())

    async def greeted() -> bool:
        answer = await _ask(port, b"", lambda seen: b"\r\n" in seen)
        if not answer.startswith(b"INFO "):
            return False
        try:
            return json.loads(answer[5:].split(b"\r\n", 1)[0]).get("jetstream") is True
        except ValueError:
            return False

    return probe


def postgres(port: int) -> Probe:
    """Begin a session: ready when a password is asked for, as pg_isready does.

    While it starts or recovers Postgres answers with an error instead (SQLSTATE 57P03).
    """
    words = b"user\0parley\0database\0parley\0\0"
    question = struct.pack("!ii", 8 + len(words), 196_608) + words

    async def probe() -> bool:
        return (await _ask(port, question, lambda seen: len(seen) > 0))[:1] == b"R"

    return probe


def valkey(port: int, password: str) -> Probe:
    """Sign in and ping: ready when it answers and is not loading."""
    question = f"AUTH {password}\r\nPING\r\n".encode()

    async def probe() -> bool:
        return (
            await _ask(port, question, lambda seen: seen.count(b"\r\n") > 1) == b"+OK\r\n+PONG\r\n"
        )

    return probe
