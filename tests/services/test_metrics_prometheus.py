"""Metrics: names, labels and the exposition."""

import pytest

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


def test_what_is_counted_is_shown_once_however_often_it_is_read() -> None:
    """Numbers go on from reading to reading; a value on a bucket's bound belongs to it."""
    metrics = Metrics("demo")
    plain, labelled = metrics.counter("a", "A."), metrics.counter("b", "B.", ("kind",))
    histogram = metrics.histogram("c_seconds", "C.", ("kind",), buckets=(0.1, 1.0))
    for total in (1, 2):
        plain.inc()
        labelled.labels("x").inc(2)
        for seconds in (0.1, 0.5, 7):
            histogram.labels("x").observe(seconds)
        lines = metrics.exposition().decode().splitlines()
        assert f"parley_demo_a_total {total}.0" in lines
        assert f'parley_demo_b_total{{kind="x"}} {2 * total}.0' in lines
        for bound, count in (("0.1", 1), ("1.0", 2), ("+Inf", 3)):
            line = f'parley_demo_c_seconds_bucket{{kind="x",le="{bound}"}} {count * total}.0'
            assert line in lines
        assert f'parley_demo_c_seconds_count{{kind="x"}} {3 * total}.0' in lines
        assert f'parley_demo_c_seconds_sum{{kind="x"}} {7.6 * total}' in lines


def test_labels_have_to_be_given() -> None:
    """What has labels counts nothing without."""
    with pytest.raises(AttributeError):
        Metrics("demo").counter("a", "A.", ("kind",)).inc()


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
