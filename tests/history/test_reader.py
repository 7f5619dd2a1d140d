"""Waiting for the writer: what is answered when it does not come."""

import asyncio

import pytest

from history.progress import Progress
from proto import subjects
from services.problem import Unavailable
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, running, user


async def test_a_page_that_cannot_be_whole_is_unavailable(
    own: Replica, own_peer: Peer, database: str
) -> None:
    """Without a writer the newest page is refused after 2 s; older pages are served."""
    ada = user()
    room = await own.room(ada)
    seq = await own_peer.say(room, ada)
    await own.stored(seq)
    await own.part("writer").stop()
    await own_peer.say(room, ada)
    path = f"/v1/rooms/{room}/messages"
    began = asyncio.get_running_loop().time()
    refused(await own.ask(ada, "GET", path), 503, "unavailable")
    assert 1.5 < asyncio.get_running_loop().time() - began < 10
    older = await own.ask.ok(ada, "GET", f"{path}?before={seq + 1}")
    assert [shown["seq"] for shown in older["messages"]] == [seq]
    async with running(database, own.history.settings.base.nats_urls[0]):
        assert len((await own.ask.ok(ada, "GET", path))["messages"]) == 2


async def test_without_the_log_nobody_knows_what_is_newest(own: Replica, own_peer: Peer) -> None:
    """The newest page is unavailable, and pages of what is stored are not."""
    ada = user()
    room = await own.room(ada)
    seq = await own_peer.say(room, ada)
    await own.stored(seq)
    await own_peer.bus.request(f"$JS.API.STREAM.DELETE.{subjects.ROOMS_STREAM}", b"", 5.0)
    path = f"/v1/rooms/{room}/messages"
    await own.part("writer").stop()
    refused(await own.ask(ada, "GET", path), 503, "unavailable")
    assert (await own.ask.ok(ada, "GET", f"{path}?before={seq + 1}"))["messages"]


async def test_waiting_ends_with_the_news_or_with_the_time() -> None:
    """True as soon as it is stored, False when time is over; several wait for their own."""
    progress = Progress(_never)
    waiting = [asyncio.create_task(progress.wait(seq, 5.0)) for seq in (3, 1, 2)]
    late = asyncio.create_task(progress.wait(9, 0.05))
    await asyncio.sleep(0)
    progress.advance(2)
    assert await waiting[1]
    assert await waiting[2]
    assert not waiting[0].done()
    progress.advance(1)
    assert progress.seq == 2
    progress.advance(3)
    assert await waiting[0]
    assert not await late
    assert await progress.wait(3)
    await progress.stop()


async def test_one_looks_for_all_who_wait_and_only_then() -> None:
    """However many wait, there is one look at a time, and none once nobody waits."""
    looks, looking = 0, 0

    async def read() -> int:
        nonlocal looks, looking
        looks, looking = looks + 1, looking + 1
        assert looking == 1
        await asyncio.sleep(0.001)
        looking -= 1
        return 5 if looks > 2 else 0

    progress = Progress(read)
    answers = await asyncio.gather(*[progress.wait(5, 5.0) for _ in range(100)])
    assert all(answers)
    assert looks == 3
    await asyncio.sleep(0.1)  # that nothing happens is what is awaited
    assert looks == 3


async def test_a_failing_look_is_tried_again() -> None:
    """Postgres away for a moment costs a moment; one who asks directly is told."""
    failures = 3

    async def read() -> int:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise Unavailable("away")
        return 1

    progress = Progress(read)
    with pytest.raises(Unavailable):
        await progress.refresh()
    assert await progress.wait(1, 5.0)


async def _never() -> int:
    return 0
