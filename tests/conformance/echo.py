"""An echo on the gateway's own socket layer, for Autobahn to try; it is no part of Parley."""

from __future__ import annotations

import asyncio
import signal
import sys

import uvloop

from gateway.parcel import DEFLATED, PACKED, framed
from gateway.socket_picows import (
    Accept,
    Decision,
    Socket,
    SocketLimits,
    Upgrade,
    protocol_class,
)
from services.server_uvicorn import HttpServer

# Autobahn's cases 9.* send messages of up to 16 MiB.
LIMITS = SocketLimits(max_message_bytes=16 * 2**20, outbox_bytes=64 * 2**20, deflates=True)


class Echo:
    """Sends back whatever comes."""

    __slots__ = ("_socket",)

    def opened(self, socket: Socket) -> None:
        """Keep the socket to answer on."""
        self._socket = socket

    def text(self, data: bytes) -> None:
        """Answer a text with a text."""
        self._socket.send(framed(data, self._socket.form & DEFLATED))

    def binary(self, data: bytes) -> None:
        """Answer bytes with bytes."""
        self._socket.send(framed(data, self._socket.form & DEFLATED | PACKED))

    def closed(self, code: int) -> None:
        """Nothing is kept."""


def decide(_upgrade: Upgrade) -> Decision:
    """Open every socket."""
    return Accept(Echo())


async def no_app(_scope: object, _receive: object, _send: object) -> None:
    """There is no HTTP here."""


async def serve(port: int) -> None:
    """Listen on loopback, say where on standard output, and run until SIGTERM."""
    server = HttpServer(no_app, "127.0.0.1", port, ws=protocol_class(decide, LIMITS))
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await server.start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    await stopped.wait()
    await server.stop()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
