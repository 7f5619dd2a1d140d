"""The dashboards as Grafana's JSON, two graphs a row; what they show is in `panels`."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.monitoring.panels import Panel, panels

Json = dict[str, Any]
_SOURCE: Final = {"type": "prometheus", "uid": "prometheus"}
_WIDTH, _HEIGHT = 12, 8


def dashboard(name: str) -> Json:
    """Give the one of that name; the same each time, so that a change shows what it changes."""
    return {
        "uid": f"parley-{name}",
        "title": f"Parley: {name}",
        "tags": ["parley"],
        "schemaVersion": 41,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": []},
        "annotations": {"list": []},
        "panels": [_panel(index, panel) for index, panel in enumerate(panels(name))],
    }


def text(name: str) -> str:
    """Give the file of a dashboard."""
    return json.dumps(dashboard(name), indent=1) + "\n"


def _panel(index: int, panel: Panel) -> Json:
    row, column = divmod(index, 2)
    return {
        "id": index + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": _SOURCE,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {"refId": chr(ord("A") + at), "datasource": _SOURCE, "expr": expr, "legendFormat": line}
            for at, (line, expr) in enumerate(panel.lines.items())
        ],
    }
