"""Limits of a process that talks to NATS only: presence counts for the cluster; it counts nothing
that is not limited.

What an owner does now and then is let through at once, and told to presence afterwards, together
with what others did: no round trip. Whoever does much is let through as long as it is an eighth of
what was left a moment ago, and asks for the rest. What is let through is exact on one process; each
further one may add what it lets through unasked, so an eighth at most, and mostly nothing. While
presence is away each process goes on alone: its own window holds at all times.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Final

import msgspec

from proto import subjects, wire
from proto.calls import Left, TakeCall, TakeReply, Use
from proto.codes import ErrorCode
from services import clock
from services.bus import BusError
from services.bus_nats import Bus
from services.metrics_prometheus import Metrics
from services.problem import Problem
from services.settings import Rate
from services.window import Window

GATHER_SECONDS: Final = 0.02
"""What was let through waits so long for company before it is told; whoever asks does not."""
ANSWER_SECONDS: Final = 1.0
"""How long presence is waited for before each goes on alone, for `AWAY_SECONDS`."""
AWAY_SECONDS: Final = 1.0
BATCH: Final = 500
"""Most owners in one call."""
SHARE: Final = 8
FRESH_SECONDS: Final = 0.2
"""How long it is believed what was left: others use it too."""
LEAST_WAIT_MS: Final = 250
"""Whoever is refused is refused for so long: what they sent before they heard of it keeps its
order, as all of it comes again."""
PRUNE_SECONDS: Final = 5.0


class Limited(Exception):  # noqa: N818 - a state, named as one
    """A limit is reached; there is more after `wait_ms`."""

    def __init__(self, limit: str, rate: Rate, wait_ms: int) -> None:
        super().__init__(f"at most {rate.count} in {rate.seconds:g} seconds (limit {limit})")
        self.wait_ms = wait_ms

    def problem(self) -> Problem:
        """The same as an answer over HTTP."""
        return Problem(ErrorCode.RATE_LIMITED, str(self), retry_after_ms=self.wait_ms)


class _Owner:
    """What is known of one owner's use of one limit."""

    __slots__ = ("blocked_until", "flying", "known_at", "left", "unsaid", "waiting")

    def __init__(self) -> None:
        self.left = 0
        self.known_at = float("-inf")
        self.unsaid = 0
        """Let through, and not told yet."""
        self.flying = 0
        """Told, and not answered yet."""
        self.blocked_until = float("-inf")
        self.waiting: deque[asyncio.Future[int]] = deque()

    def may(self, now: float) -> bool:
        """Whether one more may be let through unasked."""
        fresh = now - self.known_at <= FRESH_SECONDS
        return self.unsaid + self.flying < (self.left // SHARE if fresh else 1)

    def block(self, wait_ms: int, now: float) -> None:
        """Let nothing through for a while."""
        self.blocked_until = now + max(wait_ms, LEAST_WAIT_MS) / 1000

    def is_idle(self, now: float) -> bool:
        """Whether nothing would be lost with it."""
        busy = self.unsaid or self.flying or self.waiting or now < self.blocked_until
        return not busy and now - self.known_at > FRESH_SECONDS


class Meter:
    """The limits of one process; `rates` by their names, in small letters. Run `run` beside it."""

    def __init__(self, bus: Bus, rates: Mapping[str, Rate], metrics: Metrics) -> None:
        self._bus = bus
        self._windows = {name: Window(rate) for name, rate in rates.items() if not rate.off}
        self._owners: dict[tuple[str, str], _Owner] = {}
        self._due: dict[tuple[str, str], None] = {}
        self._told = asyncio.Event()
        self._asked = asyncio.Event()
        self._away_until = float("-inf")
        self._prune_at = float("-inf")
        self._limited = metrics.counter(
            "limited", "What a limit of `PARLEY_LIMIT_…` refused, by the limit.", ["limit"]
        )

    def __len__(self) -> int:
        """How many owners something is known of."""
        return len(self._owners)

    async def take(self, limit: str, owner: str) -> None:
        """Count one more for `owner`; mostly at once. What is refused is not counted.

        Cancelling is safe: what was asked for stays counted.

        Raises:
            Limited: there is no more now.
        """
        window = self._windows.get(limit)
        if window is None:
            return
        key, now = (limit, owner), clock.monotonic()
        known = self._owners.get(key)
        if known is None:
            known = self._owners[key] = _Owner()
        wait_ms = window.wait_ms(owner, now)
        if now < known.blocked_until:
            wait_ms = max(wait_ms, 1)
        elif not wait_ms and (known.waiting or (now >= self._away_until and not known.may(now))):
            wait_ms = await self._ask(key, known)
        elif not wait_ms:
            window.add(owner, now)
            if now >= self._away_until:
                known.unsaid += 1
                self._due[key] = None
                self._told.set()
        if wait_ms:
            raise self._refusal(limit, window.rate, known, wait_ms)

    def count(self, limit: str) -> None:
        """Show in the metrics that something was refused by a limit that is kept elsewhere."""
        self._limited.labels(limit).inc()

    async def run(self) -> None:
        """Tell presence what was let through, and ask for what waits, for ever."""
        while True:
            await self._told.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GATHER_SECONDS):
                    await self._asked.wait()
            self._told.clear()
            self._asked.clear()
            due, self._due = list(self._due), {}
            for start in range(0, len(due), BATCH):
                await self._tell(due[start : start + BATCH])
            if clock.monotonic() >= self._prune_at:
                self._prune(clock.monotonic())

    def _ask(self, key: tuple[str, str], known: _Owner) -> asyncio.Future[int]:
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        known.waiting.append(answer)
        self._due[key] = None
        self._told.set()
        self._asked.set()
        return answer

    async def _tell(self, keys: list[tuple[str, str]]) -> None:
        uses = [use for key in keys for use in self._uses(key)]
        try:
            raw = await self._bus.request(
                subjects.PRESENCE_TAKE, wire.encode(TakeCall(uses)), ANSWER_SECONDS
            )
            answers = msgspec.json.decode(raw, type=TakeReply).left
            if len(answers) != len(uses):
                raise BusError("the answer is about others")
        except (BusError, msgspec.MsgspecError, UnicodeDecodeError):
            self._alone(keys)
            return
        now = clock.monotonic()
        for use, left in zip(uses, answers, strict=True):
            self._answered(use, left, now)

    def _uses(self, key: tuple[str, str]) -> Iterator[Use]:
        """What an owner used already, then what waits to be let through."""
        (limit, owner), known = key, self._owners[key]
        rate = self._windows[limit].rate
        known.flying, known.unsaid = known.unsaid, 0
        if known.flying:
            yield Use(limit, owner, rate.count, rate.seconds, known.flying, used=True)
        if known.waiting:
            yield Use(limit, owner, rate.count, rate.seconds, len(known.waiting))

    def _answered(self, use: Use, left: Left, now: float) -> None:
        known = self._owners[use.limit, use.owner]
        known.left, known.known_at = left.left, now
        if left.wait_ms and not left.left:
            known.block(left.wait_ms, now)
        if use.used:
            known.flying = 0
            return
        # Those that came since the question was asked wait for the next one.
        for place in range(min(use.amount, len(known.waiting))):
            answer = known.waiting.popleft()
            if place >= left.allowed:
                _settle(answer, max(left.wait_ms, 1))
            else:
                self._windows[use.limit].add(use.owner, now)
                _settle(answer, 0)
        if known.waiting:
            self._due[use.limit, use.owner] = None
            self._told.set()
            self._asked.set()

    def _alone(self, keys: list[tuple[str, str]]) -> None:
        """Let this process's own count decide for a while: nobody waits for presence."""
        now = clock.monotonic()
        self._away_until = now + AWAY_SECONDS
        for limit, owner in keys:
            known, window = self._owners[limit, owner], self._windows[limit]
            known.flying = 0
            while known.waiting:
                _settle(known.waiting.popleft(), window.take(owner, now))

    def _refusal(self, limit: str, rate: Rate, known: _Owner, wait_ms: int) -> Limited:
        now = clock.monotonic()
        if now >= known.blocked_until:
            known.block(wait_ms, now)
        self._limited.labels(limit).inc()
        return Limited(limit, rate, max(wait_ms, ceil((known.blocked_until - now) * 1000)))

    def _prune(self, now: float) -> None:
        self._prune_at = now + PRUNE_SECONDS
        # Who asked while an answer failed to come was answered with the others, and is still due.
        self._owners = {
            key: known
            for key, known in self._owners.items()
            if key in self._due or not known.is_idle(now)
        }
        for window in self._windows.values():
            window.prune(now)


def _settle(answer: asyncio.Future[int], wait_ms: int) -> None:
    # Whoever waited may be gone: what they were given stays counted.
    if not answer.done():
        answer.set_result(wait_ms)
