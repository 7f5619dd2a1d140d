"""One WebSocket: messages in by callback, messages out at once, no task and no queue of its own.

Made of the `websockets` library's protocol without I/O (RFC 6455), put under an asyncio transport.
It knows nothing of frames' content, and no proxies.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from websockets.client import ClientProtocol
from websockets.exceptions import WebSocketException
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import CLOSED, OPEN
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from proto.encoding import JSON, Encoding

MESSAGE_BYTES = 64 * 1_048_576
"""Largest message taken from a server: a `ready` of very many rooms, a `sync` of long messages."""
OPEN_SECONDS = 10.0
"""For the connection, TLS and the upgrade together."""
CLOSE_SECONDS = 2.0
"""For the other side to answer a close."""
_ABNORMAL = 1006
_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class UpgradeRefusedError(Exception):
    """The server answered the upgrade with an HTTP status."""

    def __init__(self, status: int, retry_after_seconds: float) -> None:
        super().__init__(f"the upgrade was answered with HTTP {status}")
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class Socket(asyncio.Protocol):
    """A socket that `connect` has opened.

    Nothing is called back after `on_lost`, which comes exactly once, with the close code: that of
    the close frame that came, else 1006.
    """

    def __init__(
        self,
        url: str,
        on_message: Callable[[bytes], None],
        on_heard: Callable[[], None],
        on_lost: Callable[[int], None],
        encoding: Encoding = JSON,
        *,
        compress: bool = False,
    ) -> None:
        self._protocol = ClientProtocol(
            parse_uri(url),
            subprotocols=[Subprotocol(encoding.subprotocol)],
            extensions=[_deflate()] if compress else None,
            max_size=MESSAGE_BYTES,
        )
        self._is_binary = encoding.is_binary
        self._is_wanted = False
        self._on_message = on_message
        self._on_heard = on_heard
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self.upgraded: asyncio.Future[None] = self._loop.create_future()
        self._upgraded = False
        self._transport: asyncio.Transport | None = None
        self._fragments: list[bytes] = []
        self._closing: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------------------ going out

    def send(self, data: bytes) -> None:
        """Send one message; what is sent in one turn of the loop keeps its order.

        Nothing happens once the socket is closing: `on_lost` tells, and the caller sends again.
        """
        if self._protocol.state is OPEN:
            if self._is_binary:
                self._protocol.send_binary(data)
            else:
                self._protocol.send_text(data)
            self._flush()

    def close(self, code: int) -> None:
        """Begin the closing handshake, and abort when it is not answered in 2 s. Idempotent."""
        if self._protocol.state is OPEN:
            self._protocol.send_close(code)
            self._flush()
        if self._closing is None and self._transport is not None:
            self._closing = self._loop.call_later(CLOSE_SECONDS, self.abort)

    def abort(self) -> None:
        """Drop the connection without a word. Idempotent."""
        if self._transport is not None:
            self._transport.abort()

    def discard(self) -> None:
        """Drop it before anybody has it: nothing is called back."""
        self._upgraded = False
        self.upgraded.cancel()
        self.abort()

    # ------------------------------------------------------------------------------ coming in

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        # By what it can do: other loops' transports, such as uvloop's, are not of asyncio's class.
        if not hasattr(transport, "write"):
            raise TypeError("a stream transport is needed")
        self._transport = cast("asyncio.Transport", transport)
        self._protocol.send_request(self._protocol.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take bytes, answer pings and closes, hand on whole messages."""
        self._protocol.receive_data(data)
        # First the answers: a pong must not wait for what the user makes of a message.
        self._flush()
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                self._answered(event)
            elif isinstance(event, Frame):
                self._frame(event)
        if self._protocol.close_expected() and self._closing is None:
            self._closing = self._loop.call_later(CLOSE_SECONDS, self.abort)

    def eof_received(self) -> None:
        """Take the end of the stream."""
        self._protocol.receive_eof()
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the end, once."""
        if self._closing is not None:
            self._closing.cancel()
        self._transport = None
        if self._protocol.state is not CLOSED:
            self._protocol.receive_eof()
        if not self.upgraded.done():
            reason = error or self._protocol.handshake_exc
            self.upgraded.set_exception(
                ConnectionResetError(f"the connection ended before the upgrade: {reason or 'eof'}")
            )
        elif self._upgraded:
            self._on_lost(self._protocol.close_code or _ABNORMAL)

    def _answered(self, response: Response) -> None:
        if self.upgraded.done():
            return
        problem = self._protocol.handshake_exc
        if problem is None:
            self._upgraded = True
            self.upgraded.set_result(None)
        elif response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            text = response.headers.get("Retry-After", "0")
            seconds = float(text) if text.isdecimal() and len(text) < 8 else 0.0
            self.upgraded.set_exception(UpgradeRefusedError(response.status_code, seconds))
        else:
            self.upgraded.set_exception(ConnectionError(f"no WebSocket: {problem}"))

    def _frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._is_wanted = (frame.opcode is Opcode.BINARY) == self._is_binary
        if frame.opcode in _DATA and self._is_wanted:
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                data = b"".join(self._fragments)
                self._fragments.clear()
                self._on_message(data)
        else:  # a ping or a pong, or a message of the kind that is none of the subprotocol's
            self._on_heard()

    def _flush(self) -> None:
        """Write what the protocol has to say; an empty piece means the end of writing."""
        for data in self._protocol.data_to_send():
            if self._transport is None or self._transport.is_closing():
                return
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                self._transport.write_eof()


def _deflate() -> ClientPerMessageDeflateFactory:
    """Compression that keeps nothing between messages, as Parley agrees to it."""
    return ClientPerMessageDeflateFactory(
        server_no_context_takeover=True, client_no_context_takeover=True
    )


async def connect(
    url: str,
    on_message: Callable[[bytes], None],
    on_heard: Callable[[], None],
    on_lost: Callable[[int], None],
    encoding: Encoding = JSON,
    *,
    compress: bool = False,
) -> Socket:
    """Open a socket to a `ws:` or `wss:` URL. Cancelling is safe: nothing stays open.

    Raises:
        UpgradeRefusedError: the server answered, but not with a WebSocket.
        OSError: it could not be reached, in 10 s (then a TimeoutError), or broke off.
        ValueError: `url` is none.
    """
    try:
        where = parse_uri(url)
    except WebSocketException as error:
        raise ValueError(f"{url} is no WebSocket URL: {error}") from error
    socket = Socket(url, on_message, on_heard, on_lost, encoding, compress=compress)
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            await asyncio.get_running_loop().create_connection(
                lambda: socket,
                where.host,
                where.port,
                ssl=ssl.create_default_context() if where.secure else None,
            )
            await socket.upgraded
    except BaseException:
        socket.discard()
        raise
    return socket
