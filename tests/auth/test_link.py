"""A part that is not waited for: the service is up before it, and ends it in order."""

import asyncio

import pytest

from auth.link import Link


class Slow:
    """A part whose start waits for a word."""

    name = "slow"

    def __init__(self) -> None:
        """Not started, not stopped."""
        self.word: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.started = False
        self.stopped = asyncio.Event()

    async def start(self) -> None:
        """Wait for the word."""
        await self.word
        self.started = True

    async def stop(self) -> None:
        """Note it."""
        self.stopped.set()


async def test_the_start_is_not_waited_for() -> None:
    """`start` returns at once; the part starts when it can, and that is no failure."""
    part = Slow()
    link = Link(part)
    await link.start()
    assert not part.started
    failure = asyncio.create_task(link.failure())
    part.word.set_result(None)
    done, _ = await asyncio.wait((failure,), timeout=0.05)
    assert part.started
    assert not done
    failure.cancel()
    await link.stop()
    assert part.stopped.is_set()


async def test_a_stop_gives_up_a_start_that_goes_on() -> None:
    """And stops the part all the same: it may hold something already."""
    part = Slow()
    link = Link(part)
    await link.start()
    await link.stop()
    assert not part.started
    assert part.stopped.is_set()


async def test_a_start_that_fails_for_good_is_told() -> None:
    """As the reason why the service cannot go on."""
    part = Slow()
    link = Link(part)
    await link.start()
    part.word.set_exception(OSError("refused"))
    assert str(await link.failure()) == "refused"


async def test_before_its_start_there_is_nothing_to_fail() -> None:
    """A fault of ours."""
    with pytest.raises(RuntimeError, match="not started"):
        await Link(Slow()).failure()
