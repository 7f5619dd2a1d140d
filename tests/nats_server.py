"""A NATS server of a test's own, to be killed and started; the shared one is in servers.py."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from services.local import passwords, ports, servers

START_SECONDS = 60.0


class NatsServer:
    """One nats-server on a port and a store that outlive its process. Blocking, about 50 ms."""

    def __init__(self, data: Path, *, extra_config: str = "", port: int | None = None) -> None:
        """Start it; `extra_config` is added to the configuration of the local stack."""
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.port = port or ports.free_ports(1)[0]
        self.log = data / "nats.log"
        secret = passwords.load(data)
        self.url = servers.nats_url(self.port, secret)
        environment = {"PATH": os.environ["PATH"]}
        spec = servers.nats(data, self.port, secret, environment)
        with (data / "nats.conf").open("a") as config:
            config.write(extra_config)
        # It ends with the test run, however that ends.
        self._argv = ("setpriv", "--pdeathsig", "KILL", "--", *spec.argv)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start it where it was, and wait until it offers JetStream."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own program
                self._argv, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._greets():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = self.log.read_text()[-2000:]
                raise AssertionError(f"nats-server did not start: {said}")
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill it without a word (SIGKILL); what it flushed stays."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it in order. Idempotent."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Kill it and start it again on the same port and store."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """Hold it (SIGSTOP): it neither answers nor closes, like a machine that hangs."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, sign: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(sign)
            self._process.send_signal(signal.SIGCONT)
            self._process.wait(timeout=START_SECONDS)
            self._process = None

    def _greets(self) -> bool:
        try:
            with socket.create_connection((ports.HOST, self.port), timeout=1) as connection:
                greeting = connection.makefile("rb").readline()
        except OSError:
            return False
        return greeting.startswith(b"INFO ") and json.loads(greeting[5:]).get("jetstream") is True
