"""What stands in for the presence service: it tells what a test sets, when the test says so."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import msgspec

from proto import calls, subjects, wire
from proto.passing import TypingChanged
from proto.shapes import Status
from services.bus_nats import Bus
from services.subjects_nats import Subjects


class Presence:
    """Everyone is offline until set. What gateways say is noted, in order."""

    def __init__(self, bus: Bus) -> None:
        """`start` serves."""
        self._bus = bus
        self._people: dict[str, calls.Seen] = {}
        self._rev = 1_000
        self._since = 0
        self._subjects = Subjects(bus, self._typed)
        self.used: Counter[tuple[str, str]] = Counter()
        """What was used of each limit by whom."""
        self.is_away = False
        """Whether questions are answered by a failure."""
        self.reads: list[list[str]] = []
        self.leases: list[calls.Lease] = []
        self.typing: asyncio.Queue[calls.TypingCall] = asyncio.Queue()

    async def start(self) -> None:
        """Answer as presence does."""
        self._subjects.add(subjects.PRESENCE_TYPING)
        queue = subjects.PRESENCE_QUEUE
        await self._bus.serve(subjects.PRESENCE_READ, queue, self._read)
        await self._bus.serve(subjects.PRESENCE_RENEW, queue, self._renew)
        await self._bus.serve(subjects.PRESENCE_END, queue, self._end)

    async def count(self) -> None:
        """Begin to count what is limited, for ever; until then each process does it alone."""
        await self._bus.serve(subjects.PRESENCE_TAKE, subjects.PRESENCE_QUEUE, self._take)
        await self._bus.flush()

    def set(self, user: str, status: Status) -> calls.Seen:
        """Change what others see of somebody, and tell nobody."""
        self._rev += 1
        last_seen_ms = 1_700_000_000_000 if status == "offline" else None
        seen = self._people[user] = calls.Seen(user, status, last_seen_ms, self._rev)
        return seen

    def change(self, user: str, status: Status) -> None:
        """Change what others see of somebody, and tell those who follow them."""
        self.tell(self.set(user, status))

    def tell(self, seen: calls.Seen) -> None:
        """Tell those who follow somebody."""
        self._bus.publish(subjects.presence_changed(seen.user), wire.encode(seen))

    def forget(self) -> None:
        """Lose everything, and remember since then; a lease is over already."""
        self._people.clear()
        self._rev += 1
        self._since = self._rev

    def types(self, room: str, user: str, rev: int, *, active: bool) -> None:
        """Tell everyone in a room that somebody began to type, or stopped."""
        changed = TypingChanged(room, user, active, rev)
        self._bus.publish(subjects.room_passing(room), wire.encode(changed))

    def statuses(self, user: str) -> Sequence[str]:
        """What gateways said of somebody, each once as long as it did not change."""
        said = [lease.status for lease in self.leases if lease.user == user]
        return [s for before, s in zip([None, *said], said, strict=False) if s != before]

    async def _read(self, data: bytes) -> bytes:
        users = msgspec.json.decode(data, type=calls.SeenCall).users
        self.reads.append(users)
        if self.is_away:
            return wire.encode(calls.Failure("unavailable", "as asked"))
        nothing = [
            self._people.get(user, calls.Seen(user, "offline", None, self._since)) for user in users
        ]
        return wire.encode(calls.SeenReply(nothing))

    async def _renew(self, data: bytes) -> bytes:
        self.leases += msgspec.json.decode(data, type=calls.RenewCall).leases
        return b"{}"

    async def _end(self, _data: bytes) -> bytes:
        return b"{}"

    def _typed(self, _subject: str, data: bytes, _headers: bytes, _reply: str) -> None:
        self.typing.put_nowait(msgspec.json.decode(data, type=calls.TypingCall))

    async def _take(self, data: bytes) -> bytes:
        left: list[calls.Left] = []
        for use in msgspec.json.decode(data, type=calls.TakeCall).uses:
            owner = (use.limit, use.owner)
            free = max(0, use.count - self.used[owner])
            allowed = use.amount if use.used else min(use.amount, free)
            self.used[owner] += allowed
            rest = max(0, use.count - self.used[owner])
            left.append(calls.Left(allowed, rest, 0 if rest else 60_000))
        return wire.encode(calls.TakeReply(left))
