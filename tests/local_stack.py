"""The whole of Parley for tests, by the command people use; the servers alone are in servers.py."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from auth.password_cost import LEAST_KIB
from services.local import ports
from services.local.status import ProcessStatus, Status, status

WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.05
# What `parley` is, wherever the tests run from.
COMMAND = (sys.executable, "-c", "from services.cli import main; main()")
# The same, but it also stops when its standard input is closed: with the test run, however that
# ends.
OWNED = """
import os, signal, sys, threading
def end():
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=end, daemon=True).start()
from services.cli import main
main()
"""


class LocalStack:
    """`parley up` in a data directory of its own, for tests that kill what they like.

    All of it blocks: where an event loop must go on, call it by `asyncio.to_thread`.

    Whatever is killed is started again by the supervisor, as it is for people.
    """

    def __init__(
        self,
        data: Path,
        *,
        gateways: int = 2,
        tls: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Choose a port and start nothing yet."""
        self.data = data
        self.port = ports.free_ports(1)[0]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.output: list[str] = []
        self._words = ["--port", str(self.port), "--gateways", str(gateways)]
        self._words += ["--tls"] if tls else []
        # Tests say much at once: what the limits do has tests of its own.
        limits = ("SENDS", "SENDS_ROOM", "FRAMES", "SEARCHES")
        fast = {f"PARLEY_LIMIT_{name}": "100000/10" for name in limits}
        # A page for links to lead to is of the test itself, on this host; so is a push service,
        # which has to be named to be asked without TLS.
        fast["PARLEY_OUTBOUND_ALLOW"] = "127.0.0.1,localhost"
        # Nobody guesses their passwords, and hundreds are hashed.
        fast["PARLEY_PASSWORD_MEMORY_KIB"] = str(LEAST_KIB)
        # Without a room that everybody is in: the tests of a run share the stack.
        alone = {"PARLEY_DEFAULT_ROOMS": ","}
        self._environment = {**os.environ, **fast, **alone, **(environment or {})}
        self._supervisor: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        """The supervisor, while it runs."""
        return self._supervisor.pid if self._supervisor is not None else None

    def start(self) -> None:
        """Start everything, and return when all is ready."""
        self.launch()
        self.read_until("Parley is ready")

    def launch(self) -> None:
        """Start the supervisor, and wait for nothing."""
        self.output = []
        self._supervisor = subprocess.Popen(  # noqa: S603  our own command
            [sys.executable, "-c", OWNED, "up", "--data", str(self.data), *self._words],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def read_until(self, text: str) -> None:
        """Read what the supervisor says until a line holds the text.

        Raises:
            AssertionError: it ended before.
        """
        for line in self._running().stdout or ():
            self.output.append(line.rstrip())
            if text in line:
                return
        raise AssertionError("parley up ended: " + "\n".join(self.output))

    def hang_up(self) -> None:
        """Read no more of what the supervisor says: its next words find a closed pipe."""
        output = self._running().stdout
        assert output is not None
        output.close()

    def stop(self) -> int:
        """End everything as Ctrl-C does, and give the exit code. Idempotent."""
        return self.end(signal.SIGINT)

    def end(self, sign: signal.Signals) -> int:
        """Send the supervisor a signal, wait for its end and give its exit code."""
        if self._supervisor is None:
            return 0
        self._supervisor.send_signal(sign)
        return self.wait_end()

    def wait_end(self) -> int:
        """Wait until the supervisor ends by itself, and give its exit code."""
        with self._running() as supervisor:
            # Not `communicate`: it would close the input, which is a signal here.
            assert supervisor.stdout is not None
            if not supervisor.stdout.closed:
                self.output += supervisor.stdout.read().splitlines()
            code = supervisor.wait(WAIT_SECONDS)
        self._supervisor = None
        return code

    def _running(self) -> "subprocess.Popen[str]":
        assert self._supervisor is not None, "parley up is not running"
        return self._supervisor

    def restart(self) -> None:
        """Stop everything and start it again on the same data and port."""
        assert self.stop() == 0
        self.start()

    def status(self) -> Status:
        """Give what `parley status` says; also where a loop runs, since it is asked in a thread."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(status, self.data).result()

    @property
    def processes(self) -> dict[str, ProcessStatus]:
        """Every process by its name, as it is now: pid, port, private_port, ready, restarts."""
        return {process.name: process for process in self.status().processes}

    def kill(self, name: str, sign: signal.Signals = signal.SIGKILL) -> int:
        """Send one process a signal, and give the pid it had."""
        pid = self.processes[name].pid
        assert pid is not None, f"{name} does not run"
        os.kill(pid, sign)
        return pid

    def wait_restarted(self, name: str, old_pid: int) -> ProcessStatus:
        """Wait until another process is ready under the name."""
        return self.wait(lambda: self._successor(name, old_pid), f"{name} was not started again")

    def wait_ready(self) -> None:
        """Wait until every process is ready."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not all(process.ready for process in self.status().processes):
            assert time.monotonic() < deadline, f"not ready: {self.status()}"
            time.sleep(LOOK_SECONDS)

    def wait(self, look: Callable[[], ProcessStatus | None], why: str) -> ProcessStatus:
        """Look again and again until there is something to see.

        Raises:
            AssertionError: there was not within a minute.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found is not None:
                return found
            time.sleep(LOOK_SECONDS)
        raise AssertionError(why)

    def _successor(self, name: str, old_pid: int) -> ProcessStatus | None:
        now = self.processes.get(name)
        return now if now is not None and now.ready and now.pid != old_pid else None
