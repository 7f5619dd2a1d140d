"""python-socketio on uvicorn with its Redis manager, as its documentation has it.

python_socketio.py PORT REDIS_URL
"""

import sys
from typing import Any

import socketio
import uvicorn


def application(redis: str) -> Any:  # noqa: ANN401 - the library is untyped
    """Give the ASGI application: `join` a room, `say` something there."""
    server = socketio.AsyncServer(
        async_mode="asgi",
        transports=["websocket"],
        client_manager=socketio.AsyncRedisManager(redis, redis_options={"socket_timeout": None}),
    )

    @server.event  # type: ignore[untyped-decorator]
    async def join(sid: str, room: str) -> None:
        await server.enter_room(sid, room)

    @server.event  # type: ignore[untyped-decorator]
    async def say(sid: str, room: str, text: str) -> None:  # noqa: ARG001 - its signature
        await server.emit("said", text, room=room)

    return socketio.ASGIApp(server, on_startup=lambda: print("ready", flush=True))  # noqa: T201


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[2]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        ws_per_message_deflate=False,
        log_level="error",
    )
