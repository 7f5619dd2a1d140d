"""k8s/base, built by kustomize and held against the schemas of several Kubernetes versions."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from services.settings import DOCUMENTED

ROOT = Path(__file__).resolve().parents[2]
KUBECTL = Path(sys.executable).parent / "kubectl"
SERVICES = ("auth", "gateway", "history", "presence")
SECRET = {"PARLEY_NATS_URL", "PARLEY_POSTGRES_URL", "PARLEY_REDIS_URL"}

Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def manifests() -> list[Manifest]:
    """What `kubectl kustomize k8s/base` makes; no cluster is needed."""
    done = subprocess.run(  # noqa: S603 - our own command
        [str(KUBECTL), "kustomize", str(ROOT / "k8s" / "base")],
        capture_output=True,
        text=True,
        check=True,
    )
    return list(yaml.safe_load_all(done.stdout))


def _of(manifests: list[Manifest], kind: str) -> Iterator[Manifest]:
    return (manifest for manifest in manifests if manifest["kind"] == kind)


def _named(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    (found,) = (m for m in _of(manifests, kind) if m["metadata"]["name"] == name)
    return found


def _container(manifests: list[Manifest], name: str) -> Manifest:
    pod = _named(manifests, "Deployment", name)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    found: Manifest = container
    return found


@pytest.mark.parametrize("version", ["1.31", "1.34", kubernetes_validate.latest_version()])
def test_the_schemas_take_every_manifest(manifests: list[Manifest], version: str) -> None:
    """Strictly: an unknown field is a mistake in spelling."""
    assert len(manifests) == 4 * len(SERVICES) + 1
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("name", SERVICES)
def test_selectors_find_the_pods(manifests: list[Manifest], name: str) -> None:
    """Service, disruption budget and Deployment mean the same pods."""
    deployment = _named(manifests, "Deployment", name)["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    selectors = [
        deployment["selector"]["matchLabels"],
        _named(manifests, "Service", name)["spec"]["selector"],
        _named(manifests, "PodDisruptionBudget", name)["spec"]["selector"]["matchLabels"],
    ]
    for selector in selectors:
        assert selector.items() <= labels.items()


@pytest.mark.parametrize("name", SERVICES)
def test_ports_and_probes_are_those_of_the_code(manifests: list[Manifest], name: str) -> None:
    """8000 is public and 9000 private, and every probe asks the private one."""
    container = _container(manifests, name)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": 8000, "private": 9000}
    for probe, path in (("startup", "readyz"), ("readiness", "readyz"), ("liveness", "livez")):
        asked = container[f"{probe}Probe"]["httpGet"]
        assert (asked["path"], asked["port"]) == (f"/{path}", "private")


@pytest.mark.parametrize("name", SERVICES)
def test_each_runs_a_package_with_settings_that_are_read(
    manifests: list[Manifest], name: str
) -> None:
    """Secrets come from the Secret, everything else from the ConfigMap or the pod."""
    container = _container(manifests, name)
    assert container["args"] == [name]
    assert importlib.util.find_spec(f"{name}.__main__") is not None
    for variable in container["env"]:
        assert variable["name"] in DOCUMENTED
        source = variable["valueFrom"]
        if variable["name"] in SECRET:
            assert source["secretKeyRef"] == {"name": "parley", "key": variable["name"]}
        else:
            assert "fieldRef" in source
    (config,) = _of(manifests, "ConfigMap")
    assert set(config["data"]) <= DOCUMENTED - SECRET
    assert container["envFrom"] == [{"configMapRef": {"name": config["metadata"]["name"]}}]


@pytest.mark.parametrize("name", SERVICES)
def test_the_grace_is_longer_than_the_drain(manifests: list[Manifest], name: str) -> None:
    """A pod that is killed while it drains would cut its people off."""
    pod = _named(manifests, "Deployment", name)["spec"]["template"]["spec"]
    (config,) = _of(manifests, "ConfigMap")
    pre_stop_seconds = 5
    drain = float(config["data"]["PARLEY_DRAIN_SECONDS"])
    assert pod["terminationGracePeriodSeconds"] > drain + pre_stop_seconds
    assert f"sleep({pre_stop_seconds})" in str(pod["containers"][0]["lifecycle"])


@pytest.mark.parametrize("name", SERVICES)
def test_no_neighbour_sets_our_variables(manifests: list[Manifest], name: str) -> None:
    """A Service named `parley` would give every pod PARLEY_PORT, which is a setting of ours."""
    pod = _named(manifests, "Deployment", name)["spec"]["template"]["spec"]
    assert pod["enableServiceLinks"] is False


@pytest.mark.parametrize("name", SERVICES)
def test_pods_are_restricted(manifests: list[Manifest], name: str) -> None:
    """As the "restricted" pod security standard asks, with a read-only root besides."""
    pod = _named(manifests, "Deployment", name)["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    context = pod["containers"][0]["securityContext"]
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["readOnlyRootFilesystem"] is True
