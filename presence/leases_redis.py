"""The leases of connections in Redis; what others see of a person follows from them.

Every change is made by a script, which Redis runs alone: replicas of this service hold no state,
and each transition is found by exactly one of them, once. It is given to `on_change` of the replica
whose call found it; if that one dies, or Redis' answer is lost, before it could, nobody tells it:
who needs certainty reads.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from presence import keyspace, person, scripts
from presence.store_redis import Store, raise_first
from proto import limits
from proto.calls import Lease, Seen, Settled
from proto.ids import Id
from proto.shapes import Presence, Status
from services import clock
from services.problem import Unavailable
from services.script import Call

KEEP_MS: Final = 30 * 24 * 3_600_000
"""When somebody was last seen is known for that long."""

FRESH_MS: Final = 600_000
"""After so long history is asked again what somebody who is here settled: presence may have been
away when it was told."""

People = list[tuple[Id, Status, str, str, str]]
"""What the scripts return: user, status, when last seen or nothing, the revision, and the note."""
Settlements = Callable[[Sequence[str]], Awaitable[Sequence[Settled]]]
"""Tells what people settled of how others see them, or raises Unavailable."""


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
        settlements: Settlements,
        *,
        lease_ms: int = limits.LEASE_MS,
        linger_ms: int = limits.LINGER_MS,
        keep_ms: int = KEEP_MS,
        fresh_ms: int = FRESH_MS,
        sockets: int = 0,
    ) -> None:
        """`on_change` are called with the changes that a call found; they are synchronous.

        A user may have `sockets` connections at a time; 0 is as many as they like.
        """
        self.on_change: list[Callable[[Sequence[Seen]], None]] = []
        self._store = store
        self._settlements = settlements
        self._lease_ms = lease_ms
        self._linger_ms = linger_ms
        self._keep_ms = keep_ms
        self._fresh_ms = fresh_ms
        self._sockets = sockets
        names = ("renew", "own", "end", "due", "sweep", "read", "tell", "count")
        self._scripts = {name: scripts.load(name) for name in names}

    async def renew(self, gateway: str, leases: Iterable[Lease]) -> dict[str, list[str]]:
        """Let these connections live for one lease from now, except those that have ended.

        Of two leases of one session the later counts. Changes are told in no order. Return, for
        each user with more connections than allowed, the oldest ones, which have to go; they are
        returned at every renewal until they ended.

        Of whom it is not known what they settled, that is asked first; if nobody can tell, they are
        shown to nobody until a later renewal finds it out.
        """
        calls = []
        for shard, batch in keyspace.batches(leases, _user):
            args = [text for lease in batch for text in _texts(lease)]
            bounds = (self._lease_ms, self._keep_ms, self._sockets, gateway)
            calls.append(Call(_keys(shard, map(_user, batch)), (*bounds, *args)))
        answers = await self._store.run(self._scripts["renew"], calls)
        done = [answer for answer in answers if isinstance(answer, list)]
        self._tell([change for changes, _, _ in done for change in changes])
        await self._know(list(dict.fromkeys(user for *_, users in done for user in users)))
        raise_first(answers)
        return {user: some for _, beyond, _ in done for user, *some in beyond if some}

    async def settle(self, people: Iterable[Settled]) -> None:
        """Hold what people settled, unless something later is held, and show them like that."""
        calls = []
        for shard, batch in keyspace.batches(people, _settler):
            args = [part for one in batch for part in (one.user, *person.own(one))]
            bounds = (self._keep_ms, self._fresh_ms)
            calls.append(Call(_keys(shard, map(_settler, batch)), (*bounds, *args)))
        await self._change("own", calls)

    async def end(self, leases: Iterable[Lease], *, lingers: bool = False) -> None:
        """End these connections, known or not: no renewal brings them back within one lease.

        If it `lingers`, each counts for a little while more, as it was.
        """
        calls = []
        for shard, batch in keyspace.batches(leases, _user):
            args = [text for lease in batch for text in (lease.user, lease.session)]
            bounds = (self._lease_ms, self._linger_ms if lingers else 0)
            calls.append(Call(_keys(shard, map(_user, batch)), (*bounds, *args)))
        await self._change("end", calls)

    async def due(self) -> Due:
        """Tell how many people are here, and who is to be swept: a bounded batch of each shard."""
        keys = (keyspace.due_key, keyspace.since_key, keyspace.ends_key)
        calls = [
            Call([key(shard) for key in keys], (keyspace.BATCH,))
            for shard in range(keyspace.SHARDS)
        ]
        answers = await self._store.run(self._scripts["due"], calls)
        raise_first(answers)
        users = [user for answer in answers for user in answer[1:]]
        more = any(len(answer) > keyspace.BATCH for answer in answers)
        return Due(sum(answer[0] for answer in answers), list(dict.fromkeys(users)), more)

    async def sweep(self, users: Iterable[str]) -> None:
        """End the leases of `users` that have run out, and what they said that is over; what has
        not stays as it is.
        """
        batches = keyspace.batches(users, str)
        await self._change("sweep", [Call(_keys(shard, batch), batch) for shard, batch in batches])

    async def read(self, users: Sequence[str]) -> list[Presence]:
        """Tell what others see of each of `users`, in the same order, as it is at this moment."""
        hashes = await self._store.hashes([keyspace.user_key(user) for user in users])
        now_ms = clock.now_ms()
        found = zip(users, hashes, strict=True)
        return [person.presence(user, fields, now_ms) for user, fields in found]

    async def count(self, users: Iterable[str]) -> int:
        """Tell how many of `users` others see here, as it was found last."""
        batches = keyspace.batches(users, str)
        calls = [Call([keyspace.user_key(user) for user in batch], ()) for _, batch in batches]
        answers = await self._store.run(self._scripts["count"], calls)
        raise_first(answers)
        return sum(answers)

    async def connections(self, users: Sequence[str]) -> list[Lease]:
        """Tell which connections of `users` live at this moment, in no order."""
        hashes = await self._store.hashes([keyspace.user_key(user) for user in users])
        found = zip(users, hashes, strict=True)
        return [lease for user, fields in found for lease in person.connections(user, fields)]

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

    async def _know(self, users: Sequence[str]) -> None:
        """Find out what these people settled, and hold it; else the next renewal does."""
        if users:
            with contextlib.suppress(Unavailable):
                await self.settle(await self._settlements(users))

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
    return [keyspace.due_key(shard), keyspace.ends_key(shard), *map(keyspace.user_key, users)]


def _texts(lease: Lease) -> tuple[str, str, str, int]:
    return lease.user, lease.session, lease.status, lease.since_ms


def _user(lease: Lease) -> str:
    return lease.user


def _settler(settled: Settled) -> str:
    return settled.user
