"""Holds answers until what was said is in Postgres, where the operator wants that; it makes none.

History tells how far it has stored: after each batch, and once a second when there is nothing to
store. So a word that is lost costs a second at most, and nobody has to be asked.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from gateway.escrow import Escrow
from gateway.metrics import GatewayMetrics
from proto import calls, limits, subjects
from services import clock, logs_structlog
from services.bus_nats import Bus
from services.subjects_nats import Subjects

LOOK_SECONDS = 0.25
"""How late an answer is given up at most."""
_stored = msgspec.json.Decoder(calls.Stored)
_log = logs_structlog.get_logger()


class Answer(Protocol):
    """Called once, and must not raise."""

    def __call__(self, *, stored: bool) -> None:
        """Answer; `stored` says whether history has what it is about."""


class Holder:
    """Unless `holds`, every answer is given at once."""

    def __init__(self, bus: Bus, metrics: GatewayMetrics, *, holds: bool) -> None:
        self.deadline_seconds = limits.SEND_DEADLINE_SECONDS
        self._holds = holds
        self._metrics = metrics
        self._escrow: Escrow[Answer] = Escrow()
        self._subjects = Subjects(bus, self._arrived)
        if holds:
            self._subjects.add(subjects.HISTORY_STORED)

    def __len__(self) -> int:
        return len(self._escrow)

    def hold(self, seq: int, began: float, answer: Answer) -> None:
        """Call `answer` when everything up to `seq` is stored, or `deadline_seconds` after `began`.

        Those with a rising `seq` and `began` are called in their order.
        """
        if not self._holds or not self._escrow.put(seq, began + self.deadline_seconds, answer):
            answer(stored=True)
        else:
            self._metrics.held.set(len(self._escrow))

    def stored(self, seq: int) -> None:
        """Learn that everything up to `seq` is stored."""
        for answer in self._escrow.advance(seq):
            answer(stored=True)
        self._metrics.held.set(len(self._escrow))

    async def run(self) -> None:
        """Give up, for ever, what has waited for too long."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for answer in self._escrow.expire(clock.monotonic()):
                answer(stored=False)
            self._metrics.held.set(len(self._escrow))

    def _arrived(self, _subject: str, data: bytes, _headers: bytes, _reply: str) -> None:
        try:
            seq = _stored.decode(data).seq
        except (msgspec.MsgspecError, UnicodeDecodeError):
            _log.warning("unreadable position")
            return
        self.stored(seq)
