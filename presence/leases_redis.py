"""The leases of connections in Redis; what others see of a person follows from them.

Every change is made by a script, which Redis runs alone: replicas of this service hold no state,
and each transition is found by exactly one of them, once. It is told to `on_change` by the replica
whose call found it; if that one dies, or Redis' answer is lost, before it could, nobody tells it:
who needs certainty reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from presence import keyspace, person, scripts
from presence.scripts import Script
from proto import limits
from proto.calls import Lease
from proto.ids import Id
from proto.shapes import Presence, Status
from services.logs_structlog import get_logger
from services.problem import Unavailable

T = TypeVar("T")

KEEP_MS: Final = 30 * 24 * 3_600_000
"""When somebody was last seen is known for that long."""
CONNECTIONS: Final = 16
CALL_SECONDS: Final = 1.5
"""Less than a gateway waits for its answer."""
_log = get_logger()

Changes = list[tuple[Id, Status, str]]
"""What the scripts return: user, status, and when last seen or nothing."""


class Call(NamedTuple):
    """One run of a script: its keys, all of one shard, and its arguments."""

    keys: Sequence[str]
    args: Sequence[str | int]


class Due(NamedTuple):
    """How many people are here, and those of whom a lease may have run out, or `more` of them."""

    online: int
    users: list[str]
    more: bool


class Leases:
    """The leases in one Redis (at least 7.4) or Valkey (at least 9); a part of the service.

    Every method raises `Unavailable` if Redis does not do it within `CALL_SECONDS`, and works
    again as soon as Redis does. It may have happened all the same; everything is idempotent, so the
    caller just repeats it. Cancelling is safe in the same sense.
    """

    name = "redis"

    def __init__(
        self,
        url: str,
        on_change: Callable[[Sequence[Presence]], None],
        *,
        lease_ms: int = limits.LEASE_MS,
        keep_ms: int = KEEP_MS,
    ) -> None:
        self._on_change = on_change
        self._lease_ms = lease_ms
        self._keep_ms = keep_ms
        self._away = False
        self._scripts = {name: scripts.load(name) for name in ("renew", "end", "due", "sweep")}
        self._redis = Redis.from_pool(
            BlockingConnectionPool.from_url(
                url,
                max_connections=CONNECTIONS,
                # The caller repeats: retries here would only hide for how long Redis is away, and
                # one bound on the whole of a call stands for the library's many. Its own for a
                # write does harm: on Python 3.11 wait_for loses a cancellation that comes as the
                # write is done, and a sweeper would go on for ever.
                retry=Retry(NoBackoff(), 0),
                socket_timeout=None,
                client_name="parley-presence",
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

    async def renew(self, gateway: str, leases: Iterable[Lease]) -> None:
        """Let these connections live for one lease from now, except those that have ended.

        Of two leases of one session the later counts. Changes are told in no order.
        """
        calls = []
        for shard, batch in keyspace.batches(leases, _user):
            args = [text for lease in batch for text in (lease.user, lease.session, lease.status)]
            keys = _keys(shard, map(_user, batch))
            calls.append(Call(keys, (self._lease_ms, self._keep_ms, gateway, *args)))
        await self._change("renew", calls)

    async def end(self, leases: Iterable[Lease]) -> None:
        """End these connections, known or not: no renewal brings them back within one lease."""
        calls = []
        for shard, batch in keyspace.batches(leases, _user):
            args = [text for lease in batch for text in (lease.user, lease.session)]
            calls.append(Call(_keys(shard, map(_user, batch)), (self._lease_ms, *args)))
        await self._change("end", calls)

    async def due(self) -> Due:
        """Tell how many people are here, and who is to be swept: at most `BATCH` of a shard."""
        shards = range(keyspace.SHARDS)
        calls = [Call((keyspace.due_key(shard),), (keyspace.BATCH,)) for shard in shards]
        answers = await self._run("due", calls)
        _raise_first(answers)
        users = [user for answer in answers for user in answer[1:]]
        more = any(len(answer) > keyspace.BATCH for answer in answers)
        return Due(sum(answer[0] for answer in answers), users, more)

    async def sweep(self, users: Iterable[str]) -> None:
        """End the leases of `users` that have run out; those that have not stay as they are."""
        batches = keyspace.batches(users, str)
        await self._change("sweep", [Call(_keys(shard, batch), batch) for shard, batch in batches])

    async def read(self, users: Sequence[str]) -> list[Presence]:
        """Tell what others see of each of `users`, in the same order, as it is at this moment."""

        async def ask() -> list[dict[str, str]]:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for user in users:
                    pipeline.hgetall(keyspace.user_key(user))
                return await pipeline.execute()

        hashes = await self._bounded(ask())
        return [person.presence(user, fields) for user, fields in zip(users, hashes, strict=True)]

    async def _change(self, name: str, calls: Sequence[Call]) -> None:
        answers = await self._run(name, calls)
        # What some shards did is told although others failed: nobody will find it again.
        done = [change for answer in answers if isinstance(answer, list) for change in answer]
        if done:
            self._on_change([person.shown(*change) for change in msgspec.convert(done, Changes)])
        _raise_first(answers)

    async def _run(self, name: str, calls: Sequence[Call]) -> list[Any]:
        """Run a script for each call; an answer is what it returned, or `Unavailable`."""
        if not calls:
            return []
        answers = await self._bounded(self._evaluate(self._scripts[name], calls))
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
            _log.info("redis is back")
        return answer

    def _failed(self, error: Exception) -> Unavailable:
        # Once an outage, not once a renewal.
        if not self._away:
            self._away = True
            _log.warning("redis is away", error=f"{type(error).__name__}: {error}")
        return Unavailable("who is here is not known just now")


def _keys(shard: int, users: Iterable[str]) -> list[str]:
    return [keyspace.due_key(shard), *map(keyspace.user_key, users)]


def _user(lease: Lease) -> str:
    return lease.user


def _raise_first(answers: Sequence[object]) -> None:
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
