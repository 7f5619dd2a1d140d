"""What the kernel knows a connection by; nothing is written to it here."""

from __future__ import annotations

import asyncio
from typing import cast


def descriptor(transport: asyncio.Transport) -> int:
    """The file descriptor, where what is written to it is sent as it is; else -1.

    uvloop, as asyncio, closes it after `connection_lost` has returned (`_call_connection_lost`).
    Until then it is that connection's alone.
    """
    socket = transport.get_extra_info("socket")
    is_plain = transport.get_extra_info("sslcontext") is None
    return cast(int, socket.fileno()) if socket is not None and is_plain else -1
