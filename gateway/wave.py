"""What a large room is told, on its way to those who are in it; who is told what is the fan-out's.

A socket of a small room keeps what is pending for it. In a room of thousands that would be
thousands of lists of the same frames: a wave has them once, joined once for each form of socket,
and is given to a slice of the sockets in each turn of the loop. What the room is told before its
wave begins goes with it, so that joining grows with the load by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from gateway.parcel import Parcel


class Recipient(Protocol):
    """A socket that is written to with many others."""

    def write_joined(self, frames: Mapping[int, bytes]) -> bool:
        """Write the frames of its form, behind all that is pending for it; whether it took them.

        It must not raise, for others are waiting their turn.
        """


class Written(NamedTuple):
    """What a slice came to."""

    sockets: int
    frames: int
    writes: int


class Wave:
    """Parcels in the order they were told, and the sockets that still wait for them."""

    __slots__ = ("_at", "_is_sealed", "_joined", "_sockets")

    def __init__(self, sockets: Sequence[Recipient], parcel: Parcel) -> None:
        self._sockets = sockets
        self._at = 0
        self._is_sealed = False
        self._joined = _Joined(parcel)

    @property
    def is_over(self) -> bool:
        """Whether everybody was written to."""
        return not self._sockets

    def add(self, parcel: Parcel) -> bool:
        """Tell the same sockets one thing more; False if it is sealed."""
        if self._is_sealed:
            return False
        self._joined.parcels.append(parcel)
        return True

    def seal(self) -> None:
        """Take nothing more: it goes to others from now on, or somebody has been written to."""
        self._is_sealed = True

    def write(self, count: int) -> Written:
        """Write to at most `count` more of the sockets."""
        self._is_sealed = True
        sockets = self._sockets[self._at : self._at + count]
        self._at += len(sockets)
        joined = self._joined
        writes = sum([socket.write_joined(joined) for socket in sockets])
        written = Written(len(sockets), writes * len(joined.parcels), writes)
        if self._at >= len(self._sockets):
            self._end()
        return written

    def hurry(self, socket: Recipient) -> None:
        """Write to this one now, if it still waits."""
        waiting = self._sockets[self._at :]
        if socket in waiting:
            self._is_sealed = True
            self._sockets, self._at = [other for other in waiting if other is not socket], 0
            socket.write_joined(self._joined)

    def _end(self) -> None:
        """Keep nothing: the room may be told nothing more for long."""
        self._sockets, self._at = (), 0
        self._joined.clear()
        self._joined.parcels.clear()


class _Joined(dict[int, bytes]):
    """The frames of all parcels for a form, made once it is asked for."""

    __slots__ = ("parcels",)

    def __init__(self, parcel: Parcel) -> None:
        super().__init__()
        self.parcels = [parcel]

    def __missing__(self, form: int) -> bytes:
        frames = self[form] = b"".join([parcel[form] for parcel in self.parcels])
        return frames
