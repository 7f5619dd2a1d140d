"""What is still to be sent, in a stream of its own, so that no slow server holds up the others.

It sends nothing itself. What is sent is gone from the stream; what is not, after a day.
"""

from __future__ import annotations

from typing import Final

from notify.push import TTL_SECONDS, Job
from proto import subjects, wire
from services.bus import StreamSpec
from services.bus_nats import Bus
from services.consumer_nats import Consumer
from services.log_nats import Log

MAX_BYTES: Final = 256 * 1024 * 1024
ACK_SECONDS: Final = 60.0
PENDING: Final = 100_000
"""Of those that wait for another attempt too: beyond it nothing new is begun."""


class Jobs:
    """Push messages that wait. At least once: of each one its browser shows the last alone."""

    def __init__(self, bus: Bus, replicas: int) -> None:
        self._log = Log(bus, subjects.NOTIFY_STREAM)
        self._spec = StreamSpec(
            name=subjects.NOTIFY_STREAM,
            subjects=(subjects.NOTIFY_JOBS,),
            max_bytes=MAX_BYTES,
            replicas=replicas,
            work_queue=True,
            max_age_seconds=TTL_SECONDS,
        )

    async def ensure(self) -> None:
        """Make the stream, or find it. Raises BusError."""
        await self._log.ensure_stream(self._spec)

    async def put(self, job: Job) -> None:
        """Have a push message sent; the same one for the same browser once within minutes.

        Raises:
            LogFull: too much waits already.
            BusError: it may or may not have been taken.
        """
        identity = f"{job.subscription}/{job.word.room}/{job.word.seq}"
        await self._log.publish(subjects.NOTIFY_PUSH, wire.encode(job), identity)

    async def consumer(self) -> Consumer:
        """What takes them out, shared by all processes. Raises BusError."""
        await self.ensure()
        return await self._log.consumer(
            "push", subjects.NOTIFY_PUSH, ack_wait_seconds=ACK_SECONDS, max_ack_pending=PENDING
        )
