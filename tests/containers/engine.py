"""A Docker engine with the compose stack on it, and an operator's shell beside it; no trials."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from services.local.ports import HOST, free_ports

ROOT: Final = Path(__file__).resolve().parents[2]
COMPOSE: Final = Path(sys.executable).parent / "docker-compose"
PROJECT: Final = "parleytest"
HOWTO: Final = ROOT / "docs" / "howto"


def block(page: str, first: str) -> str:
    """Give the commands of a how-to that begin with these words, as they stand there.

    Raises:
        ValueError: there are none.
    """
    for found in re.findall(r"(?:^ {4}.*\n)+", (HOWTO / page).read_text(), re.MULTILINE):
        if (commands := textwrap.dedent(found)).startswith(first):
            return commands
    raise ValueError(f"{page} has no commands that begin with {first!r}")


class Engine:
    """An engine, and the stack on it. Every method blocks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        http, https, prometheus, grafana = free_ports(4)
        self.url = f"https://localhost:{https}"
        self.prometheus = f"http://{HOST}:{prometheus}"
        plugins = folder / "cli-plugins"
        plugins.mkdir()
        # So that `docker compose` is there as the how-tos have it.
        (plugins / "docker-compose").symlink_to(COMPOSE)
        self.environment = {
            **os.environ,
            "DOCKER_BUILDKIT": "0",
            "DOCKER_CONFIG": str(folder),
            "COMPOSE_PROJECT_NAME": PROJECT,
            "PARLEY_HTTP_PORT": str(http),
            "PARLEY_HTTPS_PORT": str(https),
            "PARLEY_PUBLIC_URL": self.url,
            "PARLEY_REGISTRATION": "open",
            "PROMETHEUS_PORT": str(prometheus),
            "GRAFANA_PORT": str(grafana),
        }

    def docker(self, *words: str) -> str:
        """Run the command of the engine, and give what it said.

        Raises:
            SystemExit: it failed; so for the other commands.
        """
        return self._run([shutil.which("docker") or "docker", *words])

    def compose(self, *words: str) -> str:
        """Run Compose on docker-compose.yml."""
        return self.docker("compose", *words)

    def howto(self, page: str, first: str, changed: Mapping[str, str] | None = None) -> str:
        """Do what a how-to says, word for word but for what is `changed`; each must be there."""
        script = block(page, first)
        for old, new in {**(changed or {}), "parley_": f"{PROJECT}_"}.items():
            if old not in script and old != "parley_":
                raise SystemExit(f"{page}: {old!r} is not in the commands any more:\n{script}")
            script = script.replace(old, new)
        return self._run(["bash", "-euo", "pipefail", "-c", script])

    def _run(self, words: list[str]) -> str:
        done = subprocess.run(  # noqa: S603 - our own words
            words, cwd=ROOT, env=self.environment, capture_output=True, check=False
        )
        said = done.stdout.decode(errors="replace")
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words[1:])}\n{said}{done.stderr.decode()[-3000:]}")
        return said

    def containers(self, service: str) -> list[str]:
        """Give the ids of a service's containers that run."""
        return self.compose("ps", "-q", service).split()

    def lose(self) -> None:
        """Remove every volume, as if this were another host; but for Caddy's, which we trust."""
        mine = f"label=com.docker.compose.project={PROJECT}"
        volumes = set(self.docker("volume", "ls", "-q", "--filter", mine).split())
        self.docker("volume", "rm", *volumes - {f"{PROJECT}_caddy"})

    def trust(self) -> None:
        """Know the authority of the stack's Caddy from here on."""
        root = self.folder / "root.crt"
        self.compose("cp", "caddy:/data/caddy/pki/authorities/local/root.crt", str(root))
        os.environ["SSL_CERT_FILE"] = str(root)
