"""Answers requests on one subject, a bounded number at once; their meaning is the handler's."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from services.bus import BusError
from services.connection_nats import Connection
from services.headers import encode
from services.logs_structlog import get_logger

Handler: TypeAlias = Callable[[bytes], Awaitable[bytes]]

_FAILED: Final = encode(
    {"Nats-Service-Error": "the handler failed", "Nats-Service-Error-Code": "500"}
)
_FULL: Final = encode({"Nats-Service-Error": "too many requests", "Nats-Service-Error-Code": "503"})
_log = get_logger()


class Server:
    """At most `concurrency` handlers at work and as many requests waiting; beyond: answered 503."""

    def __init__(
        self, connection: Connection, subject: str, handler: Handler, concurrency: int, queue: str
    ) -> None:
        self._connection = connection
        self._subject = subject
        self._handler = handler
        self._concurrency = concurrency
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sid = connection.subscribe_raw(subject, self._take, queue)

    def close(self) -> None:
        """Take no new requests; those that were taken are answered."""
        self._connection.unsubscribe_raw(self._sid)

    async def drained(self) -> None:
        """Return when nothing is at work."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def cancel(self) -> None:
        """Give up what is at work; the callers get no answer."""
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()

    def _take(self, _subject: bytes, reply: bytes, data: bytes, _headers: bytes) -> None:
        if len(self._tasks) < self._concurrency:
            self._begin(reply.decode(), data)
        elif len(self._waiting) < self._concurrency:
            self._waiting.append((reply.decode(), data))
        else:
            self._answer(reply.decode(), b"", _FULL)

    def _begin(self, reply: str, data: bytes) -> None:
        task = asyncio.get_running_loop().create_task(self._work(reply, data))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._waiting:
            self._begin(*self._waiting.popleft())

    async def _work(self, reply: str, data: bytes) -> None:
        try:
            answer = await self._handler(data)
        except Exception:
            _log.exception("request failed", subject=self._subject)
            self._answer(reply, b"", _FAILED)
        else:
            self._answer(reply, answer, b"")

    def _answer(self, reply: str, data: bytes, headers: bytes) -> None:
        if not reply:
            return  # published, not requested: nobody waits
        try:
            self._connection.send(reply, data, headers=headers)
        except BusError as error:
            _log.warning("answer lost", subject=self._subject, error=str(error))
            if not headers:
                self._answer(reply, b"", _FAILED)
