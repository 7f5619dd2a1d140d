"""Every file under monitoring/ and k8s/ that is made, with its text; it writes none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from services.deploy import balancers
from services.local import caddyfile, nats_conf
from tests.monitoring import dashboards
from tests.monitoring.panels import DASHBOARDS

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLES: Final = ROOT / "docs" / "examples" / "balancers"
MADE: Final = "# Made by `python -m tests.docs`; a test holds it to that.\n"
ALERTS: Final = ROOT / "monitoring" / "prometheus" / "alerts.yml"


def files() -> dict[Path, str]:
    """Give them by their paths."""
    shown, components = ROOT / "monitoring" / "grafana" / "dashboards", ROOT / "k8s" / "components"
    return {
        **{shown / f"{name}.json": dashboards.text(name) for name in DASHBOARDS},
        ROOT / "k8s" / "base" / "web" / "Caddyfile": caddyfile.for_pages(),
        components / "nats" / "nats.conf": nats_conf.single(),
        components / "nats-cluster" / "nats.conf": nats_conf.clustered(),
        components / "monitoring" / "rules.yaml": _rules(),
        components / "ingress" / "ingress.yaml": _ingress(),
        components / "gateway-api" / "routes.yaml": _routes(),
        **{EXAMPLES / name: text for name, text in balancers.files(balancers.Site()).items()},
    }


def _yaml(value: object) -> str:
    return MADE + yaml.safe_dump(value, sort_keys=False, width=1_000)


def _rules() -> str:
    return _yaml(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": "parley"},
            "spec": yaml.safe_load(ALERTS.read_text()),
        }
    )


def paths() -> list[tuple[str, str, str, int]]:
    """Every path people use: how it is compared, the path, its service and the port."""
    known = {"gateway": caddyfile.SOCKETS, **caddyfile.ROUTES}
    found = {}
    for service, patterns in known.items():
        for pattern in patterns:
            folder = pattern.endswith("/*") or f"{pattern}/*" in patterns
            found[pattern.removesuffix("/*")] = ("Prefix" if folder else "Exact", service)
    rows = [(kind, path, service, 8000) for path, (kind, service) in found.items()]
    return [*rows, ("Prefix", "/", "web", 8080)]


def _ingress() -> str:
    """One for media, whose bodies are as long as it says, and one for all else.

    No path is in both: a controller would take it from one of them, or refuse the other.
    """
    whole = [one for one in paths() if one[2] != "media"]
    files = [one for one in paths() if one[2] == "media"]
    second = _ingress_of("parley-media", files, "0").removeprefix(MADE)
    return _ingress_of("parley", whole, "1m") + "---\n" + second


def _ingress_of(name: str, shown: list[tuple[str, str, str, int]], body: str) -> str:
    rules = [
        {
            "path": path,
            "pathType": kind,
            "backend": {"service": {"name": service, "port": {"number": port}}},
        }
        for kind, path, service, port in shown
    ]
    return _yaml(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {
                "name": name,
                # Sockets are silent for minutes; the gateways ping them twice a minute.
                "annotations": {
                    "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
                    "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
                    "nginx.ingress.kubernetes.io/proxy-body-size": body,
                },
            },
            "spec": {"rules": [{"http": {"paths": rules}}]},
        }
    )


def _routes() -> str:
    kinds = {"Prefix": "PathPrefix", "Exact": "Exact"}
    rules = [
        {
            "matches": [{"path": {"type": kinds[kind], "value": path}}],
            "backendRefs": [{"name": service, "port": port}],
        }
        for kind, path, service, port in paths()
    ]
    return _yaml(
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "parley"},
            "spec": {"parentRefs": [{"name": "parley"}], "rules": rules},
        }
    )
