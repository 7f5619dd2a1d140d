"""What this service counts; the meaning of each figure is in its help text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from proto.calls import Seen
from services.metrics_prometheus import Metrics

Call = Literal["renew", "end", "read", "connections", "take", "settle"]
Outcome = Literal["ok", "bad", "unavailable", "dropped"]
Told = Literal["told", "unchanged", "dropped"]
Typed = Literal["changed", "repeated", "stale", "full", "shed", "bad", "unavailable"]
End = Literal["ended", "expired", "lost"]


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
        self._reads = metrics.counter("reads", "People that gateways and notify asked about.")
        self._takes = metrics.counter("takes", "Uses of limits that were counted for gateways.")
        self._settlements = metrics.counter(
            "settlements", "Choices of people how others see them, as history told them."
        )
        self._calls = metrics.counter("calls", "Calls of other services.", ("call", "outcome"))
        self._sweeps = metrics.counter(
            "sweeps",
            "Rounds of the sweeper: ok, unavailable (Redis is away), or resting (leases are given "
            "time to be renewed after an outage).",
            ("outcome",),
        )
        self._changes = metrics.counter(
            "changes", "Changes of what others see of a person, found by this replica.", ("status",)
        )
        self._told = metrics.counter(
            "told",
            "People whose changes were gathered: told to those who watch them, unchanged (they "
            "are again what others last heard, or another replica told it), or dropped (NATS or "
            "Redis was away for too long; gateways find it by reading).",
            ("outcome",),
        )
        self._typing = metrics.counter(
            "typing_calls",
            "What gateways said about typing: changed or repeated something, stale (a later call "
            "was taken before), full (too many type in the room), shed (too many calls), bad, or "
            "unavailable (Redis is away).",
            ("outcome",),
        )
        self._announced = metrics.counter(
            "typing_announced",
            "Announcements to rooms: somebody began, or ended because they said so, because their "
            "time was up (expired), or because Redis cannot say any more (lost); dropped: NATS did "
            "not take it.",
            ("change",),
        )
        self.online(None)

    def online(self, people: int | None) -> None:
        """Show how many are here; None when nobody knows."""
        self._online.set(math.nan if people is None else people)

    def called(self, call: Call, outcome: Outcome, items: int = 0) -> None:
        """Count a call, and the leases or people in it that were taken."""
        self._calls.labels(call, outcome).inc()
        counted = {
            "renew": self._renewals,
            "end": self._ends,
            "read": self._reads,
            "connections": self._reads,
            "take": self._takes,
            "settle": self._settlements,
        }
        counted[call].inc(items)

    def swept(self, outcome: Literal["ok", "unavailable", "resting"]) -> None:
        """Count a round of the sweeper."""
        self._sweeps.labels(outcome).inc()

    def changed(self, changes: Sequence[Seen]) -> None:
        """Count changes by the status they lead to."""
        for change in changes:
            self._changes.labels(change.status).inc()

    def told(self, outcome: Told, people: int) -> None:
        """Count people of whom something was to be told."""
        self._told.labels(outcome).inc(people)

    def typing(self, outcome: Typed, calls: int = 1) -> None:
        """Count calls about typing."""
        self._typing.labels(outcome).inc(calls)

    def announced(self, change: End | Literal["began", "dropped"]) -> None:
        """Count what a room was told about typing, or was not."""
        self._announced.labels(change).inc()
