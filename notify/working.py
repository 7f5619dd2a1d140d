"""Takes jobs out of a stream and has each tried, so many at once; what trying means, others know.

A job is acknowledged when it is done and handed back when it is to be tried again, so what was
begun by a process that ended comes again, to whoever asks next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from services.bus import Record
from services.consumer_nats import Consumer

_IDLE_SECONDS: Final = 5.0

Tried = Callable[[Record], Awaitable[float | None]]
"""Tries one: None if there is nothing left to do, else in how many seconds to try again. It must
not raise, for the others would end with it."""


async def work_off(consumer: Consumer, places: asyncio.Semaphore, tried: Tried) -> None:
    """Work until cancelled; each job has one of the `places`, from when it is asked for.

    Raises:
        ExceptionGroup: of BusErrors; what was begun and not acknowledged comes again.
    """

    async def work(record: Record) -> None:
        pause_seconds = await tried(record)
        if pause_seconds is None:
            await consumer.settle([record])
        else:
            await consumer.nak(record, pause_seconds)

    try:
        async with asyncio.TaskGroup() as tasks:
            while True:
                await places.acquire()
                try:
                    records = await consumer.fetch(1, _IDLE_SECONDS)
                except BaseException:
                    places.release()
                    raise
                if not records:
                    places.release()
                for record in records:
                    # By its end, not within: one that never began gives its place back, too.
                    tasks.create_task(work(record)).add_done_callback(
                        lambda _task: places.release()
                    )
    finally:
        consumer.release()
