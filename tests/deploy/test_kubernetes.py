"""k8s/, built by kustomize and held against the schemas of Kubernetes and against the code."""

from __future__ import annotations

import importlib.util
import ipaddress
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

from services.deploy import kubernetes
from services.outbound import closed
from services.settings import DOCUMENTED
from tests.docs.built import built
from tests.docs.configuration import SECRET as SECRET_KINDS
from tests.docs.metrics import registered
from tests.docs.openapi import SERVICES as PUBLIC
from tests.monitoring.made import paths

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"
KUBECTL = Path(sys.executable).parent / "kubectl"
SERVICES = ("auth", "gateway", "history", "media", "notify", "presence")
OPTIONAL = {"PARLEY_S3_ACCESS_KEY_ID", "PARLEY_S3_SECRET_ACCESS_KEY", "PARLEY_SMTP_URL"}
SECRET = {"PARLEY_NATS_URL", "PARLEY_POSTGRES_URL", "PARLEY_REDIS_URL"} | OPTIONAL
BUILT = ("base", "overlays/kind", "overlays/production")
COMPONENTS = sorted(path.name for path in (K8S / "components").iterdir())
# Kinds that an operator brings: no schema of them is Kubernetes' own.
FOREIGN = {"PodMonitor", "PrometheusRule", "Cluster", "HTTPRoute", "ScaledObject"}
VERSIONS = ("1.31", "1.34", kubernetes_validate.latest_version())
POD_KINDS = ("Deployment", "StatefulSet", "Job")
SERVERS = {
    "PARLEY_NATS_URL": "nats",
    "PARLEY_POSTGRES_URL": "postgres",
    "PARLEY_REDIS_URL": "valkey",
}

Manifest = dict[str, Any]


@cache
def _kustomized(folder: str) -> list[Manifest]:
    """What `kubectl kustomize` makes of a folder; no cluster is needed."""
    done = subprocess.run(  # noqa: S603 - our own command
        [str(KUBECTL), "kustomize", folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # libyaml's parser: the one in Python takes ten times as long, for a thousand documents.
    return list(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader))


@pytest.fixture(scope="module")
def manifests() -> list[Manifest]:
    """What `kubectl kustomize k8s/base` makes."""
    return _kustomized(str(K8S / "base"))


@pytest.fixture(params=BUILT)
def whole(request: pytest.FixtureRequest) -> list[Manifest]:
    """The base, and each overlay."""
    return _kustomized(str(K8S / request.param))


def _with(tmp_path: Path, *components: str) -> list[Manifest]:
    """The base with some components."""
    # kustomize takes relative paths alone.
    up = "../" * (len(tmp_path.parts) - 1)
    folders = {"resources": [f"{up}{K8S / 'base'}".replace("//", "/")]}
    folders["components"] = [
        f"{up}{K8S / 'components' / component}".replace("//", "/") for component in components
    ]
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(folders))
    return _kustomized(str(tmp_path))


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


def _pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest, Manifest]]:
    """Every pod by the name of what makes it: its labels, and what is in it."""
    for kind in POD_KINDS:
        for manifest in _of(manifests, kind):
            template = manifest["spec"]["template"]
            yield manifest["metadata"]["name"], template["metadata"]["labels"], template["spec"]


def _containers(pod: Manifest) -> list[Manifest]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


def _validate(manifests: list[Manifest], version: str) -> None:
    for manifest in manifests:
        if manifest["kind"] not in FOREIGN:
            _validate_one(json.dumps(manifest, sort_keys=True), version)


@cache
def _validate_one(manifest: str, version: str) -> None:
    # Once for each that differs: a schema is read anew each time, and is long.
    kubernetes_validate.validate(json.loads(manifest), version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schemas_take_every_manifest(manifests: list[Manifest], version: str) -> None:
    """Strictly: an unknown field is a mistake in spelling."""
    _validate(manifests, version)


@pytest.mark.parametrize("overlay", BUILT[1:])
def test_the_schemas_take_every_overlay(overlay: str) -> None:
    """What an overlay changes fits, too."""
    _validate(_kustomized(str(K8S / overlay)), VERSIONS[-1])


@pytest.mark.parametrize("component", COMPONENTS)
def test_each_component_fits_the_base(tmp_path: Path, component: str) -> None:
    """By itself, and what it brings is as it should be, too."""
    made, base = _with(tmp_path, component), _kustomized(str(K8S / "base"))
    own = [manifest for manifest in made if manifest not in base]
    assert own
    for version in VERSIONS:
        _validate(own, version)
    _check_names(made)


def test_names_that_are_named_exist(whole: list[Manifest]) -> None:
    """In the base and in each overlay."""
    _check_names(whole)


def _check_names(made: list[Manifest]) -> None:
    """Ports, ConfigMaps, Secrets, accounts, volumes, labels: whatever is named is there."""
    maps = {m["metadata"]["name"] for m in _of(made, "ConfigMap")}
    accounts = {m["metadata"]["name"] for m in _of(made, "ServiceAccount")}
    secrets = {s["metadata"]["name"]: s["stringData"] for s in kubernetes.secrets(["n"], "p")}
    for name, labels, pod in _pods(made):
        assert labels["app.kubernetes.io/name"] == name
        assert pod.get("serviceAccountName", name) in {*accounts, name}
        volumes = {volume["name"]: volume for volume in pod.get("volumes", ())}
        for volume in volumes.values():
            assert volume.get("configMap", {"name": next(iter(maps))})["name"] in maps
            assert volume.get("secret", {"secretName": "parley"})["secretName"] in secrets
        for container in _containers(pod):
            claimed = {"data"}
            mounted = {mount["name"] for mount in container.get("volumeMounts", ())}
            assert mounted <= volumes.keys() | claimed
            for variable in container.get("env", ()):
                wanted = variable.get("valueFrom", {}).get("secretKeyRef")
                if wanted is not None and not wanted.get("optional"):
                    assert wanted["key"] in secrets[wanted["name"]]
            ports = {port["name"] for port in container.get("ports", ())}
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                asked = container.get(probe, {})
                for how in ("httpGet", "tcpSocket"):
                    assert how not in asked or asked[how]["port"] in ports
    _check_selectors(made)


def _check_selectors(made: list[Manifest]) -> None:
    """Every Service, budget, policy and scaler means pods or Deployments that are there."""
    pods = {
        labels["app.kubernetes.io/name"]: {
            port[by]
            for one in pod["containers"]
            for port in one.get("ports", ())
            for by in ("name", "containerPort")
        }
        for _, labels, pod in _pods(made)
    }
    for manifest in _of(made, "Service"):
        wanted = manifest["spec"]["selector"]["app.kubernetes.io/name"]
        assert {port["targetPort"] for port in manifest["spec"]["ports"]} <= pods[wanted]
    for kind, field in (
        ("PodDisruptionBudget", "selector"),
        ("NetworkPolicy", "podSelector"),
        ("PodMonitor", "selector"),
    ):
        for manifest in _of(made, kind):
            selector = manifest["spec"][field]
            names = [selector.get("matchLabels", {}).get("app.kubernetes.io/name")]
            for one in selector.get("matchExpressions", ()):
                names += one["values"]
            wanted = {name for name in names if name is not None}
            if kind == "NetworkPolicy":
                # Those of servers are there whether they are Parley's own or not.
                wanted -= set(SERVERS.values()) - pods.keys()
            assert wanted <= pods.keys()
            for rule in manifest["spec"].get("ingress", ()):
                named = {port["port"] for port in rule["ports"]}
                assert all(named <= pods[name] for name in wanted)
    for kind in ("HorizontalPodAutoscaler", "ScaledObject"):
        for manifest in _of(made, kind):
            _named(made, "Deployment", manifest["spec"]["scaleTargetRef"]["name"])
            measured = re.findall(r"parley_gateway_\w+", str(manifest))
            assert measured
            assert set(measured) <= registered("gateway").keys()


def test_every_path_reaches_its_service(tmp_path: Path) -> None:
    """Ingress and route alike, to ports that the Services have; `/` is the browser client's."""
    made = _with(tmp_path, "ingress")
    ports = {
        m["metadata"]["name"]: {port["port"] for port in m["spec"]["ports"]}
        for m in _of(made, "Service")
    }
    shown = [
        one
        for ingress in _of(made, "Ingress")
        for one in ingress["spec"]["rules"][0]["http"]["paths"]
    ]
    backends = [(one["path"], one["backend"]["service"]) for one in shown]
    routes = yaml.safe_load((K8S / "components/gateway-api/routes.yaml").read_text())
    assert len(routes["spec"]["rules"]) == len(backends) == len(paths())
    for _, backend in backends:
        assert backend["port"]["number"] in ports[backend["name"]]
    assert ("/", {"name": "web", "port": {"number": 8080}}) in backends
    # Each public path of the code is some service's own, never the client's.
    for service in PUBLIC:
        for route in built(service).app.routes:
            path = str(getattr(route, "path", ""))
            owners = [b["name"] for at, b in backends if at != "/" and path.startswith(at)]
            assert owners == [service], path


@pytest.mark.parametrize("name", SERVICES)
def test_each_is_given_the_secrets_that_it_reads(manifests: list[Manifest], name: str) -> None:
    """What the code reads and may hold a password comes from the Secret, and nothing else does."""
    reads = {key for key, read in built(name).reads.items() if read.kind in SECRET_KINDS}
    env = _container(manifests, name)["env"]
    given = {one["name"] for one in env if "secretKeyRef" in one["valueFrom"]}
    assert given == reads & SECRET


@pytest.mark.parametrize("name", SERVICES)
def test_each_comes_into_nats_as_itself(manifests: list[Manifest], name: str) -> None:
    """By the key that its Deployment names: as a user of its own, whom the servers know."""
    made = {s["metadata"]["name"]: s["stringData"] for s in kubernetes.secrets(["n", "m"], "p")}
    (variable,) = (
        one for one in _container(manifests, name)["env"] if one["name"] == "PARLEY_NATS_URL"
    )
    wanted = variable["valueFrom"]["secretKeyRef"]
    known = re.findall(r'"user": "(\w+)", "password": "(\w+)"', made["parley-nats"]["users.conf"])
    assert {user for user, _ in known} == set(SERVICES)
    for url in made[wanted["name"]][wanted["key"]].split(","):
        came = urlsplit(url)
        assert came.username == name
        assert (came.username, came.password) in known


def test_pods_that_store_wait_for_the_job(manifests: list[Manifest]) -> None:
    """Of every service that has migrations, and the Job does them all."""
    (job,) = _of(manifests, "Job")
    (migrate,) = job["spec"]["template"]["spec"]["containers"]
    module, *services = migrate["args"]
    assert importlib.util.find_spec(module) is not None
    assert services == [name for name in SERVICES if (ROOT / name / "migrations").is_dir()]
    for name in services:
        pod = _named(manifests, "Deployment", name)["spec"]["template"]["spec"]
        (waiting,) = pod["initContainers"]
        assert waiting["args"] == [module, "--wait", name]


def test_all_pods_are_restricted(whole: list[Manifest]) -> None:
    """As the "restricted" pod security standard asks, with a read-only root besides."""
    for name, _, pod in _pods(whole):
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in _containers(pod):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"]["drop"] == ["ALL"]
            # The one that the standard lets a container have.
            assert context["capabilities"].get("add", []) in ([], ["NET_BIND_SERVICE"])
            assert context["readOnlyRootFilesystem"] is True
            assert "memory" in container["resources"]["limits"]


def test_the_policies_let_each_to_what_it_reads(tmp_path: Path) -> None:
    """By the ports of the servers whose addresses it is given; and auth's, for its keys."""
    port = {"PARLEY_NATS_URL": 4222, "PARLEY_POSTGRES_URL": 5432, "PARLEY_REDIS_URL": 6379}
    made = _with(tmp_path, "network-policies")
    for name in SERVICES:
        policy = _named(made, "NetworkPolicy", f"{name}-out")
        (rule,) = policy["spec"]["egress"]
        reads = {
            port[key]
            for key, read in built(name).reads.items()
            if read.kind in SECRET_KINDS and key in port
        }
        keys = set() if name == "auth" else {8000}
        assert {one["port"] for one in rule["ports"]} == reads | keys, name


def test_the_world_is_for_who_asks_it(tmp_path: Path) -> None:
    """Whoever looks links up, or asks push services, is let out, into no network of the house."""
    made = _with(tmp_path, "network-policies")
    for name in SERVICES:
        # History says alone whether an address may be asked, and asks none.
        asks = "PARLEY_OUTBOUND_ALLOW" in built(name).reads and name != "history"
        found = [one for one in made if one["metadata"]["name"] == f"{name}-world"]
        assert len(found) == asks
        for policy in found:
            (rule,) = policy["spec"]["egress"]
            world, world_6 = (one["ipBlock"] for one in rule["to"])
            assert (world["cidr"], world_6["cidr"]) == ("0.0.0.0/0", "2000::/3")
            for inside in map(ipaddress.ip_network, world["except"]):
                assert closed(inside[0]) is not None
            private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"}
            assert private < set(world["except"])


@pytest.mark.parametrize(("variable", "server"), SERVERS.items())
def test_a_server_is_reached_by_who_is_given_its_address(
    tmp_path: Path, variable: str, server: str
) -> None:
    """And by nobody else in the cluster: the Job besides, of which no code tells."""
    made = _with(tmp_path, "network-policies", "nats-cluster", "postgres", "valkey")
    _check_names(made)
    policy = _named(made, "NetworkPolicy", server)["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    (first, *_) = policy["ingress"]
    (who,) = first["from"]
    (names,) = who["podSelector"]["matchExpressions"]
    readers = {name for name in SERVICES if variable in built(name).reads}
    jobs = {"migrate"} if server == "postgres" else set()
    assert set(names["values"]) == readers | jobs


@pytest.mark.parametrize("component", ["autoscale-keda", "autoscale-metrics"])
def test_only_the_autoscaler_counts_gateways(tmp_path: Path, component: str) -> None:
    """A number in the Deployment would be set again by each `kubectl apply`."""
    made = _with(tmp_path, component)
    assert "replicas" not in _named(made, "Deployment", "gateway")["spec"]


def test_with_a_bucket_media_needs_no_volume(tmp_path: Path) -> None:
    """Several may run, and one goes only when the next is ready; the rest is the base's."""
    made = _with(tmp_path, "s3")
    assert not list(_of(made, "PersistentVolumeClaim"))
    media = _named(made, "Deployment", "media")["spec"]
    assert media["replicas"] > 1
    assert media["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    volumes = {volume["name"]: volume for volume in media["template"]["spec"]["volumes"]}
    assert "emptyDir" in volumes["files"]
    told = _named(made, "ConfigMap", "parley")["data"]
    given = {one["name"] for one in _container(made, "media")["env"]} | told.keys()
    assert {name for name in DOCUMENTED if name.startswith("PARLEY_S3_")} <= given


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
            own = variable["name"] == "PARLEY_NATS_URL"
            key = kubernetes.nats_key(name) if own else variable["name"]
            optional = {"optional": True} if variable["name"] in OPTIONAL else {}
            assert source["secretKeyRef"] == {"name": "parley", "key": key, **optional}
        else:
            assert "fieldRef" in source
    config = _named(manifests, "ConfigMap", "parley")
    assert set(config["data"]) <= DOCUMENTED - SECRET
    assert container["envFrom"] == [{"configMapRef": {"name": config["metadata"]["name"]}}]


@pytest.mark.parametrize("name", SERVICES)
def test_the_grace_is_longer_than_the_drain(manifests: list[Manifest], name: str) -> None:
    """A pod that is killed while it drains would cut its people off."""
    pod = _named(manifests, "Deployment", name)["spec"]["template"]["spec"]
    config = _named(manifests, "ConfigMap", "parley")
    pre_stop_seconds = 5
    drain = float(config["data"]["PARLEY_DRAIN_SECONDS"])
    assert pod["terminationGracePeriodSeconds"] > drain + pre_stop_seconds
    assert f"sleep({pre_stop_seconds})" in str(pod["containers"][0]["lifecycle"])


@pytest.mark.parametrize("name", SERVICES)
def test_no_neighbour_sets_our_variables(manifests: list[Manifest], name: str) -> None:
    """A Service named `parley` would give every pod PARLEY_PORT, which is a setting of ours."""
    pod = _named(manifests, "Deployment", name)["spec"]["template"]["spec"]
    assert pod["enableServiceLinks"] is False
