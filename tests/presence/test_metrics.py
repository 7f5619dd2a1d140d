"""The figures that other people's dashboards build on."""

from presence.metrics import PresenceMetrics
from proto.shapes import Presence
from services.metrics_prometheus import Metrics


def test_the_names_are_the_documented_ones() -> None:
    """A figure that is renamed breaks somebody's alert."""
    metrics = Metrics("presence")
    counts = PresenceMetrics(metrics)
    counts.online(3)
    counts.called("renew", "ok", 2)
    counts.called("end", "bad")
    counts.swept("ok")
    counts.changed([Presence("u", "online"), Presence("v", "online"), Presence("w", "offline", 5)])
    text = metrics.exposition().decode()
    for line in (
        "parley_presence_online 3.0",
        "parley_presence_renewals_total 2.0",
        "parley_presence_ends_total 0.0",
        'parley_presence_calls_total{call="renew",outcome="ok"} 1.0',
        'parley_presence_calls_total{call="end",outcome="bad"} 1.0',
        'parley_presence_sweeps_total{outcome="ok"} 1.0',
        'parley_presence_changes_total{status="online"} 2.0',
        'parley_presence_changes_total{status="offline"} 1.0',
    ):
        assert line in text
