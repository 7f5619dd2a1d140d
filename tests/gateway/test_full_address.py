"""An address that holds as many sockets of a gateway as it may, on a real one."""

from __future__ import annotations

from contextlib import AsyncExitStack

from tests.gateway.peer import Peer, connected, request
from tests.gateway.running import house, until
from tests.history.databases_postgres import copied
from tests.nats_server import NatsServer
from tests.servers import Servers

LIMITS = {"PARLEY_LIMIT_SOCKETS_ADDRESS": "2", "PARLEY_TRUSTED_PROXIES": "127.0.0.1"}


async def test_an_address_holds_so_many_sockets(
    servers: Servers, template: str, own_nats: NatsServer
) -> None:
    """Whoever they belong to, before a word was said: one more upgrade is 429 with `Retry-After`,
    another address is served, and one that ends makes room."""
    async with (
        copied(servers.postgres_url, template) as url,
        house(url, own_nats.url, **LIMITS) as strict,
        AsyncExitStack() as stack,
    ):

        async def open_from(address: str) -> tuple[Peer, str]:
            peer = await stack.enter_async_context(connected(strict.gateway.http.port))
            peer.send(request({"X-Forwarded-For": f"198.51.100.1, {address}"}))
            return peer, (await peer.head()).lower()

        first, head = await open_from("203.0.113.7")
        assert head.startswith("http/1.1 101 ")
        assert (await open_from("203.0.113.7"))[1].startswith("http/1.1 101 ")
        _, refused = await open_from("203.0.113.7")
        assert refused.startswith("http/1.1 429 ")
        assert "retry-after: 10\r\n" in refused
        assert (await open_from("203.0.113.8"))[1].startswith("http/1.1 101 ")
        first.writer.transport.abort()
        await until(lambda: strict.gateway.gate.connections == 2)
        assert (await open_from("203.0.113.7"))[1].startswith("http/1.1 101 ")
        assert strict.metric('limited_total{limit="sockets_address"}') == 1
        await stack.aclose()
        await until(strict.holds_nothing)
