"""The names of Parley's keys in Redis, and which belong together; it holds no connection.

    parley:presence:{<shard>}:user:<id>   a person: the hash of `person.py`
    parley:presence:{<shard>}:due         a sorted set: people with a living connection, by the
                                          time (ms since the epoch, Redis' clock) at which the
                                          first of their leases may have run out
    parley:presence:{<shard>}:ends        a sorted set: people whose custom status has an end, by
                                          that time
    parley:presence:{<shard>}:since       when (µs since the epoch, Redis' clock) the shard was
                                          first looked at: what was before it does not remember
    parley:typing:{<shard>}:room:<id>     who types in a room: a hash of
                                          `<user>` to `<at ms>|<1 or 0>|<revision>`
    parley:typing:{<shard>}:due           a sorted set: `<room>|<user>` of those who type, by the
                                          time at which they do no more unless they say it again
    parley:typing:{<shard>}:since         as above

Everything that one transition touches lies in one shard, and a shard's number is the hash tag of
all its keys: a Redis Cluster keeps them in one slot, where a script may use them together
(https://valkey.io/topics/cluster-spec/#hash-tags). The shards also keep one script short: each
works on a bounded batch of one shard.

The sorted set of people has one entry a person and not one a connection: a renewal then leaves it
as it is (the time in it may be too early, never too late), and its size is the number of people
here.
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
_TYPING: Final = "parley:typing:"


def shard_of(owner: str) -> int:
    """Return the shard of a user or a room: the same in every process and for ever."""
    return zlib.crc32(owner.encode()) % SHARDS


def due_key(shard: int) -> str:
    """Return the key of the shard's sorted set."""
    return f"{_PREFIX}{{{shard}}}:due"


def ends_key(shard: int) -> str:
    """Return the key of the sorted set of those whose custom status has an end."""
    return f"{_PREFIX}{{{shard}}}:ends"


def user_key(user: str) -> str:
    """Return the key of the person's hash."""
    return f"{_PREFIX}{{{shard_of(user)}}}:user:{user}"


def since_key(shard: int) -> str:
    """Return the key of the time since when the shard remembers people."""
    return f"{_PREFIX}{{{shard}}}:since"


def typing_due_key(shard: int) -> str:
    """Return the key of the sorted set of those who type in the shard's rooms."""
    return f"{_TYPING}{{{shard}}}:due"


def typing_since_key(shard: int) -> str:
    """Return the key of the time since when the shard remembers who types."""
    return f"{_TYPING}{{{shard}}}:since"


def room_key(room: str) -> str:
    """Return the key of the hash of those who type in a room."""
    return f"{_TYPING}{{{shard_of(room)}}}:room:{room}"


def batches(
    items: Iterable[T], owner_of: Callable[[T], str], size: int = BATCH
) -> Iterator[tuple[int, list[T]]]:
    """Split items by the shard of their owner: a shard and at most `size` of its items at a time.

    Those of one owner keep their order.
    """
    shards: dict[int, list[T]] = {}
    for item in items:
        shards.setdefault(shard_of(owner_of(item)), []).append(item)
    for shard, members in shards.items():
        for start in range(0, len(members), size):
            yield shard, members[start : start + size]
