"""A Valkey of a test's own, to be killed, held and started again; others share one."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from services.local import passwords, ports, servers

START_SECONDS = 10.0


class ValkeyServer:
    """One valkey-server on a port that outlives its process; what it holds does not."""

    def __init__(self, data: Path) -> None:
        """Start it."""
        port = ports.free_ports(1)[0]
        secret = passwords.load(data)
        self.url = servers.redis_url(port, secret)
        self._port = port
        self._argv = servers.valkey(data, port, secret, {"PATH": os.environ["PATH"]}).argv
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it where it was, and wait until it listens."""
        self._process = subprocess.Popen(  # noqa: S603  our own program
            self._argv, stdout=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            assert self._process.poll() is None, "valkey-server ended"
            assert time.monotonic() < deadline, "valkey-server does not listen"
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill it without a word; everything in it is gone. Idempotent."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(timeout=START_SECONDS)
            self._process = None

    def pause(self) -> None:
        """Hold it (SIGSTOP): it neither answers nor closes, like a machine that hangs."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _listens(self) -> bool:
        try:
            socket.create_connection((ports.HOST, self._port), timeout=1).close()
        except OSError:
            return False
        return True
