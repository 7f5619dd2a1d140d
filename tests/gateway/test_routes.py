"""What the gateway answers whoever asks for a socket, held against what its document says of it."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from typing import Any

import httpx

from services.server_uvicorn import HEAD_BYTES
from tests.gateway.peer import LIMIT_SECONDS, connected, request
from tests.gateway.running import House, house
from tests.history.databases_postgres import copied
from tests.nats_server import NatsServer
from tests.servers import Servers

STRICT = {
    "PARLEY_LIMIT_SOCKETS_ADDRESS": "1",
    "PARLEY_MAX_CONNECTIONS": "2",
    "PARLEY_TRUSTED_PROXIES": "127.0.0.1",
}
REFUSED = [
    (b"nonsense\r\n\r\n", 400, "bad_frame"),
    (request({"Content-Length": "3"}), 400, "bad_frame"),
    (request({"Sec-WebSocket-Key": "short"}), 400, "bad_frame"),
    (request({"Sec-WebSocket-Protocol": "soap"}), 400, "invalid"),
    (request({"Origin": "https://elsewhere.example"}), 403, "forbidden"),
    (request({"Upgrade": "", "Connection": "close"}), 426, "bad_frame"),
    (request({"Sec-WebSocket-Version": "8"}), 426, "bad_frame"),
    (request({"X-Long": "x" * HEAD_BYTES}), 431, "bad_frame"),
]


async def test_whatever_is_answered_is_in_the_document(
    servers: Servers, template: str, own_nats: NatsServer
) -> None:
    """Each status with its code and headers; and the document names none that is not met here, but
    for a fault of the gateway."""
    async with (
        copied(servers.postgres_url, template) as url,
        house(url, own_nats.url, **STRICT) as strict,
        AsyncExitStack() as stack,
    ):
        told = await _responses(strict)
        met = {101, 500}

        async def ask(raw: bytes) -> tuple[str, bytes]:
            peer = await stack.enter_async_context(connected(strict.gateway.http.port))
            peer.send(raw)
            head = (await peer.head()).lower()
            return head, b"" if head.startswith("http/1.1 101 ") else await peer.rest()

        async def refused(raw: bytes, status: int, code: str) -> None:
            head, body = await ask(raw)
            assert head.startswith(f"http/1.1 {status} ")
            assert json.loads(body)["code"] == code
            assert code in told[str(status)]["description"]
            for name in told[str(status)].get("headers", {}):
                assert f"\r\n{name.lower()}: " in head
            met.add(status)

        for raw, status, code in REFUSED:
            await refused(raw, status, code)
        for address, status, code in (
            ("203.0.113.7", 101, ""),
            ("203.0.113.7", 429, "rate_limited"),
            ("203.0.113.8", 101, ""),
            ("203.0.113.9", 503, "unavailable"),
        ):
            raw = request({"X-Forwarded-For": address})
            if status == 101:
                assert (await ask(raw))[0].startswith("http/1.1 101 ")
            else:
                await refused(raw, status, code)
        assert {str(status) for status in met} == set(told)


async def _responses(strict: House) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=strict.url, timeout=LIMIT_SECONDS) as http:
        document = (await http.get("/v1/gateway/openapi.json")).json()
    responses: dict[str, Any] = document["paths"]["/v1/ws"]["get"]["responses"]
    return responses
