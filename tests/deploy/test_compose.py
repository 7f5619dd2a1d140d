"""docker-compose.yml and what it mounts, held against Compose's and Caddy's own parsers."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import build_web
from services.local import caddyfile
from services.settings import DOCUMENTED

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PASSWORDS = {"NATS_PASSWORD": "n", "POSTGRES_PASSWORD": "p", "VALKEY_PASSWORD": "v"}
OURS = ("auth", "history", "presence", "gateway-1", "gateway-2")


def _config(tmp_path: Path, passwords: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Ask Compose what it makes of the file; no daemon is needed."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **passwords}
    # An empty file, so that a developer's own .env changes nothing.
    empty = tmp_path / "env"
    empty.touch()
    command = [str(BIN / "docker-compose"), "--env-file", str(empty), "config"]
    return subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The file as Compose reads it, variables and anchors resolved."""
    done = _config(tmp_path_factory.mktemp("compose"), PASSWORDS)
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = yaml.safe_load(done.stdout)
    return read


def test_every_part_is_there(config: dict[str, Any]) -> None:
    """What architecture names runs as a container of its own."""
    assert set(config["services"]) == {*OURS, "web", "caddy", "nats", "postgres", "valkey"}


@pytest.mark.parametrize("missing", PASSWORDS)
def test_no_password_has_a_default(tmp_path: Path, missing: str) -> None:
    """Without one that the operator chose nothing starts, and Compose says which."""
    passwords = {name: value for name, value in PASSWORDS.items() if name != missing}
    done = _config(tmp_path, passwords)
    assert done.returncode != 0
    assert missing in done.stderr


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_what_exists_with_settings_that_are_read(
    config: dict[str, Any], name: str
) -> None:
    """The command is a package of ours, and every variable is one that some part reads."""
    service = config["services"][name]
    (package,) = service["command"]
    assert importlib.util.find_spec(f"{package}.__main__") is not None
    assert set(service["environment"]) <= DOCUMENTED
    assert service["read_only"] is True


@pytest.mark.parametrize("name", OURS)
def test_stopping_takes_longer_than_draining(config: dict[str, Any], name: str) -> None:
    """A container that is killed while it drains would cut its people off."""
    service = config["services"][name]
    grace = re.fullmatch(r"(\d+)s", service["stop_grace_period"])
    assert grace is not None
    assert int(grace.group(1)) > float(service["environment"]["PARLEY_DRAIN_SECONDS"])


@pytest.mark.parametrize("name", ["gateway-1", "gateway-2"])
def test_a_gateway_stops_before_what_it_drains_through(config: dict[str, Any], name: str) -> None:
    """Compose stops in reverse: were Caddy gone first, every socket would just break off."""
    needed = config["services"][name]["depends_on"]
    assert {"caddy", "auth", "history", "presence"} <= set(needed)
    assert needed["caddy"]["condition"] == "service_started"
    # Of one that has ended nothing is left to stop.
    assert set(config["services"]["caddy"]["depends_on"]) == {"web"}


@pytest.mark.parametrize("name", ["nats", "postgres", "valkey"])
def test_a_slow_first_start_is_not_a_failure(config: dict[str, Any], name: str) -> None:
    """Without a start period `up` fails while a slow disk still takes the first files."""
    assert config["services"][name]["healthcheck"]["start_period"] == "2m0s"


def test_postgres_is_asked_where_the_services_ask_it(config: dict[str, Any]) -> None:
    """Over TCP: while the image fills a new volume its server is on the Unix socket alone."""
    check = config["services"]["postgres"]["healthcheck"]["test"]
    assert check[check.index("-h") + 1] == "127.0.0.1"


def test_valkey_is_not_root_and_hides_its_password(config: dict[str, Any]) -> None:
    """Arguments are seen by every user of the host, and `sh -c` skips the image's step down."""
    valkey = config["services"]["valkey"]
    assert valkey["user"] == "valkey"
    (command,) = (word for word in valkey["command"] if "valkey-server" in word)
    arguments, given = command.split("<<END\n")
    assert "VALKEY_PASSWORD" not in arguments
    assert given == "requirepass $$VALKEY_PASSWORD\nEND\n"


def test_the_image_names_every_package() -> None:
    """A package that is not copied, or whose data is not packed, fails at the first start."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    for package in ("proto", "services", "gateway", "auth", "history", "presence", "sdk/python"):
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
    assert f"/opt/parley/share/parley/web\nRUN install -d -o 10001 -g 10001 {target}\n" in (
        (ROOT / "Dockerfile").read_text()
    )


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


def test_nats_takes_its_configuration() -> None:
    """By its own parser."""
    command = [str(BIN / "nats-server"), "-t", "-c", str(ROOT / "docker" / "nats.conf")]
    done = subprocess.run(  # noqa: S603 - our own command
        command, env={"NATS_PASSWORD": "n"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
