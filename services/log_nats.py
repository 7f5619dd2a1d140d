"""The log: one JetStream stream to publish to and read from; it does not know what is in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from services import headers as header_block
from services.bus import Ack, BusError, Page, Record, StreamSpec, StreamState
from services.bus_nats import Bus
from services.consumer_nats import Consumer, Cursor
from services.publisher_nats import Publisher
from services.reader_nats import direct_get, record
from services.stream_nats import Stream

MAX_MULTI: Final = 1024
"""Subjects in one `multi_last` request; the server refuses more (413)."""
_LEADER_CONCURRENCY: Final = 64


class Log:
    """The stream `name` over one bus; cheap, at most one for a stream and process."""

    def __init__(
        self,
        bus: Bus,
        name: str,
        *,
        max_messages: int = 16_384,
        max_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._bus = bus
        self._stream = Stream(bus, name)
        self._publisher = Publisher(bus, max_messages=max_messages, max_bytes=max_bytes)
        self._replicas = 0

    @property
    def name(self) -> str:
        """The stream's name."""
        return self._stream.name

    @property
    def unacknowledged(self) -> int:
        """How many publishes wait for the log just now."""
        return len(self._publisher)

    async def ensure_stream(self, spec: StreamSpec) -> StreamState:
        """Make the stream, or bring it to `spec`. Idempotent, also for many processes at once.

        Waits up to 30 s for a server that has just started. `first_seq` of a stream that exists
        stays as it is.

        Raises:
            BusError: the server refuses, such as a change it cannot make.
        """
        state = await self._stream.ensure(spec)
        self._replicas = state.replicas
        return state

    def publish(
        self,
        subject: str,
        data: bytes,
        message_id: str,
        *,
        headers: dict[str, str] | None = None,
        deadline_seconds: float = 15.0,
    ) -> asyncio.Future[Ack]:
        """Store one message; await the future, or give it a callback. Needs no task.

        It is sent before this returns. Without an acknowledgement within 2 s (then 4, 6, …), or
        when the log has no leader, or after a reconnection, it is sent again with the same id, so
        that it is stored once as long as all happens within the stream's duplicate window.
        Order: first attempts into one subject are stored in the order of the calls; one that is
        repeated may end behind later ones. Cancelling the future stops the repeating, and leaves
        open whether it was stored.

        Raises, at once:
            Overloaded: too many messages or bytes are under way; nothing was sent.
            TooLarge: above the server's `max_payload`; nothing was sent.
            BusError, ValueError: `subject` or a header cannot be sent.
        Raises, when awaited:
            BusTimeout: not acknowledged by the deadline; it may have been stored.
            LogFull: the stream is full, or its disk; with `Ack.attempts` above 1 an earlier
                attempt may have been stored all the same.
            Disconnected: the bus stopped first.
            BusError: refused for another reason.
        """
        return self._publisher.publish(subject, data, message_id, headers, deadline_seconds)

    async def last(self, subjects: Sequence[str]) -> dict[str, int]:
        """Return the last sequence of each subject; those without a message are left out.

        Exact: whatever was acknowledged before the call is in it. With one replica in batches of
        1,024; with more, one request a subject to the leader, as followers may lag.

        Raises:
            NotFound, NoResponders: there is no stream, or no leader just now.
            BusError: as `Bus.request`.
        """
        if await self._count_replicas() > 1:
            return await self._last_of_leader(subjects)
        found: dict[str, int] = {}
        for start in range(0, len(subjects), MAX_MULTI):
            await self._last_of_chunk(list(subjects[start : start + MAX_MULTI]), found)
        return found

    async def read(self, subject: str, after: int, limit: int, *, up_to: int | None = None) -> Page:
        """Return up to `limit` records of `subject` (wildcards allowed) above `after`, in order.

        `up_to` is the highest sequence wanted. With more than one replica the newest may be
        missing, as a follower may answer: whoever knows of a later one reads again. `prev` of the
        first record is not known, and of none where `subject` has wildcards.

        Raises:
            NoResponders: there is no stream, or no leader just now.
            BusTimeout, Disconnected, BusError: as `direct_get`.
        """
        records: list[Record] = []
        seq = after
        exact = "*" not in subject and ">" not in subject
        while len(records) <= limit:  # one more than wanted tells whether there is more
            question = {"seq": seq + 1, "batch": limit + 1 - len(records), "next_by_subj": subject}
            batch = await direct_get(self._bus, self.name, question)
            for answer in batch.answers:
                # Of the first in a batch the server does not say; the batch before it does.
                prev = seq if exact and records else None
                found = record(answer, prev)
                if up_to is not None and found.seq > up_to:
                    return Page(records, more=False)
                records.append(found)
                seq = found.seq
            if not batch.answers or not batch.left_out:
                break
        return Page(records[:limit], more=len(records) > limit)

    async def get(self, seq: int) -> Record | None:
        """Return one record from the leader, None if it is not (or no longer) there.

        Raises:
            NotFound, NoResponders: there is no stream, or no leader just now.
            BusError: as `Bus.request`.
        """
        return await self._stream.message({"seq": seq})

    async def state(self) -> StreamState:
        """Return how the stream is now.

        Raises:
            NotFound: there is none.
            BusError: as `Bus.request`.
        """
        state = await self._stream.state()
        self._replicas = state.replicas
        return state

    async def delete(self, seq: int) -> bool:
        """Erase one record, overwriting it on disk; False if it was not there. Idempotent.

        Raises:
            BusError: as `Bus.request`.
        """
        return await self._stream.delete(seq)

    async def suspend(self) -> None:
        """Refuse every new message until `ensure_stream` is called again; reading goes on.

        Whoever publishes gets a `BusError` at once. Idempotent.

        Raises:
            NotFound: there is no stream.
            BusError: as `Bus.request`.
        """
        await self._stream.suspend()

    async def remove(self) -> None:
        """Remove the stream with everything in it, for good.

        Raises:
            NotFound: there is none.
            BusError: as `Bus.request`.
        """
        await self._stream.remove()

    async def purge(self, up_to: int) -> int:
        """Remove everything up to and with `up_to`; returns how many. Idempotent.

        Raises:
            BusError: as `Bus.request`.
        """
        return await self._stream.purge(up_to)

    async def consumer(
        self,
        name: str,
        filter_subject: str,
        *,
        ack_wait_seconds: float = 30.0,
        max_ack_pending: int = 10_000,
    ) -> Consumer:
        """Return the durable consumer `name`, making it if needed; shared by all who use the name.

        Raises:
            BusError: the server refuses.
        """
        consumer = Consumer(
            self._bus, self._stream, name, filter_subject, ack_wait_seconds, max_ack_pending
        )
        await consumer.attach()
        return consumer

    async def cursor(self, name: str, filter_subject: str, *, after: int) -> Cursor:
        """Return a reader of one's own that follows the log from just above `after`, in order.

        Raises:
            BusError: the server refuses.
        """
        cursor = Cursor(self._bus, self._stream, name, filter_subject, after)
        await cursor.attach()
        return cursor

    async def _count_replicas(self) -> int:
        return self._replicas or (await self.state()).replicas

    async def _last_of_chunk(self, subjects: list[str], found: dict[str, int]) -> None:
        question: dict[str, object] = {"multi_last": subjects, "batch": len(subjects)}
        while True:
            batch = await direct_get(self._bus, self.name, question)
            for _, raw in batch.answers:
                found[header_block.subject(raw)] = header_block.sequence(raw)
            if not batch.answers or not batch.left_out:
                return
            # The bodies were too large for one batch: go on above the last one.
            question["seq"] = header_block.sequence(batch.answers[-1].headers) + 1

    async def _last_of_leader(self, subjects: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        waiting = iter(subjects)

        async def work() -> None:
            for subject in waiting:
                newest = await self._stream.message({"last_by_subj": subject})
                if newest is not None:
                    found[subject] = newest.seq

        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(_LEADER_CONCURRENCY, len(subjects))):
                    tasks.create_task(work())
        except* BusError as group:
            error = group.exceptions[0]
        else:
            return found
        raise error
