"""Every file under monitoring/ and k8s/ that is made, with its text; it writes none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.monitoring import dashboards
from tests.monitoring.panels import DASHBOARDS

ROOT: Final = Path(__file__).resolve().parents[2]
ALERTS: Final = ROOT / "monitoring" / "prometheus" / "alerts.yml"


def files() -> dict[Path, str]:
    """Give them by their paths."""
    shown = ROOT / "monitoring" / "grafana" / "dashboards"
    return {shown / f"{name}.json": dashboards.text(name) for name in DASHBOARDS}
