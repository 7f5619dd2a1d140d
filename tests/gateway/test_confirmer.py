"""What was heard is trusted for a second; then the bus is asked, until it answers or it is late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from gateway.confirmer import VIEW_SECONDS, Confirmer
from services import clock
from services.bus import BusTimeout
from services.bus_nats import Bus
from tests.nats_server import NatsServer

LONG_SECONDS = 30.0


async def test_what_was_heard_is_trusted_for_a_while_and_not_longer(
    nats_server: Callable[..., NatsServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a second nothing is asked, whatever became of the server; after it the server has to
    answer, be it one that came back."""
    server = nats_server("a")
    bus = Bus((server.url,), "confirmer")
    await bus.start()
    try:
        confirmer = Confirmer(bus)
        await confirmer.confirm(clock.monotonic() + LONG_SECONDS)
        server.stop()
        heard_at = clock.monotonic()
        monkeypatch.setattr(clock, "monotonic", lambda: heard_at)
        await confirmer.confirm(heard_at)
        monkeypatch.undo()
        await asyncio.sleep(VIEW_SECONDS)
        with pytest.raises(BusTimeout):
            await confirmer.confirm(clock.monotonic() + 0.5)
        nats_server("a", port=server.port)
        await confirmer.confirm(clock.monotonic() + LONG_SECONDS)
    finally:
        await bus.stop()
