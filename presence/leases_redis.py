"""The leases of connections in Redis; what others see of a person follows from them.

Every change is made by a script, which Redis runs alone: replicas of this service hold no state,
and each transition is found by exactly one of them, once. It is given to `on_change` of the replica
whose call found it; if that one dies, or Redis' answer is lost, before it could, nobody tells it:
who needs certainty reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from presence import keyspace, person, scripts
from presence.store_redis import Call, Store, raise_first
from proto import limits
from proto.calls import Lease, Seen
from proto.ids import Id
from proto.shapes import Presence, Status
from services.problem import Unavailable

KEEP_MS: Final = 30 * 24 * 3_600_000
"""When somebody was last seen is known for that long."""

People = list[tuple[Id, Status, str, str]]
"""What the scripts return: user, status, when last seen or nothing, and the revision."""


class Due(NamedTuple):
    """How many people are here, and those of whom a lease may have run out, or `more` of them."""

    online: int
    users: list[str]
    more: bool


class Untold(NamedTuple):
    """What others were not told, and those of whom Redis did not answer."""

    people: list[Seen]
    left: list[str]


class Leases:
    """The leases in one store: every method raises what that says, and is idempotent."""

    def __init__(
        self,
        store: Store,
        *,
        lease_ms: int = limits.LEASE_MS,
        keep_ms: int = KEEP_MS,
        sockets: int = 0,
    ) -> None:
        """`on_change` are called with the changes that a call found; they are synchronous.

        A user may have `sockets` connections at a time; 0 is as many as they like.
        """
        self.on_change: list[Callable[[Sequence[Seen]], None]] = []
        self._store = store
        self._lease_ms = lease_ms
        self._keep_ms = keep_ms
        self._sockets = sockets
        names = ("renew", "end", "due", "sweep", "read", "tell")
        self._scripts = {name: scripts.load(name) for name in names}

    async def renew(self, gateway: str, leases: Iterable[Lease]) -> dict[str, list[str]]:
        """Let these connections live for one lease from now, except those that have ended.

        Of two leases of one session the later counts. Changes are told in no order. Return, for
        each user with more connections than allowed, the oldest ones, which have to go; they are
        returned at every renewal until they ended.
        """
        calls = []
        for shard, batch in keyspace.batches(leases, _user):
            args = [text for lease in batch for text in _texts(lease)]
            bounds = (self._lease_ms, self._keep_ms, self._sockets, gateway)
            calls.append(Call(_keys(shard, map(_user, batch)), (*bounds, *args)))
        answers = await self._store.run(self._scripts["renew"], calls)
        done = [answer for answer in answers if isinstance(answer, list)]
        self._tell([change for changes, _ in done for change in changes])
        raise_first(answers)
        return {user: sessions for _, beyond in done for user, *sessions in beyond}

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
        calls = [
            Call((keyspace.due_key(shard), keyspace.since_key(shard)), (keyspace.BATCH,))
            for shard in shards
        ]
        answers = await self._store.run(self._scripts["due"], calls)
        raise_first(answers)
        users = [user for answer in answers for user in answer[1:]]
        more = any(len(answer) > keyspace.BATCH for answer in answers)
        return Due(sum(answer[0] for answer in answers), users, more)

    async def sweep(self, users: Iterable[str]) -> None:
        """End the leases of `users` that have run out; those that have not stay as they are."""
        batches = keyspace.batches(users, str)
        await self._change("sweep", [Call(_keys(shard, batch), batch) for shard, batch in batches])

    async def read(self, users: Sequence[str]) -> list[Presence]:
        """Tell what others see of each of `users`, in the same order, as it is at this moment."""
        hashes = await self._store.hashes([keyspace.user_key(user) for user in users])
        return [person.presence(user, fields) for user, fields in zip(users, hashes, strict=True)]

    async def found(self, users: Sequence[str]) -> list[Seen]:
        """Tell what each of `users` was last found to be, in the same order, with its revision.

        Unlike `read` it never is ahead of the changes that are told: a lease that ran out counts
        from when it is swept. Somebody unknown is offline, with revision 0; but once Redis, empty,
        has been looked at for one lease, with the time of the first look, in microseconds: that is
        above all that was said of them before Redis lost its memory, so nobody stays online who
        left meanwhile.
        """
        calls = [
            Call(
                (keyspace.since_key(shard), *map(keyspace.user_key, batch)),
                (self._lease_ms, *batch),
            )
            for shard, batch in keyspace.batches(dict.fromkeys(users), str)
        ]
        answers = await self._store.run(self._scripts["read"], calls)
        raise_first(answers)
        found = {seen.user: seen for answer in answers for seen in _people(answer)}
        return [found[user] for user in users]

    async def untold(self, users: Sequence[str]) -> Untold:
        """Take what others were not told yet of `users`: it is the caller's to tell them now.

        Of what several replicas ask for at once each is given to one of them. Nothing is given of
        one who is again what others last heard. It never raises: who asks again for those `left`
        loses nothing, unless Redis did it and its answer was lost.
        """
        batches = list(keyspace.batches(users, str))
        calls = [Call([keyspace.user_key(user) for user in batch], batch) for _, batch in batches]
        try:
            answers = await self._store.run(self._scripts["tell"], calls)
        except Unavailable:
            return Untold([], list(users))
        untold = Untold([], [])
        for (_, batch), answer in zip(batches, answers, strict=True):
            if isinstance(answer, Unavailable):
                untold.left.extend(batch)
            else:
                untold.people.extend(_people(answer))
        return untold

    async def _change(self, name: str, calls: Sequence[Call]) -> None:
        answers = await self._store.run(self._scripts[name], calls)
        # What some shards did is told although others failed: nobody will find it again.
        self._tell([change for one in answers if isinstance(one, list) for change in one])
        raise_first(answers)

    def _tell(self, done: Sequence[object]) -> None:
        if done:
            changes = _people(done)
            for callback in self.on_change:
                callback(changes)


def _people(answer: object) -> list[Seen]:
    return [person.seen(*one) for one in msgspec.convert(answer, People)]


def _keys(shard: int, users: Iterable[str]) -> list[str]:
    return [keyspace.due_key(shard), *map(keyspace.user_key, users)]


def _texts(lease: Lease) -> tuple[str, str, str, int]:
    return lease.user, lease.session, lease.status, lease.since_ms


def _user(lease: Lease) -> str:
    return lease.user
