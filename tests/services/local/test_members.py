"""Who is in the stack and what each is told."""

import sys
from pathlib import Path

import pytest

from services.local import members, passwords
from services.local.process import Spec
from services.local.settings import LocalSettings


def make(tmp_path: Path, gateways: int = 2, **source: str) -> dict[str, Spec]:
    """Give the specs by name."""
    settings = LocalSettings.read(str(tmp_path), gateways=gateways, source=source)
    return {spec.name: spec for spec in members.make(settings, passwords.load(tmp_path))}


@pytest.fixture
def specs(tmp_path: Path) -> dict[str, Spec]:
    """Give the specs of a stack where nothing was chosen."""
    return make(tmp_path)


def test_everybody_is_there_on_a_port_of_their_own(specs: dict[str, Spec]) -> None:
    """By the names that `parley status` promises; only services have a private port."""
    servers = {"nats", "postgres", "valkey", "caddy"}
    services = {"auth", "history", "presence", "media", "notify", "gateway-1", "gateway-2"}
    assert set(specs) == servers | services
    assert {name for name, spec in specs.items() if spec.private_port is None} == servers
    ports = [spec.port for spec in specs.values()]
    ports += [spec.private_port for spec in specs.values() if spec.private_port]
    assert len(set(ports)) == len(ports)


def test_a_service_is_its_folder(specs: dict[str, Spec]) -> None:
    """It is run by this Python, and not from where somebody happens to stand."""
    assert specs["gateway-2"].argv == (sys.executable, "-P", "-m", "gateway")
    assert specs["gateway-2"].environment["PARLEY_GATEWAY_NAME"] == "gateway-2"
    assert specs["auth"].environment["PARLEY_PORT"] == str(specs["auth"].port)


def test_what_people_chose_wins_where_it_makes_sense(tmp_path: Path) -> None:
    """Registration may be closed; the address of the database is the stack's own."""
    specs = make(
        tmp_path,
        PARLEY_REGISTRATION="closed",
        PARLEY_LOG_FORMAT="",
        PARLEY_PORT="1",
        PARLEY_POSTGRES_URL="postgresql://elsewhere/x",
        PARLEY_NATS_URL_FILE="/elsewhere",
    )
    told = specs["history"].environment
    assert told["PARLEY_REGISTRATION"] == "closed"
    assert told["PARLEY_LOG_FORMAT"] == "json"
    assert told["PARLEY_LOG_MAX_BYTES"] == str(1024**3)
    assert told["PARLEY_PORT"] == str(specs["history"].port)
    assert f":{specs['postgres'].port}/parley" in told["PARLEY_POSTGRES_URL"]
    assert "PARLEY_NATS_URL_FILE" not in told


def test_foreign_servers_get_no_setting_of_ours(tmp_path: Path) -> None:
    """Nor anybody's tokens; and their files go into the data directory."""
    specs = make(tmp_path, PARLEY_S3_SECRET="x", TOKEN="y", PATH="/bin")
    told = specs["caddy"].environment
    assert told["XDG_DATA_HOME"].startswith(str(tmp_path))
    assert told["PATH"] == "/bin"
    assert not {"PARLEY_S3_SECRET", "TOKEN"}.intersection(told)


def test_no_password_is_in_the_arguments(tmp_path: Path, specs: dict[str, Spec]) -> None:
    """Every user of the machine can read those."""
    secret = passwords.load(tmp_path)
    for spec in specs.values():
        line = " ".join(spec.argv)
        assert not [word for word in (secret.postgres, secret.nats, secret.redis) if word in line]
        assert secret.postgres not in repr(spec)


def test_services_stop_before_servers_and_gateways_first(specs: dict[str, Spec]) -> None:
    """Draining gateways still need everybody, Caddy for their last frames too."""
    order = {name: spec.stop_order for name, spec in specs.items()}
    assert order["gateway-1"] < order["caddy"] < order["auth"] < order["nats"]
    assert order["nats"] == order["postgres"] == order["valkey"]
