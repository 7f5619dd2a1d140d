"""Prometheus metrics of one process under `parley_<service>_`; it measures nothing by itself."""

from __future__ import annotations

import platform
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from importlib import metadata
from typing import Final

import prometheus_client
from prometheus_client import (
    CollectorRegistry,
    Gauge,
    GCCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.samples import Sample

__all__ = ["CONTENT_TYPE", "SECONDS", "Counter", "Gauge", "Histogram", "Metrics"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SECONDS: Final = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    15.0,
)
"""Histogram buckets for durations, from half a millisecond to the send deadline."""


class Counter(prometheus_client.Counter):
    """A counter of the event loop's thread alone: `inc` adds, and takes no lock.

    The library's own costs a message as much as handing it to a socket. What was added reaches it
    when the metrics are read.
    """

    def inc(self, amount: float = 1, exemplar: dict[str, str] | None = None) -> None:  # noqa: ARG002 - the library's signature
        """Add `amount`, which is not negative, to a counter whose labels are given."""
        self._added += amount

    def _metric_init(self) -> None:
        super()._metric_init()
        self._added: float = 0

    def _child_samples(self) -> Iterable[Sample]:
        added, self._added = self._added, 0
        super().inc(added)
        return super()._child_samples()


class Histogram(prometheus_client.Histogram):
    """A histogram of the event loop's thread alone, as `Counter` is a counter."""

    def observe(self, amount: float, exemplar: dict[str, str] | None = None) -> None:  # noqa: ARG002 - the library's signature
        """Count `amount` in its bucket."""
        self._counts[bisect_left(self._upper_bounds, amount)] += 1
        self._amount += amount

    def _metric_init(self) -> None:
        super()._metric_init()
        self._counts = [0] * len(self._upper_bounds)
        self._amount = 0.0

    def _child_samples(self) -> Iterable[Sample]:
        for bucket, count in zip(self._buckets, self._counts, strict=True):
            bucket.inc(count)
        self._sum.inc(self._amount)
        self._counts, self._amount = [0] * len(self._counts), 0.0
        return super()._child_samples()


class Metrics:
    """A registry of its own, so that several services can live in one test process."""

    def __init__(self, service: str) -> None:
        self.service = service
        # They double the series and tell nothing that `process_start_time` does not.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's own gap
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        build = Gauge(
            "parley_build_info",
            "Always 1; the labels say what runs.",
            ("service", "version", "python"),
            registry=self.registry,
        )
        build.labels(service, metadata.version("parley"), platform.python_version()).set(1)

    def counter(self, name: str, documentation: str, labels: Sequence[str] = ()) -> Counter:
        """A number that only grows; it is shown as `parley_<service>_<name>_total`.

        Label values must come from a bounded set: never an id, an address or a path.
        """
        return Counter(self._full(name), documentation, labels, registry=self.registry)

    def gauge(self, name: str, documentation: str, labels: Sequence[str] = ()) -> Gauge:
        """A number that goes up and down."""
        return Gauge(self._full(name), documentation, labels, registry=self.registry)

    def histogram(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str] = (),
        buckets: Sequence[float] = SECONDS,
    ) -> Histogram:
        """A distribution over `buckets`, in the unit that ends the name."""
        return Histogram(
            self._full(name), documentation, labels, buckets=tuple(buckets), registry=self.registry
        )

    def exposition(self) -> bytes:
        """All metrics in the Prometheus text format 0.0.4."""
        return generate_latest(self.registry)

    def _full(self, name: str) -> str:
        return f"parley_{self.service}_{name}"
