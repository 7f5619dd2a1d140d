"""What notify asks about outgoing webhooks, and dead letters; it delivers nothing itself.

A job names a place of the log and nothing of what is there: what is delivered is read here at each
attempt. So what was deleted meanwhile is told to nobody, however long it waited.
"""

from __future__ import annotations

import asyncio
import secrets

from history import deliveries_postgres, events_postgres
from history.reader import Reader
from proto import deliveries, limits, subjects, wire
from proto.codes import ErrorCode
from proto.webhooks import DeadLetter
from services import clock
from services.bus import BusError, LogFull
from services.bus_nats import Bus
from services.log_nats import Log
from services.pool_postgres import Pool
from services.problem import Problem, Unavailable

_REASON_CHARACTERS = 250


class Deliveries:
    """Every method raises Problem and Unavailable."""

    def __init__(self, pool: Pool, bus: Bus, reader: Reader) -> None:
        self._pool = pool
        self._reader = reader
        self._jobs = Log(bus, subjects.WEBHOOKS_STREAM)

    async def webhooks(self, call: deliveries.WebhooksCall) -> deliveries.WebhooksReply:
        """Which are to be told of what happens in these rooms."""
        return deliveries.WebhooksReply(await deliveries_postgres.of_rooms(self._pool, call.rooms))

    async def delivery(self, call: deliveries.DeliveryCall) -> deliveries.DeliveryReply:
        """What is to be said, and where; the event knowing all that the log holds now."""
        mouth = await deliveries_postgres.mouth(self._pool, call.room, call.webhook)
        if mouth is None:
            return deliveries.DeliveryReply("gone")
        if mouth.disabled:
            return deliveries.DeliveryReply("off")
        await self._reader.catch_up(call.room, call.seq)
        found = await events_postgres.events(self._pool, call.room, max(0, call.seq - 1), 1)
        event = next((event for event in found.events if event.seq == call.seq), None)
        return deliveries.DeliveryReply("on", mouth.url, mouth.secret, mouth.failing, event)

    async def delivered(self, call: deliveries.DeliveredCall) -> deliveries.DeliveredReply:
        """Note how an attempt ended."""
        reason, now_ms = call.reason[:_REASON_CHARACTERS], clock.now_ms()
        if not reason:
            await deliveries_postgres.well(self._pool, call.webhook)
        else:
            if call.dead:
                await deliveries_postgres.bury(self._pool, call.webhook, call.seq, reason, now_ms)
            await deliveries_postgres.failed(self._pool, call.webhook, reason, now_ms, off=call.off)
        return deliveries.DeliveredReply()

    async def dead_letters(self, webhook: str) -> list[DeadLetter]:
        """What one did not deliver, the newest first."""
        return await deliveries_postgres.dead_letters(self._pool, webhook)

    async def replay(self, room: str, webhook: str, seqs: list[int] | None) -> int:
        """Have dead letters delivered anew, for another day; how many. What is none is left out.

        Whoever dies meanwhile leaves them as they are: they may be delivered twice, with one id.
        """
        mouth = await deliveries_postgres.mouth(self._pool, room, webhook)
        if mouth is not None and mouth.disabled:
            raise Problem(ErrorCode.CONFLICT, "this webhook is disabled: enable it first")
        dead = [letter.seq for letter in await self.dead_letters(webhook)]
        wanted = [seq for seq in sorted(dead) if seqs is None or seq in set(seqs)]
        now_ms, again = clock.now_ms(), secrets.token_hex(4)
        try:
            await asyncio.gather(
                *(
                    self._put(deliveries.WebhookJob(webhook, room, seq, now_ms), again)
                    for seq in wanted
                )
            )
        except LogFull:
            raise Problem(ErrorCode.CONFLICT, "too much waits to be delivered already") from None
        except BusError as error:
            raise Unavailable(f"not available now: {error}") from None
        await deliveries_postgres.exhume(self._pool, webhook, wanted)
        return len(wanted)

    async def _put(self, job: deliveries.WebhookJob, again: str) -> None:
        # Within minutes of the first time, the stream would take the same id for a repetition.
        identity = f"{job.delivery}/{again}"
        await self._jobs.publish(
            subjects.webhook_jobs(job.webhook),
            wire.encode(job),
            identity,
            deadline_seconds=limits.SEND_DEADLINE_SECONDS / 3,
        )
