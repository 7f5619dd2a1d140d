"""Limits that hold for the whole cluster, counted in Redis or Valkey; what is limited it does not
know.

`PARLEY_LIMIT_<NAME>` = `count/seconds`: at most `count` in any `seconds`. While Redis is away, or
too slow, each process goes on with a count of its own: a limit is never a reason to serve nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib import resources
from typing import Any, Final, NamedTuple

from redis.exceptions import RedisError

from proto.codes import ErrorCode
from services import clock
from services.addresses import Addresses
from services.client_redis import connect, evaluate
from services.logs_structlog import get_logger
from services.metrics_prometheus import Metrics
from services.problem import Problem, Unavailable
from services.script import Call, script
from services.settings import Rate
from services.window import SLICES, Window

CALL_SECONDS: Final = 1.5
"""Beyond it the process counts for itself: nobody waits longer for being counted."""
AWAY_SECONDS: Final = 1.0
"""After a failure Redis is left alone so long, or each call would wait for its own failure."""
_CONNECTIONS: Final = 8
_WINDOWS: Final = 64
"""Limits that a process counts for itself at most; there are fewer than ten."""
_log = get_logger()


class Take(NamedTuple):
    """Somebody uses `amount` of a limit; `used`: they did already, so it counts in any case."""

    limit: str
    rate: Rate
    owner: str
    amount: int = 1
    used: bool = False


class Taken(NamedTuple):
    """How much of it is allowed, what is left then, and after how many ms there is more, or 0."""

    allowed: int
    left: int
    wait_ms: int


class Limiter:
    """A part of a service. Cancelling any method is safe: what was counted stays counted."""

    name = "limiter"

    def __init__(
        self,
        url: str,
        metrics: Metrics,
        *,
        exempt: Sequence[str] = (),
        is_cluster: bool = False,
    ) -> None:
        """`exempt`: addresses and networks without limits an address (`PARLEY_LIMIT_EXEMPT`)."""
        self._addresses = Addresses(exempt)
        text = resources.files(__package__).joinpath("lua/take.lua").read_text("utf-8")
        self._script = script(text)
        self._windows: dict[tuple[str, Rate], Window] = {}
        self._away_until = float("-inf")
        self._away = False
        self._limited = metrics.counter(
            "limited", "What a limit of `PARLEY_LIMIT_…` refused, by the limit.", ["limit"]
        )
        self._redis = connect(
            url,
            name=f"parley-{metrics.service}-limiter",
            connections=_CONNECTIONS,
            is_cluster=is_cluster,
        )

    async def start(self) -> None:
        """Do nothing: connections are made when needed, and Redis may come later than we do."""

    async def stop(self) -> None:
        """Close the connections. Idempotent."""
        await self._redis.aclose()

    async def take(self, limit: str, rate: Rate, owner: str) -> None:
        """Count one more for `owner` (an id, an address), who may be at the limit already.

        `limit` is the name of the setting in small letters. What is refused is not counted.

        Raises:
            Problem: `rate_limited`, with `retry_after_ms`.
        """
        if rate.off:
            return
        take = Take(limit, rate, owner)
        try:
            (taken,) = await self.run([take])
        except Unavailable:
            taken = self._alone(take)
        if not taken.allowed:
            self.count(limit)
            message = f"at most {rate.count} in {rate.seconds:g} seconds (limit {limit})"
            raise Problem(ErrorCode.RATE_LIMITED, message, retry_after_ms=taken.wait_ms)

    async def take_address(self, limit: str, rate: Rate, address: str) -> None:
        """The same for an IP address, unless it is exempt or none; of IPv6 the network counts.

        Raises:
            Problem: `rate_limited`, with `retry_after_ms`.
        """
        owner = self._addresses.owner(address)
        if owner is not None:
            await self.take(limit, rate, owner)

    async def run(self, takes: Sequence[Take]) -> list[Taken]:
        """Count all of them, in one round trip; no rate is off.

        Raises:
            Unavailable: Redis did not in `CALL_SECONDS`; some may be counted all the same.
        """
        if clock.monotonic() < self._away_until:
            raise Unavailable("limits are not counted together just now")
        try:
            async with asyncio.timeout(CALL_SECONDS):
                answers = await self._evaluate(takes)
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = clock.monotonic() + AWAY_SECONDS
            if not self._away:
                # Once an outage, not once a call.
                self._away = True
                _log.warning("limits are counted alone", error=f"{type(error).__name__}: {error}")
            raise Unavailable("limits are not counted together just now") from error
        if self._away:
            self._away = False
            _log.info("limits are counted together again")
        return [Taken(*answer) for answer in answers]

    def count(self, limit: str, refused: int = 1) -> None:
        """Show in the metrics that something was refused."""
        self._limited.labels(limit).inc(refused)

    async def _evaluate(self, takes: Sequence[Take]) -> list[Any]:
        answers = await evaluate(self._redis, self._script, [_call(take) for take in takes])
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def _alone(self, take: Take) -> Taken:
        """Count in this process alone."""
        window = self._windows.get((take.limit, take.rate))
        if window is None:
            if len(self._windows) >= _WINDOWS:
                self._windows.clear()
            window = self._windows[take.limit, take.rate] = Window(take.rate)
        wait_ms = window.take(take.owner, clock.monotonic())
        return Taken(0 if wait_ms else 1, 0, wait_ms)


def _call(take: Take) -> Call:
    window_us = round(take.rate.seconds * 1_000_000)
    args = (take.rate.count, window_us, SLICES, take.amount, int(take.used))
    # One key an owner, in the slot of the owner: a Redis Cluster spreads them.
    return Call((f"parley:limit:{take.limit}:{{{take.owner}}}",), args)
