"""The gateway's HTTP paths: there is the socket's, and it wants an upgrade."""

from __future__ import annotations

from proto.codes import ErrorCode
from services.http import Endpoint, Problem, Request, Response

SOCKET_PATH = "/v1/ws"


async def _no_upgrade(_request: Request) -> Response:
    problem = Problem(
        ErrorCode.BAD_FRAME, "this path opens a WebSocket: send an upgrade request", status=426
    )
    problem.headers |= {"upgrade": "websocket", "sec-websocket-version": "13"}
    raise problem


def endpoints() -> list[Endpoint]:
    """Everything the gateway answers over HTTP."""
    return [
        Endpoint(
            "GET",
            SOCKET_PATH,
            _no_upgrade,
            "Opens a WebSocket (RFC 6455), subprotocol parley.v1 or parley.v1.msgpack; without an"
            " upgrade 426.",
            status=101,
            errors=[ErrorCode.UNAVAILABLE],
            auth=False,
        )
    ]
