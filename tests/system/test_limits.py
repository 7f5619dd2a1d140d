"""Limits of the whole: over two gateways, with presence and Valkey between them."""

from __future__ import annotations

from contextlib import AsyncExitStack

from proto.codes import CloseCode
from services.settings import SOCKETS
from tests.system.conftest import People
from tests.system.raw import Raw


async def test_one_socket_too_many_closes_the_oldest(
    person: People, gateways: tuple[str, str]
) -> None:
    """Wherever it is: the new one is served on one gateway, the oldest closed on the other."""
    ada = await person("ada")
    async with AsyncExitStack() as closing:
        sockets = []
        for number in range(SOCKETS):
            raw = Raw(gateways[number % 2], ada.token)
            sockets.append(await closing.enter_async_context(raw))
        assert sockets[0].ready["limits"]["sockets"] == SOCKETS
        newest = await closing.enter_async_context(Raw(gateways[1], ada.token))
        assert await sockets[0].close_code() == CloseCode.REPLACED
        for living in (sockets[1], newest):
            await living.send({"type": "ping"})
            await living.until("pong")
