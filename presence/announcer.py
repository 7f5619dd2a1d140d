"""Takes what gateways say about typing, and announces who began and who ended; Redis knows who."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final

from presence import keyspace
from presence.metrics import End, PresenceMetrics
from presence.typing_redis import Typing
from presence.typists import Typists
from proto import limits, subjects, wire
from proto.calls import TypingCall
from proto.passing import TypingChanged
from services import clock
from services.bus import BusError
from services.bus_nats import Bus
from services.problem import Unavailable

WAITING: Final = 250
"""Calls that wait; more are let go by. With the time between two rounds: 5,000 a second."""
GATHER_SECONDS: Final = 0.05
LOOK_SECONDS: Final = 0.5
REMEMBERED: Final = 10_000
_ROUNDS_AT_ONCE: Final = 10


class Announcer:
    """Publishes changes on `subjects.room_passing`; every replica does, none the same change.

    Typing is what is shed first: calls beyond `WAITING` are let go by, and all of them while Redis
    is away. An end follows each beginning all the same: by Redis' clock, looked at every
    `look_seconds`, or, where Redis is away for `typing_seconds` or lost its memory, by the replica
    that announced the beginning. What NATS loses is lost.
    """

    def __init__(
        self,
        bus: Bus,
        typing: Typing,
        metrics: PresenceMetrics,
        *,
        look_seconds: float = LOOK_SECONDS,
        typing_seconds: float = limits.TYPING_SECONDS,
    ) -> None:
        self._bus = bus
        self._typing = typing
        self._metrics = metrics
        self._look_seconds = look_seconds
        self._typing_seconds = typing_seconds
        self._waiting: list[TypingCall] = []
        self._typists = Typists(REMEMBERED)
        self._since: list[int] = []
        self._away_since: float | None = None
        self._look_at = clock.monotonic()
        self._wake = asyncio.Event()

    def heard(self, call: TypingCall) -> None:
        """Take a call soon, or let it go by."""
        if self._away_since is not None:
            self._metrics.typing("unavailable")
        elif len(self._waiting) >= WAITING:
            self._metrics.typing("shed")
        else:
            self._waiting.append(call)
            self._wake.set()

    async def run(self) -> None:
        """Take and look until cancelled. Redis being away ends nothing but the round."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._look_at - clock.monotonic())):
                    await self._wake.wait()
            # First, so that nobody is renewed whose end was announced while Redis was away.
            if clock.monotonic() >= self._look_at:
                await self.look()
            if self._waiting:
                await self.take()
            # The first of a burst is taken at once, the others together.
            await asyncio.sleep(GATHER_SECONDS)

    async def take(self) -> None:
        """Do what the waiting calls say, and announce what that changed."""
        self._wake.clear()
        calls, self._waiting = self._waiting, []
        try:
            taken = await self._typing.take(calls)
        except Unavailable:
            self._metrics.typing("unavailable", len(calls))
            self._away()
            return
        for outcome in taken.outcomes:
            self._metrics.typing(outcome)
        self._announce("ended", taken.changes)

    async def look(self) -> None:
        """End those whose time is up: a bounded batch, and the next if it was full."""
        self._look_at = clock.monotonic() + self._look_seconds
        try:
            for _ in range(_ROUNDS_AT_ONCE):
                due = await self._typing.due()
                self._compare(due.since)
                self._announce("expired", await self._typing.sweep(due.typists))
                if not due.more:
                    break
        except Unavailable:
            self._away()
        else:
            self._away_since = None

    def _compare(self, since: list[int]) -> None:
        """End whoever began in a shard that lost its memory: nobody would find them due."""
        known, self._since = self._since or since, since
        if known != since:
            lost = {shard for shard, at in enumerate(since) if known[shard] != at}
            self._end(lambda room: keyspace.shard_of(room) in lost)

    def _away(self) -> None:
        self._metrics.typing("unavailable", len(self._waiting))
        self._waiting.clear()
        self._wake.clear()
        now = clock.monotonic()
        if self._away_since is None:
            self._away_since = now
        elif now - self._away_since >= self._typing_seconds:
            self._end(lambda _room: True)

    def _end(self, is_lost: Callable[[str], bool]) -> None:
        self._announce("lost", self._typists.end(is_lost))

    def _announce(self, why: End, changes: Sequence[TypingChanged]) -> None:
        self._typists.take(changes)
        for change in changes:
            try:
                self._bus.publish(subjects.room_passing(change.room), wire.encode(change))
            except BusError:
                self._metrics.announced("dropped")
            else:
                self._metrics.announced("began" if change.active else why)
