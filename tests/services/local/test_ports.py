"""Free ports: nobody else finds them, and a taken one is told in a sentence."""

import socket
import subprocess
import sys
from collections import deque

import pytest

from services.local import ports
from services.local.errors import LocalError


@pytest.fixture
def taken_port() -> int:
    """Give a port that is free now."""
    return ports.free_ports(1)[0]


def test_ports_are_different_and_below_those_of_outgoing_connections() -> None:
    """No connection of somebody else's can take the port of a process that restarts."""
    found = ports.free_ports(50)
    assert len(set(found)) == 50
    assert all(ports.LOWEST <= port <= ports.HIGHEST for port in found)


def test_a_port_that_somebody_will_listen_on_is_not_given_away() -> None:
    """The address people use is free until Caddy starts, which is last."""
    others = range(ports.LOWEST, (ports.LOWEST + ports.HIGHEST) // 2)
    assert not set(ports.free_ports(50, others)) & set(others)


@pytest.fixture
def one_port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Give the one port that there is to find."""
    with socket.create_server((ports.HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    monkeypatch.setattr(ports, "LOWEST", port)
    monkeypatch.setattr(ports, "HIGHEST", port)
    return port


def test_a_port_that_listens_is_not_found(one_port: int) -> None:
    """A listener makes the difference."""
    with socket.create_server((ports.HOST, one_port)), pytest.raises(LocalError):
        ports.free_ports(1)
    assert ports.free_ports(1) == [one_port]


def test_a_port_is_found_by_one_process_and_served_by_any(one_port: int) -> None:
    """Two stacks that start at the same time never choose one port, nor while a server restarts."""
    look = f"""
from services.local import ports
ports.LOWEST = ports.HIGHEST = {one_port}
print(ports.free_ports(1), flush=True)
input()
"""
    with subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-c", look], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as finder:
        assert finder.stdout is not None
        assert finder.stdout.readline() == f"[{one_port}]\n"
        for _ in range(2):
            with pytest.raises(LocalError):
                ports.free_ports(1)
            with (
                socket.create_server((ports.HOST, one_port)) as server,
                socket.create_connection((ports.HOST, one_port)),
            ):
                server.accept()[0].close()
        finder.communicate("\n")
    ports.require_free(one_port)


def test_not_more_are_held_than_a_process_has_files_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was found first is anybody's again."""
    monkeypatch.setattr(ports, "HELD", 1)
    monkeypatch.setattr(ports, "_held", deque())
    first, second = ports.free_ports(2)
    for port, held in ((first, False), (second, True)):
        with socket.socket() as other:
            assert _refused(other, port) is held


def _refused(other: socket.socket, port: int) -> bool:
    try:
        other.bind((ports.HOST, port))
    except OSError:
        return True
    return False


def test_a_taken_address_is_refused_with_what_to_do(taken_port: int) -> None:
    """The sentence names the port and the option that chooses another."""
    ports.require_free(taken_port)
    with (
        socket.create_server((ports.HOST, taken_port)),
        pytest.raises(LocalError, match=rf"port {taken_port} .* is taken.*--port"),
    ):
        ports.require_free(taken_port)


def test_a_port_stays_free_while_its_old_connections_linger(taken_port: int) -> None:
    """A server that closed its connections first (TIME_WAIT) can be started again at once."""
    with (
        socket.create_server((ports.HOST, taken_port)) as listener,
        socket.create_connection((ports.HOST, taken_port)) as client,
    ):
        served, _ = listener.accept()
        served.close()
        assert client.recv(1) == b""
    ports.require_free(taken_port)


def test_when_nothing_is_free_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search ends, also when every port is taken."""
    monkeypatch.setattr(ports, "HIGHEST", ports.LOWEST)
    with pytest.raises(LocalError, match="no free ports"):
        ports.free_ports(2)
