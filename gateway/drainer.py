"""Empties a gateway before it stops: its clients move to others a few at a time."""

from __future__ import annotations

import asyncio
import random

from gateway.gate import Gate
from gateway.renewer import Renewer
from gateway.roster import Roster
from proto import frames
from proto.codes import CloseCode

_STEP_SECONDS = 0.1
_NOTICE_SECONDS = 1.5
_NOTICE_SHARE = 0.4
"""Load balancers get that long, at most that share of the window, to see that this gateway is not
ready: whoever is sent on before would be sent back here, and refused."""
_SPREAD_SHARE = 0.6
"""Share of the drain window over which closes are spread; the rest is for the last answers."""
_AFTER_MS = 500
"""Most that a client waits before it reconnects: it comes from a spread batch already."""


class Drainer:
    """Lets nobody in any more, then says goodbye to everyone here, spread over the window."""

    def __init__(self, gate: Gate, roster: Roster, renewer: Renewer, drain_seconds: float) -> None:
        self._gate = gate
        self._roster = roster
        self._renewer = renewer
        self._drain_seconds = drain_seconds

    async def drain(self) -> None:
        """Return when no connection is left; the caller has the deadline."""
        self._gate.closed = True
        notice_seconds = min(_NOTICE_SECONDS, self._drain_seconds * _NOTICE_SHARE)
        if self._roster.connections:
            await asyncio.sleep(notice_seconds)
        window_seconds = (self._drain_seconds - notice_seconds) * _SPREAD_SHARE
        steps = max(1, int(window_seconds / _STEP_SECONDS))
        share = max(1, -(-len(self._roster.connections) // steps))
        while self._roster.connections:
            waiting = [c for c in self._roster.connections if not c.is_over]
            # Those with nothing under way first: the others may get their answers meanwhile.
            waiting.sort(key=lambda connection: bool(connection.lanes))
            for connection in waiting[:share]:
                after_ms = random.randrange(_AFTER_MS)  # noqa: S311 - no secret
                connection.send(frames.Reconnect(after_ms=after_ms, reason="drain"))
                connection.close(CloseCode.DRAIN, "the gateway is stopping")
            await asyncio.sleep(_STEP_SECONDS)
        await self._renewer.end_all()
