"""What presence is told of connections here: their statuses, however often they change."""

from __future__ import annotations

import asyncio

from tests.gateway.running import House, until
from tests.history.running import user
from tests.system.raw import Raw


async def _show(socket: Raw, status: str) -> None:
    await socket.send({"type": "status", "status": status})


async def test_a_status_is_told_at_once(house: House) -> None:
    """That of the hello with the connection, another one as soon as it is said."""
    ada = user()
    async with house.socket(ada, status="idle") as socket:
        await until(lambda: house.presence.statuses(ada) == ["idle"])
        await _show(socket, "dnd")
        await until(lambda: house.presence.statuses(ada) == ["idle", "dnd"])
        await _show(socket, "invisible")
        await until(lambda: house.presence.statuses(ada) == ["idle", "dnd", "invisible"])


async def test_a_status_that_flaps_is_told_once_a_second(house: House) -> None:
    """The last one counts; the same again is nothing to tell."""
    ada = user()
    renewer = house.gateway.drainer._renewer
    async with house.socket(ada) as socket:
        await until(lambda: house.presence.statuses(ada) == ["online"])
        (connection,) = house.gateway.roster.connections
        await _show(socket, "online")
        assert await socket.nothing_more() == []
        assert not renewer._changed
        began = asyncio.get_running_loop().time()
        for _ in range(50):
            await _show(socket, "idle")
            await _show(socket, "dnd")
        await until(lambda: house.presence.statuses(ada)[-1] == "dnd" and not renewer._changed)
        assert renewer._changes_due > began + 1.0
        renewer._changes_due = asyncio.get_running_loop().time() + 3.0
        await _show(socket, "idle")
        await until(lambda: connection in renewer._changed)
        await renewer._tell_changes()
        assert connection in renewer._changed
        await until(lambda: connection not in renewer._changed)
        await until(lambda: house.presence.statuses(ada)[-1] == "idle")


async def test_a_connection_that_is_gone_is_told_of_no_more(house: House) -> None:
    """Whatever status it said last."""
    ada = user()
    renewer = house.gateway.drainer._renewer
    async with house.socket(ada) as socket:
        await until(lambda: house.presence.statuses(ada) == ["online"])
        await _show(socket, "idle")
        await until(lambda: house.presence.statuses(ada) == ["online", "idle"])
        await _show(socket, "dnd")
        assert await socket.nothing_more() == []
    await until(house.holds_nothing)
    assert not renewer._changed
