"""The tables of docs/reference/metrics.md: every metric that a service registers."""

from __future__ import annotations

from prometheus_client.metrics import MetricWrapperBase

from services.metrics_prometheus import Metrics
from tests.docs.built import built
from tests.docs.markdown import code, table
from tests.docs.openapi import documents
from verify.metrics import VerifyMetrics

COMMON = "build_info"
CANARY = "verify"


def registered(service: str) -> dict[str, MetricWrapperBase]:
    """Our metrics of one service, or the canary's, by name, without `parley_build_info`."""
    if service == CANARY:
        metrics = Metrics(CANARY)
        VerifyMetrics(metrics)
    else:
        # What counts requests is made when the first one comes.
        assert documents()[service]
        metrics = built(service).metrics
    collectors = metrics.registry._collector_to_names
    ours = [found for found in collectors if isinstance(found, MetricWrapperBase)]
    return {found._name: found for found in ours if found._name != f"parley_{COMMON}"}


def service_table(service: str) -> str:
    """The table of one service, in the order of the names."""
    rows = []
    for name, metric in sorted(registered(service).items()):
        kind = metric._type or "untyped"
        shown = f"{name}_total" if kind == "counter" else name
        labels = " ".join(map(code, metric._labelnames)) or "none"
        rows.append((code(shown), kind, labels, metric._documentation or ""))
    return table(("metric", "kind", "labels", "what it says"), rows)
