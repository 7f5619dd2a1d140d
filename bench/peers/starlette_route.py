"""Starlette's own WebSocketRoute on uvicorn: a room is a path, `send_text` to everybody in it.

starlette_route.py PORT
"""

import sys
from collections import defaultdict

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

rooms: dict[str, set[WebSocket]] = defaultdict(set)


async def talk(socket: WebSocket) -> None:
    """Pass on what one says, one member after the other."""
    await socket.accept()
    members = rooms[socket.url.path]
    members.add(socket)
    try:
        while True:
            text = await socket.receive_text()
            for member in list(members):
                await member.send_text(text)
    except WebSocketDisconnect:
        members.discard(socket)


class Server(uvicorn.Server):
    """Says when it is ready."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen, then say so."""
        await super().startup(sockets)  # type: ignore[arg-type]
        sys.stdout.write("ready\n")
        sys.stdout.flush()


if __name__ == "__main__":
    app = Starlette(routes=[WebSocketRoute("/{room:path}", talk)])
    Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=int(sys.argv[1]),
            loop="uvloop",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            log_level="error",
        )
    ).run()
