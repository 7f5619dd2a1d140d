"""The figures that other people's dashboards build on."""

from presence.metrics import PresenceMetrics
from proto.calls import Seen
from services.metrics_prometheus import Metrics


def test_the_names_are_the_documented_ones() -> None:
    """A figure that is renamed breaks somebody's alert."""
    metrics = Metrics("presence")
    counts = PresenceMetrics(metrics)
    counts.online(3)
    counts.called("renew", "ok", 2)
    counts.called("end", "bad")
    counts.swept("ok")
    counts.changed([Seen("u", "online", None, 1), Seen("v", "online", None, 2)])
    counts.changed([Seen("w", "offline", 5, 3)])
    counts.called("read", "ok", 7)
    counts.told("told", 2)
    counts.typing("changed")
    counts.typing("unavailable", 3)
    counts.announced("began")
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
        "parley_presence_reads_total 7.0",
        'parley_presence_told_total{outcome="told"} 2.0',
        'parley_presence_typing_calls_total{outcome="changed"} 1.0',
        'parley_presence_typing_calls_total{outcome="unavailable"} 3.0',
        'parley_presence_typing_announced_total{change="began"} 1.0',
    ):
        assert line in text
