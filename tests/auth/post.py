"""A server that takes mail (RFC 5321) and keeps it for the test to read; it delivers none."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import cast

from tests.auth.running import WAIT_SECONDS
from tests.listening import listening


class Post:
    """The mails that came, in order."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.port = 0
        self._came: asyncio.Queue[EmailMessage] = asyncio.Queue()

    async def next(self) -> EmailMessage:
        """The next mail."""
        async with asyncio.timeout(WAIT_SECONDS):
            return await self._came.get()

    @property
    def empty(self) -> bool:
        """Whether every mail was read."""
        return self._came.empty()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, as far as smtplib needs it."""
        writer.write(b"220 post\r\n")
        while line := (await reader.readline()).upper():
            if line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                raw = await reader.readuntil(b"\r\n.\r\n")
                parsed = email.message_from_bytes(raw[:-3], policy=email.policy.default)
                self._came.put_nowait(parsed)
            writer.write(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 ok\r\n")
            if line.startswith(b"QUIT"):
                break
        writer.close()


@asynccontextmanager
async def post() -> AsyncIterator[Post]:
    """Take mail on a port of loopback."""
    taken = Post()
    async with listening(taken.serve) as taken.port:
        yield taken


def link_in(mail: EmailMessage) -> str:
    """The one link to a page in a mail."""
    (found,) = [line.strip() for line in mail.get_content().splitlines() if "#" in line]
    return cast(str, found)
