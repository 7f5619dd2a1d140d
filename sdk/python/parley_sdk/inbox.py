"""What comes in: every room's log, the gaps being filled, and a bounded queue to the user.

Pure: it says which `sync` is wanted, and is told the answers. It never holds up the socket: when
the user is slow and the queue full, log events are let go by and asked for again once there is
room, so that answers to the user's own requests still come through and nothing is lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple, cast

from parley_sdk.backoff import CAP_SECONDS
from parley_sdk.room_log import Gone, Item, Missed, Rewound, RoomLog, Step
from proto import frames, limits
from proto.codes import ErrorCode
from proto.events import LogEvent
from proto.shapes import Room

SYNCS_AT_ONCE = 4
"""Rooms whose gaps are filled at the same time."""
RESUME_BYTES = 48_000
"""Most of a `hello` that `resume` takes, of the 64 KiB a frame may have."""
_SEQ_BYTES = 20  # quotes, colon, comma and the digits of the highest seq
_FIRST_WAIT_SECONDS = 0.2
_FINAL = frozenset({ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN})


class Ask(NamedTuple):
    """A `sync` to send now."""

    room: str
    after: int
    limit: int


class _Gap:
    """A gap being filled: when to ask next (monotonic seconds), and whether that is under way."""

    __slots__ = ("at", "failures", "flying")

    def __init__(self, at: float) -> None:
        self.at = at
        self.flying = False
        self.failures = 0


class Inbox:
    """All logs of one client. `capacity` bounds the queue, give or take the pages under way.

    A capacity of 0 is for a client that takes no events: they are counted, and let go.
    """

    def __init__(self, capacity: int, resume: dict[str, int]) -> None:
        self.capacity = capacity
        self.queue: deque[Item] = deque()
        self.handed: dict[str, int] = dict(resume)
        """What the user has taken: the last seq of each room."""
        self._logs = {room: RoomLog(room, last) for room, last in resume.items()}
        self._replaying: set[str] = set()
        self._stalled: dict[str, None] = {}
        self._gaps: dict[str, _Gap] = {}
        self._begun = False

    @property
    def whole(self) -> bool:
        """Whether everything the server told of is in the queue or taken from it."""
        return not (self._replaying or self._stalled or self._gaps)

    def resume(self) -> dict[str, int]:
        """Give what a `hello` says to hold; rooms beyond the limit are asked for after `ready`."""
        held: dict[str, int] = {}
        left = RESUME_BYTES
        for room, log in self._logs.items():
            left -= len(room) + _SEQ_BYTES
            if left < 0 or len(held) == limits.RESUME_ROOMS:
                break
            held[room] = log.last
        self._replaying = set(held)
        return held

    def ready(self, rooms: Iterable[Room], now: float) -> None:
        """Take the rooms of a `ready`; in the first one, new rooms begin with what happens now."""
        begun, self._begun = self._begun, True
        present = {room.id: room for room in rooms}
        for name in [name for name in self._logs if name not in present]:
            if name not in self._replaying:  # else `resumed` says so
                self._gone(name)
        for room in present.values():
            if room.id in self._replaying:
                continue
            if begun or room.id in self._logs:
                self.added(room, now)
            else:
                self._begin(room.id, room.last_seq)

    def added(self, room: Room, now: float) -> None:
        """Take a room the user is in by now; a known one goes on.

        A new one begins at its `read_seq`, where the membership began: what was said between then
        and word of it has come to nobody's ears here, and is asked for.
        """
        log = self._logs.get(room.id)
        if log is None:
            log = self._begin(room.id, min(room.read_seq, room.last_seq))
        self._take(log, log.known(room.last_seq), now)

    def event(self, event: LogEvent, now: float) -> None:
        """Take a live or replayed event."""
        log = self._logs.get(event.room)
        if log is None:
            log = self._begin(event.room, event.prev if isinstance(event.prev, int) else 0)
        if event.room in self._stalled:
            return
        if self._full():
            self._stalled[event.room] = None
            return
        self._take(log, log.accept(event), now)

    def resumed(self, frame: frames.Resumed, now: float) -> None:
        """Take the end of a room's replay."""
        self._replaying.discard(frame.room)
        log = self._logs.get(frame.room)
        if log is None:
            return
        if frame.gone is True:
            self._gone(frame.room)
        else:
            self._take(log, log.resumed(frame.to, complete=frame.complete), now)

    def asks(self, now: float) -> list[Ask]:
        """Give the syncs that are due, and count them as under way."""
        if not self._gaps or self._full():
            return []
        flying = sum(gap.flying for gap in self._gaps.values())
        due = [room for room, gap in self._gaps.items() if not gap.flying and gap.at <= now]
        room_left = self.capacity - len(self.queue) if self.capacity else limits.SYNC_EVENTS
        asks = []
        for room in due[: SYNCS_AT_ONCE - flying]:
            gap = self._gaps[room]
            gap.flying = True
            asks.append(Ask(room, self._logs[room].last, min(limits.SYNC_EVENTS, room_left)))
        return asks

    def answered(self, room: str, result: frames.SyncResult, now: float) -> None:
        """Take the answer to a `sync`."""
        log, gap = self._logs.get(room), self._gaps.get(room)
        if log is None or gap is None:
            return
        gap.flying = False
        gap.failures = 0
        if self._full():
            self._stalled[room] = None
            return
        self._take(log, log.page(result.events, more=result.more, oldest=result.oldest), now)
        if not log.asking:
            self._gaps.pop(room, None)
        else:
            gap.at = now + (_FIRST_WAIT_SECONDS * 2**log.tries if log.tries else 0.0)

    def refused(self, room: str, code: str, now: float) -> None:
        """Take an error instead, or the lack of any answer: again later, or the room is gone."""
        gap = self._gaps.get(room)
        if gap is None:
            return
        if code in _FINAL:
            self._gone(room)
            return
        gap.flying = False
        gap.failures += 1
        gap.at = now + min(CAP_SECONDS, _FIRST_WAIT_SECONDS * 2 ** min(gap.failures, 8))

    def disconnected(self) -> None:
        """Forget what only the lost connection knew; the next one resumes from what is held."""
        self._gaps.clear()
        self._stalled.clear()
        self._replaying.clear()
        for log in self._logs.values():
            log.disconnected()

    def pop(self, now: float) -> Item | None:
        """Give the user the next item, or None; half empty, it asks for what it let go by."""
        if not self.queue:
            return None
        item = self.queue.popleft()
        self._hand(item)
        if self._stalled and len(self.queue) <= self.capacity // 2:
            for room in self._stalled:
                self._take(self._logs[room], self._logs[room].lag(), now)
            self._stalled.clear()
        return item

    def next_at(self) -> float | None:
        """Give the time of the next `asks` that may have something, or None."""
        if not self._gaps or self._full():
            return None
        waiting = [gap.at for gap in self._gaps.values() if not gap.flying]
        if len(self._gaps) - len(waiting) >= SYNCS_AT_ONCE:
            return None
        return min(waiting, default=None)

    def _begin(self, room: str, last: int) -> RoomLog:
        self.handed[room] = last
        self._logs[room] = RoomLog(room, last)
        return self._logs[room]

    def _gone(self, room: str) -> None:
        for known in (self._logs, self._gaps, self._stalled):
            known.pop(room, None)
        self._put(Gone(room))

    def _full(self) -> bool:
        return 0 < self.capacity <= len(self.queue)

    def _take(self, log: RoomLog, step: Step, now: float) -> None:
        for item in step.items:
            self._put(item)
        if step.ask and log.room not in self._gaps:
            self._gaps[log.room] = _Gap(now)

    def _put(self, item: Item) -> None:
        if self.capacity:
            self.queue.append(item)
        else:
            self._hand(item)

    def _hand(self, item: Item) -> None:
        """Note how far the user is; a marker counts, so that it is not told twice."""
        match item:
            case Gone(room):
                if room not in self._logs:
                    self.handed.pop(room, None)
            case Missed(room, _, before):
                self.handed[room] = before - 1
            case Rewound(room, to, _):
                self.handed[room] = to
            case _:
                self.handed[item.room] = cast(int, item.seq)  # a log delivers none without
