"""`parley up`, `down` and `status` as people run them, on everything at once."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from services.local import logs, passwords, ports, servers, state
from tests.local_stack import COMMAND, LocalStack

Maker = Callable[..., LocalStack]
NAMES = [
    *("nats", "postgres", "valkey", "auth", "history", "presence", "media", "notify"),
    *("gateway-1", "caddy"),
]
SERVERS = {"nats", "postgres", "valkey", "caddy"}
pytestmark = pytest.mark.servers


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Maker]:
    """Give a way to make stacks of this test's own, with one gateway; all end with the test."""
    made: list[LocalStack] = []

    def make(**environment: str) -> LocalStack:
        one = LocalStack(tmp_path / "data", gateways=1, environment=environment)
        made.append(one)
        return one

    yield make
    for one in made:
        one.stop()


def parley(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)  # noqa: S603


def pids(stack: LocalStack) -> list[int]:
    """Give the processes of a stack that are there now."""
    return [process.pid for process in stack.processes.values() if process.pid is not None]


async def fetch(stack: LocalStack, statement: str) -> object:
    """Ask the stack's Postgres."""
    port = stack.processes["postgres"].port
    url = servers.postgres_url(port, passwords.load(stack.data))
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_a_second_start_keeps_all_and_an_end_leaves_nobody(own_stack: Maker) -> None:
    """What Postgres was told is there again. When `parley down` returns, nothing runs, also not the
    supervisor, whose exit code is 0; no more does after Ctrl-C."""
    stack = own_stack()
    stack.start()
    await fetch(stack, "CREATE TABLE kept AS SELECT 7 AS value")
    first = pids(stack)
    assert len(first) == len(NAMES)
    done = parley("down", "--data", str(stack.data))
    assert done.returncode == 0
    assert "gateway-1" in done.stdout
    assert [pid for pid in first if state.birth(pid)] == []
    assert stack.wait_end() == 0
    assert parley("down", "--data", str(stack.data)).stdout == "Nothing runs.\n"
    stack.start()
    assert await fetch(stack, "SELECT value FROM kept") == 7
    assert [process.ready for process in stack.processes.values()] == [True] * len(NAMES)
    second = pids(stack)
    assert stack.stop() == 0
    assert stack.output[-1] == "Stopped."
    assert [pid for pid in second if state.birth(pid)] == []


def test_what_was_killed_is_told_of_and_nothing_of_it_is_left(own_stack: Maker) -> None:
    """Of a process: how it ended, where to read on, and how long it was away. Of the supervisor:
    the next start ends what it left, for two sets of servers never run on one data directory; and
    `parley down` does, without a start."""
    stack = own_stack()
    stack.start()
    began = time.monotonic()
    stack.kill("valkey")
    stack.read_until("valkey     ready again (start 2)")
    most = time.monotonic() - began
    told = "was ended by signal 9 (Killed); `parley logs valkey` has its last words"
    assert f"valkey     {told}" in stack.output
    away = re.search(r"after ([0-9.]+) s$", stack.output[-1])
    assert away is not None
    assert float(away[1]) <= most + 0.05  # it is told rounded
    left = pids(stack)
    stack.end(signal.SIGKILL)
    assert stack.status().processes == []
    stack.start()
    assert any(line.startswith("Ended what an earlier run left") for line in stack.output)
    assert [pid for pid in left if state.birth(pid)] == []
    left = pids(stack)
    assert len(left) == len(NAMES)
    stack.end(signal.SIGKILL)
    assert parley("down", "--data", str(stack.data)).returncode == 0
    assert [pid for pid in left if state.birth(pid)] == []


def test_an_interrupted_start_leaves_nobody(own_stack: Maker) -> None:
    """Ctrl-C while half of the processes are there."""
    stack = own_stack()
    stack.launch()
    stack.read_until("nats")
    record = state.read(stack.data)
    assert record is not None
    assert stack.stop() == 0
    assert [one.name for one in record.processes if one.pid and state.birth(one.pid)] == []
    assert state.read(stack.data) is None


def test_nobody_is_left_though_nobody_reads(own_stack: Maker) -> None:
    """The pipe or the terminal it speaks to is closed while it starts: the start goes on, and the
    stop ends everything."""
    stack = own_stack()
    stack.launch()
    stack.read_until("nats")
    stack.hang_up()
    stack.wait_ready()
    running = pids(stack)
    assert len(running) == len(NAMES)
    assert stack.stop() == 0
    assert [pid for pid in running if state.birth(pid)] == []


def test_a_wrong_setting_is_told_before_anything_starts(own_stack: Maker) -> None:
    """All of them at once, though each is another service's: by name, with what is wrong and where
    it is documented. Exit code 2; not even the data directory is made."""
    stack = own_stack(PARLEY_LOG_LEVEL="loud", PARLEY_REFRESH_DAYS="abc")
    stack.launch()
    assert stack.wait_end() == 2
    told = {line.split(": ")[1]: line for line in stack.output}
    assert "'loud' is not allowed; allowed: one of debug, info" in told["PARLEY_LOG_LEVEL"]
    assert "'abc' is not allowed; allowed: a whole number" in told["PARLEY_REFRESH_DAYS"]
    assert stack.output[-1].endswith("docs/reference/configuration.md tells of every setting")
    assert len(stack.output) == 3
    assert not stack.data.exists()


def test_a_service_that_does_not_come_up_ends_the_start(own_stack: Maker) -> None:
    """The sentence names the service and holds its own words; nothing is left."""
    stack = own_stack()
    stack.data.mkdir()
    (stack.data / "media").touch()
    stack.launch()
    assert stack.wait_end() == 1
    assert "media" in stack.output[-1]
    assert "ended with code" in stack.output[-1]
    assert '"service":"media"' in stack.output[-1]
    assert state.read(stack.data) is None


def test_a_taken_port_is_refused_before_anything_starts(own_stack: Maker) -> None:
    """One sentence, exit code 1."""
    stack = own_stack()
    with socket.create_server((ports.HOST, stack.port)):
        stack.launch()
        assert stack.wait_end() == 1
    assert len(stack.output) == 1
    assert f"port {stack.port} on 127.0.0.1 is taken" in stack.output[0]


def test_a_second_start_in_the_same_directory_is_refused(stack: LocalStack) -> None:
    """The first goes on undisturbed."""
    before = pids(stack)
    done = parley("up", "--data", str(stack.data), "--port", str(ports.free_ports(1)[0]))
    assert done.returncode == 1
    assert "already runs" in done.stderr
    assert pids(stack) == before


def test_status_has_the_promised_shape(stack: LocalStack) -> None:
    """Other tools read it: names, pids, ports and readiness; no private port of foreign servers."""
    stack.wait_ready()
    done = parley("status", "--json", "--data", str(stack.data))
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["url"] == stack.url
    assert {process["name"] for process in told["processes"]} == {*NAMES, "gateway-2"}
    for process in told["processes"]:
        fields = {"name", "pid", "port", "private_port", "ready", "restarts"}
        assert set(process) == fields
        assert process["ready"] is True
        assert (process["private_port"] is None) == (process["name"] in SERVERS)
    table = parley("status", "--data", str(stack.data)).stdout
    assert "gateway-2" in table


def test_status_of_nothing(tmp_path: Path) -> None:
    """Exit code 3 tells programs; the shape stays."""
    done = parley("status", "--json", "--data", str(tmp_path))
    assert done.returncode == 3
    assert json.loads(done.stdout) == {"url": None, "ca": None, "processes": []}


def test_an_operator_reaches_what_history_set_aside(stack: LocalStack) -> None:
    """Of the stack that runs, by the words and with the exit codes of whose data it is."""
    data = ("--data", str(stack.data))
    listed = parley("dead-letters", *data, "list", "--limit", "5")
    assert (listed.returncode, listed.stderr) == (0, "")
    missing = parley("dead-letters", "show", "999999", *data)
    assert (missing.returncode, missing.stdout) == (1, "999999 is not set aside\n")
    assert "replay-all" in parley("dead-letters", "--help").stdout
    kept = parley("discard-log", *data, "--yes")
    assert kept.returncode == 1
    assert "Nothing was removed" in kept.stderr
    assert parley("discard-log", *data).stderr == "usage: parley discard-log --yes\n"


def test_without_an_installation_an_operator_is_told(tmp_path: Path) -> None:
    """Neither does the environment name one, nor does one run there."""
    done = parley("dead-letters", "--data", str(tmp_path), "list")
    assert done.returncode == 1
    assert "PARLEY_POSTGRES_URL is not set, and nothing runs in" in done.stderr
    assert parley("status", "too", "many").returncode == 2


@pytest.mark.parametrize("name", ["gateway-1", "nats", "caddy"])
def test_a_killed_process_is_started_again(stack: LocalStack, name: str) -> None:
    """On its port, and counted."""
    before = stack.processes[name]
    again = stack.wait_restarted(name, stack.kill(name))
    assert again.port == before.port
    assert again.restarts == before.restarts + 1
    stack.wait_ready()


def test_a_hung_process_is_not_ready(stack: LocalStack) -> None:
    """`ready` is what the process says now, not what it once said."""
    pid = stack.kill("presence", signal.SIGSTOP)
    try:
        assert stack.processes["presence"].ready is False
    finally:
        os.kill(pid, signal.SIGCONT)
    stack.wait_ready()


def test_every_process_has_a_log(stack: LocalStack) -> None:
    """And `parley logs` shows it."""
    for name in NAMES:
        assert list(logs.read(stack.data, name, follow=False)), name
    done = parley("logs", "postgres", "--data", str(stack.data))
    assert "ready to accept connections" in done.stdout
    assert parley("logs", "nobody", "--data", str(stack.data)).returncode == 1


def test_no_log_and_no_argument_holds_a_password(stack: LocalStack) -> None:
    """Neither what the processes say nor what `ps` shows."""
    secret = passwords.load(stack.data)
    words = [word.encode() for word in (secret.postgres, secret.nats, secret.redis)]
    shown = [path.read_bytes() for path in (stack.data / "log").iterdir()]
    shown += [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids(stack)]
    assert not [text for text in shown for word in words if word in text]
