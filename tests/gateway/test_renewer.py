"""What presence is told of connections here: their statuses, however often they change."""

from __future__ import annotations

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
    async with house.socket(ada) as socket:
        await until(lambda: house.presence.statuses(ada) == ["online"])
        for _ in range(50):
            await _show(socket, "idle")
            await _show(socket, "dnd")
        assert await socket.nothing_more() == []
        for _ in range(50):
            await _show(socket, "dnd")
            await _show(socket, "idle")
        assert await socket.nothing_more() == []
        await until(lambda: house.presence.statuses(ada)[-1] == "idle")
        assert len(house.presence.leases) < 50


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
