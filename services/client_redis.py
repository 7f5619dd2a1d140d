"""Connects to Redis or Valkey, one server or a cluster, and runs scripts there; what they do is not
its matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError

from services.script import Call, Script

Client = Redis | RedisCluster
_MOVES: Final = 3
"""How often a call follows where a part of the cluster went to."""
_CLUSTER_CONNECTIONS: Final = 256
"""Most connections to one node: unlike those to a single server nobody waits for one."""


def connect(url: str, *, name: str, connections: int, is_cluster: bool) -> Client:
    """Return a client, which connects when it is first used.

    A cluster is found from the one node that `url` names. The caller repeats: retries here would
    only hide for how long Redis is away, and one bound on the whole of a call stands for the
    library's many. Its own for a write does harm: on Python 3.11 wait_for loses a cancellation
    that comes as the write is done, and a sweeper would go on for ever.
    """
    if is_cluster:
        return RedisCluster.from_url(
            url,
            max_connections=_CLUSTER_CONNECTIONS,
            retry=Retry(NoBackoff(), _MOVES),
            socket_timeout=None,
            client_name=name,
            decode_responses=True,
        )
    return Redis.from_pool(
        BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=None,
            client_name=name,
            decode_responses=True,
        )
    )


async def evaluate(client: Client, script: Script, calls: Sequence[Call]) -> list[Any]:
    """Run a script for each call, in one round trip; an answer is what it returned, or an error.

    Raises:
        RedisError: nothing came back.
    """
    answers = await _send(client, script, calls)
    unknown = [i for i, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
    if unknown:
        # Redis was restarted, or its scripts were flushed; of a cluster perhaps one node alone.
        await client.script_load(script.text)
        again = await _send(client, script, [calls[i] for i in unknown])
        for i, answer in zip(unknown, again, strict=True):
            answers[i] = answer
    return answers


async def _send(client: Client, script: Script, calls: Sequence[Call]) -> list[Any]:
    async with client.pipeline(transaction=False) as pipeline:
        for call in calls:
            # Not by its method: a cluster's pipeline refuses that, since a node may not know the
            # script, which is seen to above.
            pipeline.execute_command("EVALSHA", script.sha, len(call.keys), *call.keys, *call.args)
        return await pipeline.execute(raise_on_error=False)
