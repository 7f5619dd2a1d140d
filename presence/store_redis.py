"""One Redis and the scripts that run in it, with a bound on every call; what they do is theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, Final, TypeVar

from redis.exceptions import RedisError

from presence import keyspace
from services.client_redis import connect, evaluate
from services.logs_structlog import get_logger
from services.problem import Unavailable
from services.script import Call, Script

T = TypeVar("T")

CONNECTIONS: Final = 16
CALL_SECONDS: Final = 1.5
"""Less than a gateway waits for its answer."""
_log = get_logger()


class Store:
    """Connections to a Redis (at least 7.4) or Valkey (at least 9); a part of the service.

    Every method raises `Unavailable` if Redis does not do it within `CALL_SECONDS`, and works
    again as soon as Redis does. It may have happened all the same; every script is idempotent, so
    the caller just repeats it. Cancelling is safe in the same sense. That Redis is away is logged
    once an outage, and not at all if `quiet`: then another store of the process says so.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "redis",
        connections: int = CONNECTIONS,
        quiet: bool = False,
        is_cluster: bool = False,
    ) -> None:
        self.name = name
        self._quiet = quiet
        self._away = False
        self._redis = connect(
            url,
            name=f"parley-presence-{name}",
            connections=connections,
            is_cluster=is_cluster,
        )

    async def start(self) -> None:
        """Do nothing: connections are made when needed, and Redis may come later than we do."""

    async def stop(self) -> None:
        """Close the connections. Idempotent."""
        await self._redis.aclose()

    async def check(self) -> None:
        """Ask Redis for something that only a version that lets hash fields run out can answer."""
        await self._bounded(self._redis.hpexpiretime(keyspace.due_key(0) + ":probe", "field"))

    async def hashes(self, keys: Sequence[str]) -> list[dict[str, str]]:
        """Return the hash under each key, without what ran out, in the same order."""

        async def ask() -> list[dict[str, str]]:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.hgetall(key)
                return await pipeline.execute()

        return await self._bounded(ask())

    async def run(self, script: Script, calls: Sequence[Call]) -> list[Any]:
        """Run a script for each call; an answer is what it returned, or `Unavailable`."""
        if not calls:
            return []
        answers = await self._bounded(evaluate(self._redis, script, calls))
        return [self._failed(a) if isinstance(a, Exception) else a for a in answers]

    async def _bounded(self, work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                answer = await work
        except (RedisError, OSError, TimeoutError) as error:
            raise self._failed(error) from error
        if self._away:
            self._away = False
            if not self._quiet:
                _log.info("redis is back")
        return answer

    def _failed(self, error: Exception) -> Unavailable:
        # Once an outage, not once a renewal.
        if not self._away:
            self._away = True
            if not self._quiet:
                _log.warning("redis is away", error=f"{type(error).__name__}: {error}")
        return Unavailable("who is here is not known just now")


def raise_first(answers: Sequence[object]) -> None:
    """Raise the first of `answers` that is an exception, if one is."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
