"""The gateway's HTTP paths: there is the socket's, and it wants an upgrade."""

from __future__ import annotations

from proto.codes import ErrorCode
from services.http import Endpoint, Problem, Refusal, Request, Response
from services.server_uvicorn import HEAD_BYTES

SOCKET_PATH = "/v1/ws"
_RETRY_AFTER = {"Retry-After": "After how many seconds to come again."}
_REFUSALS = (
    Refusal(
        400,
        [ErrorCode.BAD_FRAME, ErrorCode.INVALID],
        "`bad_frame`: the request is no HTTP/1.1, has a body, a target that is no URL, or a"
        " `Sec-WebSocket-Key` that is not 16 bytes in base64. `invalid`: none of the subprotocols"
        " that it offers is known; one that offers none speaks parley.v1.",
    ),
    Refusal(
        403,
        [ErrorCode.FORBIDDEN],
        "It is of a page of another origin, which `PARLEY_ORIGINS` does not name.",
    ),
    Refusal(
        426,
        [ErrorCode.BAD_FRAME],
        "It asks for no upgrade, or for another version of the WebSocket protocol.",
        {"Upgrade": "`websocket`.", "Sec-WebSocket-Version": "The version that is spoken: 13."},
    ),
    Refusal(
        429,
        [ErrorCode.RATE_LIMITED],
        "Its address holds as many sockets of this gateway as it may, or opens them too fast.",
        _RETRY_AFTER,
    ),
    Refusal(431, [ErrorCode.BAD_FRAME], f"Its head is larger than {HEAD_BYTES} bytes."),
    Refusal(500, [ErrorCode.INTERNAL], "The gateway failed."),
    Refusal(
        503,
        [ErrorCode.UNAVAILABLE],
        "The gateway holds as many sockets as it may, is asked for them too fast, or is about to"
        " stop: any other one serves you.",
        _RETRY_AFTER,
    ),
)
"""Whatever answers the path: `read_upgrade`, `app.decide`, the listener, and what is below."""


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
            "Opens a WebSocket (RFC 6455), subprotocol parley.v1 or parley.v1.msgpack.",
            status=101,
            refusals=_REFUSALS,
            auth=False,
        )
    ]
