"""docker-compose.nats-cluster.yml: three nodes of the log, by Compose's and NATS' own parsers.

That three find each other by this very configuration is tried by `tests/faults`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.deploy import init
from services.local import nats_conf

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NODES = ("nats", "nats-2", "nats-3")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Compose makes of both files together; no daemon is needed."""
    home = tmp_path_factory.mktemp("compose")
    (home / "env").touch()  # so that a developer's own .env changes nothing
    files = ["-f", "docker-compose.yml", "-f", "docker-compose.nats-cluster.yml"]
    done = subprocess.run(  # noqa: S603 - our own command
        [str(BIN / "docker-compose"), "--env-file", str(home / "env"), *files, "config"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return read


def test_each_node_is_itself(services: dict[str, Any]) -> None:
    """A name and a disk of its own, the same configuration, and started after `init`."""
    disks = set()
    for name in NODES:
        node = services[name]
        assert node["command"][-2:] == ["--name", name]
        mounted = {volume["target"]: volume["source"] for volume in node["volumes"]}
        assert Path(mounted["/etc/nats/nats.conf"]) == ROOT / "docker" / "nats-cluster.conf"
        disks.add(mounted["/data"])
        assert "init" in node["depends_on"]
        assert node["healthcheck"] == services["nats"]["healthcheck"]
        assert node["read_only"] is True
    assert len(disks) == len(NODES)


def test_everybody_is_told_of_every_node(services: dict[str, Any]) -> None:
    """What `init` hands out names them, and the log is to lie on all."""
    module, _, *nodes = services["init"]["command"]
    assert module == init.__name__
    assert tuple(nodes) == NODES
    for name in ("history", "notify"):
        assert services[name]["environment"]["PARLEY_NATS_REPLICAS"] == str(len(NODES))
    assert set(NODES) <= services["history"]["depends_on"].keys()


@pytest.mark.parametrize("name", nats_conf.FILES)
def test_the_file_is_the_generated_one(name: str) -> None:
    """What an acknowledgement means is said once: `python -m services.local.nats_conf NAME`."""
    assert (ROOT / "docker" / name).read_text() == nats_conf.FILES[name]()


def test_nats_takes_it_with_what_init_made(tmp_path: Path) -> None:
    """By its own parser, as a container sees the files."""
    init.hand_out(tmp_path / "made", _passwords(tmp_path), NODES)
    (tmp_path / "etc/nats").mkdir(parents=True)
    shutil.copy(ROOT / "docker/nats-cluster.conf", tmp_path / "etc/nats/nats.conf")
    (tmp_path / "run").mkdir()
    (tmp_path / "made/nats").rename(tmp_path / "run/parley")
    done = subprocess.run(  # noqa: S603 - our own command
        [str(BIN / "nats-server"), "-t", "-c", str(tmp_path / "etc/nats/nats.conf")],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    urls = (tmp_path / "made/gateway/nats_url").read_text().split(",")
    assert [url.rpartition("@")[2] for url in urls] == [f"{node}:4222" for node in NODES]


def _passwords(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "made").mkdir()
    (tmp_path / "own").mkdir()
    return init.kept(tmp_path / "own")
