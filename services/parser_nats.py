"""Takes messages out of what a NATS server sends, as text; it knows no connection, and is pure.

nats-py reads by a task, and for every message tries one regular expression after the other, moves
its buffer twice and awaits. Nearly all that comes is messages, many in one read: here each costs
one search for the end of its line, and two calls. What else there is stays nats-py's.
Source: the client protocol in NATS' documentation (MSG, HMSG).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

Deliver: TypeAlias = Callable[[int, bytes, bytes, bytes, bytes], None]
"""Called with subscription id, subject, reply, data, raw headers; must not raise."""

_END: Final = b"\r\n"


class Parser:
    """Of one connection. Gives each message to `deliver` once all of it is there, in order."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._rest = b""

    def take(self, data: bytes) -> bytes:
        """Take what was read; give the commands in it that are no messages, each whole, in order.

        A message that cannot be read is among them: nats-py ends the connection for it.
        """
        data, at, commands = self._rest + data, 0, b""
        while (end := data.find(_END, at)) >= 0:
            words, start = data[at:end].split(), end + len(_END)
            try:
                stop = self._message(words, data, start)
            except (ValueError, IndexError):
                stop = start
                commands += data[at:start]
            if not stop:
                break
            at = stop
        self._rest = data[at:]
        return commands

    def _message(self, words: list[bytes], data: bytes, start: int) -> int:
        """Deliver the message of which this is the line, and say where it ends; 0 if later."""
        has_headers = words[0] == b"HMSG"
        if not has_headers and words[0] != b"MSG":
            raise ValueError("it is something else")
        stop = start + int(words[-1])
        if len(data) < stop + len(_END):
            return 0
        middle = start + int(words[-2]) if has_headers else start
        reply = words[3] if len(words) - has_headers > 4 else b""
        self._deliver(int(words[2]), words[1], reply, data[middle:stop], data[start:middle])
        return stop + len(_END)
