"""Looks at every connection once a second: hello overdue, silence, pings, tokens running out."""

from __future__ import annotations

import asyncio
import random

from gateway.connection import Connection
from gateway.roster import Roster
from gateway.session import State
from proto import frames, limits
from proto.codes import CloseCode, ErrorCode
from services import clock

_PERIOD_SECONDS = 1.0
_HEARTBEAT_SECONDS = limits.HEARTBEAT_MS / 1000
_JITTER = 0.2
"""Pings are spread over that share of the heartbeat, so that a herd does not stay one."""
_WARN_MS = 60_000


class Ticker:
    """One task for all connections; a timer each would cost more than the look."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(_PERIOD_SECONDS)
            now, now_ms = clock.monotonic(), clock.now_ms()
            for connection in list(self._roster.connections):
                if not connection.is_over:
                    look(connection, now, now_ms)


def look(connection: Connection, now: float, now_ms: int) -> None:
    """Do what is due for one connection; times in seconds (monotonic) and in ms (wall)."""
    state = connection.session.state
    if state is State.NEW:
        if now - connection.opened_at > limits.HELLO_TIMEOUT_SECONDS:
            connection.close(CloseCode.HELLO_TIMEOUT, "no hello")
    elif now - connection.socket.heard_at > 2 * _HEARTBEAT_SECONDS:
        connection.close(CloseCode.SILENT, "silent for two heartbeats")
    elif state is State.LIVE:
        if now >= connection.next_ping_at:
            spread = 1 - _JITTER * random.random()  # noqa: S311 - no secret
            connection.next_ping_at = now + _HEARTBEAT_SECONDS * spread
            connection.socket.ping()
        _look_at_token(connection, now_ms)


def _look_at_token(connection: Connection, now_ms: int) -> None:
    if connection.claims is None:
        return
    left_ms = connection.claims.exp * 1000 - now_ms
    if left_ms <= 0:
        connection.error(None, ErrorCode.UNAUTHORIZED, "the token has run out")
        connection.close(CloseCode.UNAUTHORIZED, "the token has run out")
    elif left_ms <= _WARN_MS and not connection.warned:
        connection.warned = True
        connection.send(frames.AuthExpiring(expires_in_ms=left_ms))
