"""What is shown and alerted on is measured, and every alert fires when it should and not else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import prometheus
from tests.docs.metrics import CANARY, registered
from tests.docs.openapi import SERVICES
from tests.monitoring.made import ALERTS, ROOT, files
from tests.monitoring.panels import DASHBOARDS, RANGE, panels

NAME = re.compile(r"\b(?:parley|process|python)_\w+|\bup\b")
ANY = re.compile(r'\{__name__=~"parley_\[a-z\]\+_(\w+)"')
FOREIGN = {"up", "parley_build_info", "process_cpu_seconds_total", "process_open_fds"} | {
    *("process_max_fds", "process_resident_memory_bytes"),
}


def _shown() -> set[str]:
    """Every name that some process shows, with the suffixes of its kind."""
    ours = [m for service in (*SERVICES, CANARY) for m in registered(service).values()]
    names = set(FOREIGN)
    for metric in ours:
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
        names |= {metric._name + ending for ending in endings.get(metric._type or "", ("",))}
    return names


def _rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def _expressions() -> dict[str, str]:
    """Every expression of a panel or an alert, by where it stands."""
    found = {rule["alert"]: rule["expr"] for rule in _rules()}
    for name in DASHBOARDS:
        for panel in panels(name):
            for line, expression in panel.lines.items():
                found[f"{name}/{panel.title}/{line}"] = expression
    return found


def test_the_files_are_the_made_ones() -> None:
    """`python -m tests.docs` writes them."""
    for path, text in files().items():
        assert path.read_text() == text, f"{path} is stale: run python -m tests.docs"
    dashboards = ROOT / "monitoring" / "grafana" / "dashboards"
    assert set(dashboards.iterdir()) == {path for path in files() if path.parent == dashboards}


def test_every_expression_is_of_what_is_measured() -> None:
    """A name that no process shows would draw an empty graph, or never fire."""
    shown = _shown()
    endings = {re.sub(r"^parley_[a-z]+_", "", name) for name in shown}
    for where, expression in _expressions().items():
        for ending in ANY.findall(expression):
            assert ending in endings, where
        for name in NAME.findall(ANY.sub("", expression)):
            assert name in shown, f"{where}: {name}"


def test_every_metric_is_shown() -> None:
    """What is counted and never looked at is not worth its cost."""
    text = " ".join(_expressions().values())
    for service in SERVICES:
        for name in registered(service):
            assert name in text, name


def test_the_syntax_is_that_of_prometheus(tmp_path: Path) -> None:
    """Each expression as a rule, read by promtool."""
    rules = [
        {"record": f"tried:{number}", "expr": expression.replace(RANGE, "5m")}
        for number, expression in enumerate(_expressions().values())
    ]
    (tmp_path / "rules.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "tried", "rules": rules}]})
    )
    _promtool("check", "rules", str(tmp_path / "rules.yml"))
    _promtool("check", "config", "--syntax-only", str(ALERTS.with_name("prometheus.yml")))


def test_each_alert_fires_when_it_should_and_no_other() -> None:
    """And none while all is well; every alert is tried."""
    text = ALERTS.with_name("alerts.test.yml").read_text()
    for rule in _rules():
        assert f'alertname="{rule["alert"]}"' in text
    _promtool("test", "rules", str(ALERTS.with_name("alerts.test.yml")))


def test_each_alert_says_what_to_do() -> None:
    """A section of its own in the how-to, a sentence, and how urgent it is."""
    howto = (ROOT / "docs" / "howto" / "alerts.md").read_text()
    sections = re.findall(r"^## (Parley\w+)$", howto, re.MULTILINE)
    assert sections == [rule["alert"] for rule in _rules()]
    for rule in _rules():
        assert rule["labels"]["severity"] in ("page", "warn")
        assert rule["annotations"]["summary"].endswith((".", ")."))


def _promtool(*words: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        [prometheus.executable("promtool"), *words], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
