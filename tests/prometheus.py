"""A real Prometheus for tests, where there is one; it knows nothing of what it is asked to read."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from services.local.ports import HOST, free_ports

UNPACKED = Path(__file__).resolve().parents[1] / "build" / "prometheus" / "usr" / "bin"
WAIT_SECONDS = 30.0


def executable(name: str) -> str:
    """Give where `prometheus` or `promtool` is; on a machine without, the test is skipped."""
    found = shutil.which(name, path=os.pathsep.join((os.environ["PATH"], str(UNPACKED))))
    if found is None:
        pytest.skip(f"{name} is not here; `make prometheus` brings it where apt-get is")
    return found


class Prometheus:
    """One that runs; every method blocks."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url)

    def ask(self, path: str, **query: str) -> Any:  # noqa: ANN401 - whatever the answer holds
        """Give the data of an answer of its HTTP API."""
        answer = self._client.get(f"/api/v1/{path}", params=query)
        answer.raise_for_status()
        return answer.json()["data"]

    def value(self, expression: str) -> float | None:
        """Give the one value of an expression now, or None while there is none."""
        found = self.ask("query", query=expression)["result"]
        return float(found[0]["value"][1]) if found else None

    def until(self, expression: str) -> None:
        """Wait until an expression has a value.

        Raises:
            AssertionError: it had none in time.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while self.value(expression) is None:
            assert time.monotonic() < deadline, f"never: {expression}"
            time.sleep(0.1)

    def is_ready(self) -> bool:
        """Say whether it takes questions."""
        try:
            return self._client.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    def close(self) -> None:
        """Ask no more."""
        self._client.close()


@contextmanager
def running(folder: Path, targets: Mapping[str, str], rules: Path) -> Iterator[Prometheus]:
    """Run one that reads `targets`, host:port and the label `service`, twice a second."""
    jobs = [
        {"targets": [target], "labels": {"service": service}} for target, service in targets.items()
    ]
    config = folder / "prometheus.yml"
    config.write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "500ms", "evaluation_interval": "1s"},
                "rule_files": [str(rules)],
                "scrape_configs": [{"job_name": "parley", "static_configs": jobs}],
            }
        )
    )
    (port,) = free_ports(1)
    words = [executable("prometheus"), f"--config.file={config}"]
    words += [f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address={HOST}:{port}"]
    with (
        (folder / "prometheus.log").open("wb") as log,
        subprocess.Popen(words, stdout=log, stderr=log) as process,  # noqa: S603 - our own words
    ):
        server = Prometheus(f"http://{HOST}:{port}")
        try:
            deadline = time.monotonic() + WAIT_SECONDS
            while not server.is_ready():
                assert process.poll() is None, (folder / "prometheus.log").read_text()
                assert time.monotonic() < deadline, "Prometheus does not come up"
                time.sleep(0.05)
            yield server
        finally:
            server.close()
            process.terminate()
