"""docker-compose.yml and what it mounts, held against Compose's and Caddy's own parsers."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import build_web
from services.deploy import init
from services.local import caddyfile
from services.settings import DOCUMENTED
from tests.docs.built import built
from tests.docs.configuration import SECRET

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
OURS = ("auth", "history", "presence", "media", "notify", "gateway")
TASKS = ("init", "web", "admin")
FOREIGN = ("caddy", "nats", "postgres", "valkey", "prometheus", "grafana")


def _config(tmp_path: Path, *words: str, **chosen: str) -> dict[str, Any]:
    """The file as Compose reads it, variables and anchors resolved; no daemon is needed."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **chosen}
    # An empty file, so that a developer's own .env changes nothing.
    empty = tmp_path / "env"
    empty.touch()
    command = [str(BIN / "docker-compose"), "--env-file", str(empty), *words, "config"]
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = yaml.safe_load(done.stdout)
    return read


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an operator gets who chose nothing."""
    return _config(tmp_path_factory.mktemp("compose"))


def test_every_part_is_there(config: dict[str, Any]) -> None:
    """What architecture names runs as a container of its own; two of what must never be away."""
    assert set(config["services"]) == {*OURS, *TASKS, *FOREIGN}
    for name in ("gateway", "history"):
        assert config["services"][name]["deploy"]["replicas"] == 2
        # A name or a port of its own would be in the way of `--scale`.
        assert not {"container_name", "ports"} & config["services"][name].keys()


def test_a_name_makes_the_address(tmp_path: Path) -> None:
    """One choice: the certificate and the tokens are for the same name."""
    services = _config(tmp_path, PARLEY_HOSTNAME="chat.example.org")["services"]
    assert services["caddy"]["environment"]["PARLEY_HOSTNAME"] == "chat.example.org"
    for name in OURS:
        assert services[name]["environment"]["PARLEY_PUBLIC_URL"] == "https://chat.example.org"


def test_the_number_of_gateways_is_a_choice_that_stays(tmp_path: Path) -> None:
    """`--scale` is forgotten at the next `up`; what stands in `.env` is not."""
    services = _config(tmp_path, PARLEY_GATEWAYS="5")["services"]
    assert services["gateway"]["deploy"]["replicas"] == 5


def test_any_other_setting_comes_from_a_file(tmp_path: Path) -> None:
    """`parley.env`, which need not be there; what the compose file sets goes before it."""
    (tmp_path / "parley.env").write_text("PARLEY_ACK=stored\nPARLEY_DRAIN_SECONDS=1\n")
    words = ("-f", str(ROOT / "docker-compose.yml"), "--project-directory", str(tmp_path))
    services = _config(tmp_path, *words)["services"]
    for name in OURS:
        assert services[name]["environment"]["PARLEY_ACK"] == "stored"
        assert services[name]["environment"]["PARLEY_DRAIN_SECONDS"] == "25"


def test_files_go_into_a_bucket_that_is_chosen(tmp_path: Path) -> None:
    """By media alone, which nobody else's environment tells of."""
    chosen = {name: "x" for name in DOCUMENTED if name.startswith("PARLEY_S3_")}
    services = _config(tmp_path, **chosen)["services"]
    assert len(chosen) == 5
    assert chosen.items() <= services["media"]["environment"].items()
    for name in {*OURS, *TASKS} - {"media"}:
        assert not chosen.keys() & services[name].get("environment", {}).keys()


def test_every_choice_of_the_example_is_one() -> None:
    """What `.env.example` names, the compose file asks for."""
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert named
    assert set(named) <= asked


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_what_exists_with_settings_that_are_read(
    config: dict[str, Any], name: str
) -> None:
    """The command is a package of ours, and every variable is one that some part reads."""
    service = config["services"][name]
    (package,) = service["command"]
    assert importlib.util.find_spec(f"{package}.__main__") is not None
    assert {one.removesuffix("_FILE") for one in service["environment"]} <= DOCUMENTED
    assert service["read_only"] is True


@pytest.mark.parametrize("name", OURS)
def test_each_is_given_the_addresses_that_it_reads(config: dict[str, Any], name: str) -> None:
    """Each server that its code asks for an address of, from a file; and no other."""
    servers = {f"PARLEY_{server}_URL" for server in ("NATS", "POSTGRES", "REDIS")}
    reads = {key for key, read in built(name).reads.items() if read.kind in SECRET}
    given = {one.removesuffix("_FILE") for one in config["services"][name]["environment"]}
    assert given & servers == reads & servers


def test_no_secret_stands_in_the_file(config: dict[str, Any]) -> None:
    """Who was given nothing to choose gets random ones: there is no default that would work."""
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "docker" / "nats.conf").read_text()
    assert not re.search(r"password[:=] *['\"]?[a-z0-9]", text, re.IGNORECASE)
    assert "PASSWORD" not in str(config["services"]["init"])


@pytest.mark.parametrize("name", sorted(init.FILES))
def test_each_reader_has_its_own_secrets_and_no_others(config: dict[str, Any], name: str) -> None:
    """`init` fills a volume for it, which nobody else sees; what it is told to read is there."""
    volumes = {v["target"]: v["source"] for v in config["services"]["init"]["volumes"]}
    source = volumes[f"/srv/secrets/{name}"]
    readers = {
        reader
        for reader, service in config["services"].items()
        for volume in service.get("volumes", ())
        if volume.get("source") == source
    }
    # The first admin is made by auth's own command.
    assert readers - {"admin"} == {"init", name}
    assert ("admin" in readers) == (name == "auth")
    (read,) = (v for v in config["services"][name]["volumes"] if v["source"] == source)
    assert (read["target"], read["read_only"]) == ("/run/parley", True)
    wanted = set(re.findall(r"/run/parley/([\w.]+)", str(config["services"][name])))
    if name == "nats":
        # One node reads the one file, and each of several the other.
        for path in (ROOT / "docker").glob("nats*.conf"):
            wanted |= set(re.findall(r"/run/parley/([\w.]+)", path.read_text()))
    assert wanted == set(init.FILES[name])


def test_the_image_has_the_folders_of_the_secrets(config: dict[str, Any]) -> None:
    """Without them a new volume would be root's, and `init` is not root."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    folders = {v["target"] for v in config["services"]["init"]["volumes"]}
    assert folders == {f"/srv/secrets/{name}" for name in (init.OWN, *init.FILES)}
    assert set(re.findall(r"/srv/secrets/\w+", dockerfile)) == folders


@pytest.mark.parametrize("name", OURS)
def test_stopping_takes_longer_than_draining(config: dict[str, Any], name: str) -> None:
    """A container that is killed while it drains would cut its people off."""
    service = config["services"][name]
    grace = re.fullmatch(r"(\d+)s", service["stop_grace_period"])
    assert grace is not None
    assert int(grace.group(1)) > float(service["environment"]["PARLEY_DRAIN_SECONDS"])


def test_a_gateway_stops_before_what_it_drains_through(config: dict[str, Any]) -> None:
    """Compose stops in reverse: were Caddy gone first, every socket would just break off."""
    needed = config["services"]["gateway"]["depends_on"]
    assert {"caddy", "auth", "history", "presence", "media"} <= set(needed)
    assert needed["caddy"]["condition"] == "service_started"
    # Of one that has ended nothing is left to stop.
    assert set(config["services"]["caddy"]["depends_on"]) == {"web"}


@pytest.mark.parametrize("name", [*OURS, *FOREIGN])
def test_nothing_takes_the_whole_host(config: dict[str, Any], name: str) -> None:
    """A part that runs wild in memory is ended alone, and logs are bounded."""
    service = config["services"][name]
    assert int(service["deploy"]["resources"]["limits"]["memory"]) <= 2 * 1024**3
    assert service["logging"]["options"] == {"max-file": "3", "max-size": "10m"}


@pytest.mark.parametrize("name", ["prometheus", "grafana"])
def test_only_this_host_sees_the_figures(config: dict[str, Any], name: str) -> None:
    """Their ports are on loopback."""
    assert all(p["host_ip"] == "127.0.0.1" for p in config["services"][name]["ports"])


def test_prometheus_asks_every_service(config: dict[str, Any]) -> None:
    """By the private port, of every replica."""
    asked = yaml.safe_load((ROOT / "monitoring/prometheus/prometheus.yml").read_text())
    (job,) = asked["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    assert (set(found["names"]), found["port"]) == (set(OURS), 9000)


@pytest.mark.parametrize("name", ["nats", "postgres", "valkey"])
def test_a_slow_first_start_is_not_a_failure(config: dict[str, Any], name: str) -> None:
    """Without a start period `up` fails while a slow disk still takes the first files."""
    assert config["services"][name]["healthcheck"]["start_period"] == "2m0s"


def test_postgres_is_asked_where_the_services_ask_it(config: dict[str, Any]) -> None:
    """Over TCP: while the image fills a new volume its server is on the Unix socket alone."""
    check = config["services"]["postgres"]["healthcheck"]["test"]
    assert check[check.index("-h") + 1] == "127.0.0.1"


def test_valkey_is_not_root_and_hides_its_password(config: dict[str, Any]) -> None:
    """Arguments are seen by every user of the host."""
    valkey = config["services"]["valkey"]
    assert valkey["user"] == "valkey"
    assert valkey["command"] == ["valkey-server", "/run/parley/valkey.conf"]
    assert "environment" not in valkey


def test_the_image_names_every_package() -> None:
    """A package that is not copied, or whose data is not packed, fails at the first start."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    for package in (
        "proto",
        "services",
        "gateway",
        "auth",
        "history",
        "presence",
        "media",
        "notify",
        "verify",
        "sdk/python",
    ):
        assert f"COPY {package} {package}\n" in dockerfile
        assert f"!{package.partition('/')[0]}\n" in (ROOT / ".dockerignore").read_text()


def test_the_image_is_given_every_source_of_the_client() -> None:
    """What the build is made of is copied in, as far as it is there."""
    copied = set(re.findall(r"[\w./-]+", (ROOT / "Dockerfile").read_text()))
    ignored = (ROOT / ".dockerignore").read_text()
    for name in build_web.INPUTS:
        assert name in copied or name.partition("/")[0] in copied
        assert f"!{name.partition('/')[0]}\n" in ignored


def test_caddy_is_given_the_client_of_the_image(config: dict[str, Any]) -> None:
    """At every `up`, before Caddy starts, where the Caddyfile looks for it; Caddy only reads it."""
    web, caddy = config["services"]["web"], config["services"]["caddy"]
    module, target = web["command"]
    assert importlib.util.find_spec(module) is not None
    assert target == caddyfile.WEB
    assert web["restart"] == "no"
    assert caddy["depends_on"]["web"]["condition"] == "service_completed_successfully"
    (written,) = web["volumes"]
    (read,) = (volume for volume in caddy["volumes"] if volume["target"] == target)
    assert (written["source"], written["target"]) == (read["source"], read["target"])
    assert read["read_only"] is True
    assert "/opt/parley/share/parley/web\n" in (ROOT / "Dockerfile").read_text()
    assert f"RUN install -d -o 10001 -g 10001 {target} " in (ROOT / "Dockerfile").read_text()


def test_the_caddyfile_is_the_generated_one() -> None:
    """Paths are added in one place: `python -m services.local.caddyfile > docker/Caddyfile`."""
    assert (ROOT / "docker" / "Caddyfile").read_text() == caddyfile.for_compose()


def test_caddy_takes_the_caddyfile(tmp_path: Path) -> None:
    """By its own parser."""
    command = [str(BIN / "caddy"), "validate", "--adapter", "caddyfile", "--config"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, str(ROOT / "docker" / "Caddyfile")],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_nats_takes_its_configuration(tmp_path: Path) -> None:
    """By its own parser, with what `init` makes where the container has it."""
    (tmp_path / "own").mkdir()
    init.hand_out(tmp_path, init.kept(tmp_path / "own"))
    (tmp_path / "etc/nats").mkdir(parents=True)
    shutil.copy(ROOT / "docker/nats.conf", tmp_path / "etc/nats/nats.conf")
    (tmp_path / "run").mkdir()
    (tmp_path / "nats").rename(tmp_path / "run/parley")
    command = [str(BIN / "nats-server"), "-t", "-c", str(tmp_path / "etc/nats/nats.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    assert done.returncode == 0, done.stderr
