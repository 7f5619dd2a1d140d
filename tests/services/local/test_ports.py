"""Free ports: what is found can be listened on, and a taken one is told in a sentence."""

import socket

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


def test_a_port_that_listens_is_not_free(taken_port: int) -> None:
    """A listener makes the difference."""
    assert ports.is_free(taken_port)
    with socket.create_server((ports.HOST, taken_port)):
        assert not ports.is_free(taken_port)


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
    assert ports.is_free(taken_port)


def test_when_nothing_is_free_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search ends, also when every port is taken."""
    monkeypatch.setattr(ports, "HIGHEST", ports.LOWEST)
    with pytest.raises(LocalError, match="no free ports"):
        ports.free_ports(2)
