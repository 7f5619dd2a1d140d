"""A background task as a part."""

import asyncio

import pytest

from services.worker import Worker


async def test_stop_cancels_and_waits_for_the_end() -> None:
    """The work has cleaned up when `stop` returns; stopping twice is stopping once."""
    cleaned = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    worker = Worker("work", work)
    await worker.start()
    await asyncio.sleep(0)
    await worker.stop()
    assert cleaned.is_set()
    await worker.stop()


async def test_stop_before_start_is_nothing() -> None:
    """A part that was never started has nothing to stop."""
    await Worker("idle", asyncio.Event().wait).stop()


async def test_work_that_raises_tells_why() -> None:
    """The error itself is the reason of the failure."""
    error = ValueError("broken")

    async def work() -> None:
        raise error

    worker = Worker("work", work)
    await worker.start()
    assert await worker.failure() is error


async def test_work_that_returns_has_failed_too() -> None:
    """A loop that ends is as bad as one that raises: nobody does its work any more."""
    worker = Worker("work", lambda: asyncio.sleep(0))
    await worker.start()
    assert str(await worker.failure()) == "work ended by itself"


async def test_a_failure_is_asked_of_started_work() -> None:
    """Asking before the start is a mistake of the caller."""
    with pytest.raises(RuntimeError, match="idle was not started"):
        await Worker("idle", lambda: asyncio.sleep(0)).failure()
