"""Django Channels on uvicorn with channels_redis: a room is a path, a group of the channel layer.

django_channels.py PORT REDIS_URL
"""

import sys
from typing import Any

import django
import uvicorn
from django.conf import settings


def application(redis: str) -> Any:  # noqa: ANN401 - the library is untyped
    """Give the ASGI application."""
    # It waits 5 s for a message, which is redis-py's own limit for an answer.
    hosts = [{"address": redis, "socket_timeout": None}]
    layer = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": hosts}}
    settings.configure(CHANNEL_LAYERS={"default": layer}, SECRET_KEY="of no use here")  # noqa: S106
    django.setup()
    from channels.generic.websocket import AsyncWebsocketConsumer

    class Talk(AsyncWebsocketConsumer):  # type: ignore[misc]
        async def connect(self) -> None:
            self.room = self.scope["path"].strip("/")
            await self.channel_layer.group_add(self.room, self.channel_name)
            await self.accept()

        async def disconnect(self, code: int) -> None:  # noqa: ARG002 - its signature
            await self.channel_layer.group_discard(self.room, self.channel_name)

        async def receive(
            self,
            text_data: str | None = None,
            bytes_data: bytes | None = None,  # noqa: ARG002 - its signature
        ) -> None:
            await self.channel_layer.group_send(self.room, {"type": "said", "text": text_data})

        async def said(self, event: dict[str, str]) -> None:
            await self.send(text_data=event["text"])

    return Talk.as_asgi()


class Server(uvicorn.Server):
    """Says when it is ready."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen, then say so."""
        await super().startup(sockets)  # type: ignore[arg-type]
        sys.stdout.write("ready\n")
        sys.stdout.flush()


if __name__ == "__main__":
    Server(
        uvicorn.Config(
            application(sys.argv[2]),
            host="127.0.0.1",
            port=int(sys.argv[1]),
            loop="uvloop",
            lifespan="off",
            ws_per_message_deflate=False,
            log_level="error",
        )
    ).run()
