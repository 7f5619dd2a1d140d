"""The names of Parley's keys in Redis, and which belong together; it holds no connection.

    parley:presence:{<shard>}:user:<id>   a person: the hash of `person.py`
    parley:presence:{<shard>}:due         a sorted set: people with a living connection, by the
                                          time (ms since the epoch, Redis' clock) at which the
                                          first of their leases may have run out

Everything that one transition touches lies in one shard, and a shard's number is the hash tag of
all its keys: a Redis Cluster keeps them in one slot, where a script may use them together
(https://valkey.io/topics/cluster-spec/#hash-tags). The shards also keep one script short: each
works on a bounded batch of one shard.

The sorted set has one entry a person and not one a connection: a renewal then leaves it as it is
(the time in it may be too early, never too late), and its size is the number of people here.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")

SHARDS: Final = 16
"""Fixed: another number would lose everybody's last seen."""
BATCH: Final = 250
"""Most leases or people one script works on: about 2 ms in which Redis does nothing else."""

_PREFIX: Final = "parley:presence:"


def shard_of(user: str) -> int:
    """Return the shard of `user`: the same in every process and for ever."""
    return zlib.crc32(user.encode()) % SHARDS


def due_key(shard: int) -> str:
    """Return the key of the shard's sorted set."""
    return f"{_PREFIX}{{{shard}}}:due"


def user_key(user: str) -> str:
    """Return the key of the person's hash."""
    return f"{_PREFIX}{{{shard_of(user)}}}:user:{user}"


def batches(
    items: Iterable[T], user_of: Callable[[T], str], size: int = BATCH
) -> Iterator[tuple[int, list[T]]]:
    """Split items by the shard of their user: a shard and at most `size` of its items at a time.

    Those of one person keep their order.
    """
    shards: dict[int, list[T]] = {}
    for item in items:
        shards.setdefault(shard_of(user_of(item)), []).append(item)
    for shard, members in shards.items():
        for start in range(0, len(members), size):
            yield shard, members[start : start + size]
