"""What is still to be delivered to webhooks, in a stream of its own; it delivers nothing.

What is delivered, or has become a dead letter, is gone from the stream. Of one webhook only so much
may wait, so that one whose receiver is away fills nothing that others need.
"""

from __future__ import annotations

from typing import Final

from proto import limits, subjects, wire
from proto.deliveries import WebhookJob
from services.bus import StreamSpec
from services.bus_nats import Bus
from services.consumer_nats import Consumer
from services.log_nats import Log

MAX_BYTES: Final = 256 * 1024 * 1024
WAITING: Final = 1_000
"""Jobs of one webhook that wait."""
KEEP_SECONDS: Final = 3.0 * limits.WEBHOOK_SECONDS
"""They are dead letters long before; this is for webhooks that are no more."""
ACK_SECONDS: Final = 60.0
PENDING: Final = 200_000
"""Of those that wait for another attempt too: beyond it nothing new is begun."""


class HookJobs:
    """At least once: receivers know a delivery by its id."""

    def __init__(self, bus: Bus, replicas: int) -> None:
        self._log = Log(bus, subjects.WEBHOOKS_STREAM)
        self._spec = StreamSpec(
            name=subjects.WEBHOOKS_STREAM,
            subjects=(subjects.WEBHOOK_JOBS,),
            max_bytes=MAX_BYTES,
            replicas=replicas,
            work_queue=True,
            max_age_seconds=KEEP_SECONDS,
            max_of_subject=WAITING,
        )

    async def ensure(self) -> None:
        """Make the stream, or find it. Raises BusError."""
        await self._log.ensure_stream(self._spec)

    async def put(self, job: WebhookJob) -> None:
        """Have a log event delivered; the same one once within minutes.

        Raises:
            LogFull: too much waits already, of this webhook or of all.
            BusError: it may or may not have been taken.
        """
        subject = subjects.webhook_jobs(job.webhook)
        await self._log.publish(subject, wire.encode(job), job.delivery)

    async def consumer(self) -> Consumer:
        """What takes them out, shared by all processes. Raises BusError."""
        return await self._log.consumer(
            subjects.WEBHOOKS_CONSUMER,
            subjects.WEBHOOK_JOBS,
            ack_wait_seconds=ACK_SECONDS,
            max_ack_pending=PENDING,
        )
