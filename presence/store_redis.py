"""One Redis and the scripts that run in it, with a bound on every call; what they do is theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from presence import keyspace
from presence.scripts import Script
from services.logs_structlog import get_logger
from services.problem import Unavailable

T = TypeVar("T")

CONNECTIONS: Final = 16
CALL_SECONDS: Final = 1.5
"""Less than a gateway waits for its answer."""
_log = get_logger()


class Call(NamedTuple):
    """One run of a script: its keys, all of one shard, and its arguments."""

    keys: Sequence[str]
    args: Sequence[str | int]


class Store:
    """Connections to a Redis (at least 7.4) or Valkey (at least 9); a part of the service.

    Every method raises `Unavailable` if Redis does not do it within `CALL_SECONDS`, and works
    again as soon as Redis does. It may have happened all the same; every script is idempotent, so
    the caller just repeats it. Cancelling is safe in the same sense. That Redis is away is logged
    once an outage, and not at all if `quiet`: then another store of the process says so.
    """

    def __init__(
        self, url: str, *, name: str = "redis", connections: int = CONNECTIONS, quiet: bool = False
    ) -> None:
        self.name = name
        self._quiet = quiet
        self._away = False
        self._redis = Redis.from_pool(
            BlockingConnectionPool.from_url(
                url,
                max_connections=connections,
                # The caller repeats: retries here would only hide for how long Redis is away, and
                # one bound on the whole of a call stands for the library's many. Its own for a
                # write does harm: on Python 3.11 wait_for loses a cancellation that comes as the
                # write is done, and a sweeper would go on for ever.
                retry=Retry(NoBackoff(), 0),
                socket_timeout=None,
                client_name=f"parley-presence-{name}",
                decode_responses=True,
            )
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
        answers = await self._bounded(self._evaluate(script, calls))
        return [self._failed(a) if isinstance(a, Exception) else a for a in answers]

    async def _evaluate(self, script: Script, calls: Sequence[Call]) -> list[Any]:
        answers = await self._send(script.sha, calls)
        unknown = [i for i, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            # Redis was restarted or its scripts were flushed.
            await self._redis.script_load(script.text)
            again = await self._send(script.sha, [calls[i] for i in unknown])
            for i, answer in zip(unknown, again, strict=True):
                answers[i] = answer
        return answers

    async def _send(self, sha: str, calls: Sequence[Call]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for call in calls:
                pipeline.evalsha(sha, len(call.keys), *call.keys, *call.args)
            return await pipeline.execute(raise_on_error=False)

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
