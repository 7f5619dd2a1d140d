"""Metrics: names, labels and the exposition."""

from services.metrics_prometheus import Metrics


def test_every_name_begins_with_parley_and_the_service() -> None:
    """The prefix is made once, so no service can forget it."""
    metrics = Metrics("demo")
    metrics.counter("sends", "Sends.", ("outcome",)).labels("ok").inc()
    metrics.gauge("connections", "Open sockets.").set(3)
    metrics.histogram("send_ok_seconds", "Time to ok.", buckets=(0.1, 1.0)).observe(0.5)
    lines = metrics.exposition().decode().splitlines()
    assert 'parley_demo_sends_total{outcome="ok"} 1.0' in lines
    assert "parley_demo_connections 3.0" in lines
    assert 'parley_demo_send_ok_seconds_bucket{le="0.1"} 0.0' in lines
    assert 'parley_demo_send_ok_seconds_bucket{le="1.0"} 1.0' in lines


def test_the_build_and_the_process_are_described() -> None:
    """What runs where is a label, and the process's own use of memory is there."""
    text = Metrics("demo").exposition().decode()
    assert 'parley_build_info{python="' in text
    assert 'service="demo",version="0.1.0"} 1.0' in text
    assert "process_resident_memory_bytes" in text


def test_registries_do_not_share() -> None:
    """Two services in one test process do not meet in one registry."""
    first, second = Metrics("demo"), Metrics("demo")
    first.gauge("connections", "Open sockets.").set(1)
    second.gauge("connections", "Open sockets.").set(2)
    assert b"parley_demo_connections 1.0" in first.exposition()
    assert b"parley_demo_connections 2.0" in second.exposition()
