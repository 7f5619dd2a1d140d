"""Frames in the form that a socket takes: JSON or MessagePack, compressed or not; sends nothing.

What goes to many sockets is encoded, compressed and framed once for each form that one of them has.
"""

from __future__ import annotations

from typing import Final

import msgspec

from gateway import deflate
from gateway.frame import BINARY, TEXT, message_frame
from proto import packed
from services import logs_structlog

PACKED: Final = 1
"""MessagePack in binary frames, else JSON in text frames."""
DEFLATED: Final = 2
"""What is long enough for it goes compressed."""

_log = logs_structlog.get_logger()


def framed(message: bytes, form: int) -> bytes:
    """Frame a message that is in its encoding already, for sockets of this form."""
    opcode = BINARY if form & PACKED else TEXT
    if form & DEFLATED and len(message) >= deflate.LEAST_BYTES:
        short = deflate.deflated(message)
        if len(short) < len(message):
            return message_frame(opcode, short, is_deflated=True)
    return message_frame(opcode, message)


class Parcel(dict[int, bytes]):
    """Gives the frame of an event for a form, `parcel[form]`, and makes it once."""

    __slots__ = ("_json",)

    def __init__(self, json: bytes) -> None:
        super().__init__()
        self._json = json

    def __missing__(self, form: int) -> bytes:
        frame = self[form] = self._made(form)
        return frame

    def _made(self, form: int) -> bytes:
        if not form & PACKED:
            return framed(self._json, form)
        try:
            return framed(packed.from_json(self._json), form)
        except msgspec.MsgspecError:
            # It is in the log all the same; who is sent it as JSON can make as little of it.
            _log.warning("an event that cannot be read")
            return b""
