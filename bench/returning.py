"""A client of Parley that remembers what it has, and says so when it comes back; no socket.

It checks as it goes: what is shown twice, and what was left out, is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bench.dialects import Parley
from proto import frames


class _Room(msgspec.Struct):
    id: str
    last_seq: int = 0


class Heard(msgspec.Struct):
    """What it takes to follow along, of any frame; `prev` is there in log events alone."""

    type: str
    room: msgspec.Raw = msgspec.Raw(b'""')
    seq: int = 0
    prev: int = -1
    complete: bool = True
    rooms: Sequence[_Room] = ()
    id: str = ""
    text: str = ""


_decode = msgspec.json.Decoder(Heard).decode
_name = msgspec.json.Decoder(str).decode


class Returning(Parley):
    """In every room of its person; JSON."""

    def __init__(self, token: str) -> None:
        super().__init__("", token)
        self._token = token
        self.last: dict[str, int] = {}
        """The newest it has of each room."""
        self.awaiting: set[str] = set()
        """Rooms that it came back to, and that were not made whole yet."""
        self.doubled = 0
        self.missed = 0

    def greet(self) -> list[bytes]:
        """Say who it is, and what it has."""
        self.awaiting = set(self.last)
        hello = frames.Hello(token=self._token, client="parley-bench", resume=self.last)
        return [self._encode(hello)]

    def frame(self, frame: msgspec.Struct) -> bytes:
        """Any other frame."""
        return self._encode(frame)

    def hear(self, data: bytes) -> Heard:
        """Follow along."""
        heard = _decode(data)
        if heard.type == "ready":
            for one in heard.rooms:
                self.last.setdefault(one.id, one.last_seq)
        elif heard.type == "resumed":
            self.awaiting.discard(_name(heard.room))
            self.missed += not heard.complete
        elif heard.prev >= 0:
            self._follow(_name(heard.room), heard)
        return heard

    def _follow(self, room: str, event: Heard) -> None:
        last = self.last.get(room, 0)
        if event.seq <= last:
            self.doubled += 1
            return
        self.missed += event.prev > last
        self.last[room] = event.seq
