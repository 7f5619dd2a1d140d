"""What this service counts; the meaning of each figure is in its help text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from proto.shapes import Presence
from services.metrics_prometheus import Metrics

Outcome = Literal["ok", "bad", "unavailable"]


class PresenceMetrics:
    """The figures under `parley_presence_`; one instance a process."""

    def __init__(self, metrics: Metrics) -> None:
        self._online = metrics.gauge(
            "online",
            "People with a living connection, invisible ones included, as Redis knows them: "
            "every replica shows the same figure (take the maximum, not the sum), at most about "
            "a second old, and NaN while Redis is away.",
        )
        self._renewals = metrics.counter("renewals", "Leases renewed.")
        self._ends = metrics.counter("ends", "Leases ended because their connection closed.")
        self._calls = metrics.counter("calls", "Calls of gateways.", ("call", "outcome"))
        self._sweeps = metrics.counter(
            "sweeps",
            "Rounds of the sweeper: ok, unavailable (Redis is away), or resting (leases are given "
            "time to be renewed after an outage).",
            ("outcome",),
        )
        self._changes = metrics.counter(
            "changes", "Changes of what others see of a person, found by this replica.", ("status",)
        )
        self.online(None)

    def online(self, people: int | None) -> None:
        """Show how many are here; None when nobody knows."""
        self._online.set(math.nan if people is None else people)

    def called(self, call: Literal["renew", "end"], outcome: Outcome, leases: int = 0) -> None:
        """Count a gateway's call and the leases in it that were taken."""
        self._calls.labels(call, outcome).inc()
        (self._renewals if call == "renew" else self._ends).inc(leases)

    def swept(self, outcome: Literal["ok", "unavailable", "resting"]) -> None:
        """Count a round of the sweeper."""
        self._sweeps.labels(outcome).inc()

    def changed(self, changes: Sequence[Presence]) -> None:
        """Count changes by the status they lead to."""
        for change in changes:
            self._changes.labels(change.status).inc()
