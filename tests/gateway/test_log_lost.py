"""The log is gone, or an old copy of it was put in its place: what people and operators see."""

from __future__ import annotations

import asyncio
import resource
import shutil
from pathlib import Path

import httpx
import pytest

from history.discard_log import discard
from history.discarder import Fits
from proto import limits
from tests.gateway.running import WAIT_SECONDS, House, until
from tests.history.running import user
from tests.nats_server import NatsServer
from tests.system.raw import Frame, Raw


def _store(nats: NatsServer) -> Path:
    return nats.log.parent / "nats"


async def _say(socket: Raw, room: str, text: str) -> int:
    """Have it said, trying again while nothing can be: what a client does."""
    async with asyncio.timeout(2 * WAIT_SECONDS):
        while (answer := await socket.say(room, text))["type"] != "ok":  # noqa: ASYNC110 - as a client does
            await asyncio.sleep(0.1)
    return int(answer["result"]["seq"])


def _texts(frames: list[Frame]) -> list[str]:
    return [frame["text"] for frame in frames if frame["type"] == "message"]


async def _page(house: House, asker: str, room: str) -> list[tuple[int, str]]:
    page = await house.replica.ask.ok(asker, "GET", f"/v1/rooms/{room}/messages")
    return [(message["seq"], message["text"]) for message in page["messages"]]


async def test_a_log_whose_store_is_gone_is_made_anew(house: House, own_nats: NatsServer) -> None:
    """What Postgres has is served, no sequence is used twice, and whoever held something that was
    not stored yet is told `complete:false`; nobody else is."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(ada) as socket:
        stored = await _say(socket, room, "stored")
        await house.replica.stored(stored)
        await house.replica.part("writer").stop()
        unstored = await _say(socket, room, "in the log alone")
        own_nats.kill()
        shutil.rmtree(_store(own_nats))
        own_nats.start()
        await house.replica.part("writer").start()
        assert await socket.close_code() == 4002
    async with house.socket(ada) as socket:
        seq = await _say(socket, room, "afterwards")
        assert seq >= limits.SEQ_LEAP
    async with house.socket(bob, resume={room: stored}) as back:
        resumed = await back.until("resumed")
        assert (resumed["complete"], resumed["to"]) == (True, seq)
        assert _texts(back.seen) == ["afterwards"]
    async with house.socket(bob, resume={room: unstored}) as back:
        assert (await back.until("resumed"))["complete"] is False
        assert _texts(back.seen) == []
    assert await _page(house, ada, room) == [(stored, "stored"), (seq, "afterwards")]


async def test_a_log_that_takes_nothing_is_told_once(
    house: House, own_nats: NatsServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """In the gateway's log, where an operator looks when people cannot speak; and its end too."""
    ada = user()
    room = await house.replica.room(ada)
    async with house.socket(ada) as socket, house.socket(ada) as other:
        await _say(socket, room, "before")
        assert own_nats.pid is not None
        resource.prlimit(own_nats.pid, resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
        for answer in await asyncio.gather(socket.say(room), other.say(room)):
            assert answer["code"] == "timeout"
        own_nats.stop()
        own_nats.start()
        await _say(socket, room, "after")
    said = "".join(capfd.readouterr())
    assert said.count("log takes nothing") == 1
    assert said.count("log takes messages again") == 1


async def test_an_old_copy_of_the_log_takes_nothing_until_it_is_discarded(
    house: House, own_nats: NatsServer, tmp_path: Path
) -> None:
    """History says what is wrong and where it is written what to do; nobody is told `ok` for what
    would stand where something else stood. What was said before it noticed is kept, once."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(ada) as socket:
        await house.replica.stored(await _say(socket, room, "one"))
        own_nats.stop()
        shutil.copytree(_store(own_nats), tmp_path / "copy")
        await until(lambda: not house.gateway.bus.connected)
        own_nats.start()
        await house.replica.stored(await _say(socket, room, "two"))
        stored = await _say(socket, room, "three")
        await house.replica.stored(stored)
    await house.replica.part("writer").stop()
    own_nats.stop()
    shutil.rmtree(_store(own_nats))
    shutil.copytree(tmp_path / "copy", _store(own_nats))
    await until(lambda: not house.gateway.bus.connected)
    own_nats.start()
    await until(lambda: house.gateway.bus.connected and house.replica.history.bus.connected)
    async with house.socket(bob) as socket:
        assert await _say(socket, room, "four") < stored
        await house.replica.part("writer").start()
        async with asyncio.timeout(WAIT_SECONDS):
            while "log-lost.md" not in await _writer_check(house):  # noqa: ASYNC110 - a probe
                await asyncio.sleep(0.05)
        assert (await socket.say(room))["code"] == "unavailable"
        settings = house.replica.history.settings
        assert "1 that were not stored" in await discard(settings)
        assert await socket.close_code() == 4002
    async with house.socket(bob, resume={room: stored}) as socket:
        assert (await socket.until("resumed"))["complete"] is True
        if "four" not in _texts(socket.seen):
            await socket.until("message", text="four")
        last = await _say(socket, room, "five")
        await house.replica.stored(last)
    page = await _page(house, ada, room)
    assert [text for _, text in page] == ["one", "two", "three", "four", "five"]
    assert [seq for seq, _ in page if seq > stored] == sorted(
        seq for seq, _ in page if seq >= limits.SEQ_LEAP
    )
    with pytest.raises(Fits):
        await discard(settings)


async def _writer_check(house: House) -> str:
    async with httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{house.replica.history.probes.port}/readyz"
        return str((await client.get(url)).json()["checks"].get("writer", ""))
