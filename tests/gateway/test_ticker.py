"""What is due for one connection, told by the clock it is given, on a real socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.connection import Connection
from gateway.dispatcher import _label
from gateway.frame import CLOSE, PING, TEXT
from gateway.session import Effect, State
from gateway.socket_picows import Accept
from gateway.ticker import look
from proto.codes import CloseCode
from services import clock
from services.guard import Claims
from tests.gateway.peer import Peer, connected
from tests.gateway.recording import serving

HEARTBEAT_SECONDS = 25.0
EXPIRES_S = 2_000_000_000
EARLY_MS = (EXPIRES_S - 600) * 1000


class _Nobody:
    """Carries nothing out."""

    def opened(self, connection: Connection) -> None:
        """Not needed."""

    def carry_out(self, connection: Connection, effect: Effect) -> None:
        """Not needed."""

    def closed(self, connection: Connection, code: int) -> None:
        """Not needed."""


@asynccontextmanager
async def _connection(state: State) -> AsyncIterator[tuple[Connection, Peer]]:
    async with serving() as server:
        connection = Connection("c_1", _Nobody())
        server.decide = lambda _upgrade: Accept(connection)
        async with connected(server.port) as peer:
            await peer.open()
            connection.session.state = state
            connection.claims = Claims("u", "s", EXPIRES_S)
            connection.next_ping_at = connection.socket.heard_at + HEARTBEAT_SECONDS
            yield connection, peer


async def test_a_hello_that_does_not_come_closes() -> None:
    """4511 after 10 s, and not before."""
    async with _connection(State.NEW) as (connection, peer):
        look(connection, connection.opened_at + 9.9, EARLY_MS)
        assert not connection.is_over
        look(connection, connection.opened_at + 10.1, EARLY_MS)
        assert (await peer.frame()).code == CloseCode.HELLO_TIMEOUT
        assert connection.is_over


@pytest.mark.parametrize("state", [State.GREETING, State.LIVE])
async def test_silence_closes(state: State) -> None:
    """4004 after two heartbeats without a byte; a greeting that takes its time is no silence."""
    async with _connection(state) as (connection, peer):
        connection.next_ping_at = clock.monotonic() + 3 * HEARTBEAT_SECONDS
        look(connection, connection.socket.heard_at + 2 * HEARTBEAT_SECONDS - 0.1, EARLY_MS)
        assert not connection.is_over
        look(connection, connection.socket.heard_at + 2 * HEARTBEAT_SECONDS + 0.1, EARLY_MS)
        assert (await peer.frame()).code == CloseCode.SILENT


async def test_pings_come_every_heartbeat_with_jitter() -> None:
    """Only when due; the next one up to a fifth of a heartbeat early."""
    async with _connection(State.LIVE) as (connection, peer):
        due = connection.next_ping_at
        look(connection, due - 0.1, EARLY_MS)
        look(connection, due, EARLY_MS)
        assert (await peer.frame()).opcode == PING
        wait_seconds = connection.next_ping_at - due
        assert 0.8 * HEARTBEAT_SECONDS <= wait_seconds <= HEARTBEAT_SECONDS
        look(connection, due + 1, EARLY_MS)
        connection.close(CloseCode.DRAIN, "the end")
        assert (await peer.frame()).opcode == CLOSE


async def test_a_token_that_runs_out_is_told_once_and_then_closes() -> None:
    """`auth.expiring` in the last minute, again after a fresh token; then `unauthorized`, 4500."""
    async with _connection(State.LIVE) as (connection, peer):
        now, end_ms = connection.socket.heard_at, EXPIRES_S * 1000
        look(connection, now, end_ms - 60_001)
        look(connection, now, end_ms - 60_000)
        look(connection, now, end_ms - 59_000)
        frame = await peer.frame()
        assert frame.opcode == TEXT
        assert json.loads(frame.payload) == {"type": "auth.expiring", "expires_in_ms": 60_000}
        connection.claims, connection.warned = Claims("u", "s", EXPIRES_S + 900), False
        look(connection, now, end_ms)
        look(connection, now, end_ms + 900_000 - 1)
        assert json.loads((await peer.frame()).payload)["expires_in_ms"] == 1
        look(connection, now, end_ms + 900_000)
        error = json.loads((await peer.frame()).payload)
        assert (error["type"], error["code"]) == ("error", "unauthorized")
        assert (await peer.frame()).code == CloseCode.UNAUTHORIZED


def test_the_codes_of_closes_are_a_bounded_label() -> None:
    """A peer may close with any code; each would be a time series of its own."""
    assert _label(CloseCode.SLOW_CONSUMER) == "4001"
    assert _label(1006) == "1006"
    assert {_label(code) for code in range(3_000, 4_000)} == {"other"}
    assert len({_label(code) for code in range(65_536)}) < 30
