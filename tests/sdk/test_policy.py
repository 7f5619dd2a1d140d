"""The small rules: how long to wait, what a close means, where the socket is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_sdk.address import socket_url
from parley_sdk.backoff import delay_seconds, told_seconds
from parley_sdk.closing import Advice, after_close, after_refusal, reason


@given(st.integers(0, 10**6), st.floats(0, 1, exclude_max=True))
def test_backoff_is_full_jitter(attempt: int, draw: float) -> None:
    """The wait is anything from 0 to 0.5 s doubled with each try, and never above 30 s."""
    assert 0 <= delay_seconds(attempt, draw) <= min(30, 0.5 * 2 ** min(attempt, 10))


def test_backoff_doubles() -> None:
    """The bounds double from 0.5 s, and stay at 30 s."""
    bounds = [delay_seconds(attempt, 1.0) for attempt in range(8)]
    assert bounds == [0.5, 1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(
    ("ms", "seconds"), [(None, 0), (0, 0), (-5, 0), (1500, 1.5), (10**12, 300)]
)
def test_a_server_is_obeyed_within_bounds(ms: int | None, seconds: float) -> None:
    """A wait that the server asks for is kept, but nobody is sent away for days."""
    assert told_seconds(ms) == seconds


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (4000, Advice.WHEN_TOLD),
        (4001, Advice.BACKOFF),
        (4002, Advice.AT_ONCE),
        (4003, Advice.BACKOFF),
        (4004, Advice.BACKOFF),
        (4499, Advice.BACKOFF),
        (4500, Advice.FRESH_TOKEN),
        (4501, Advice.STOP),
        (4503, Advice.STOP),
        (4510, Advice.STOP),
        (4511, Advice.BACKOFF),
        (4513, Advice.STOP),
        (4999, Advice.STOP),
        (1000, Advice.STOP),
        (1001, Advice.BACKOFF),
        (1002, Advice.STOP),
        (1005, Advice.BACKOFF),
        (1006, Advice.BACKOFF),
        (1007, Advice.STOP),
        (1011, Advice.BACKOFF),
        (1012, Advice.BACKOFF),
    ],
)
def test_what_a_close_means(code: int, advice: Advice) -> None:
    """The table of protocol.md §7, and what proxies say."""
    assert after_close(code) is advice


@pytest.mark.parametrize(
    ("status", "advice"),
    [(400, Advice.STOP), (404, Advice.STOP), (426, Advice.STOP)]
    + [(status, Advice.BACKOFF) for status in (408, 429, 500, 502, 503, 504)],
)
def test_what_a_refused_upgrade_means(status: int, advice: Advice) -> None:
    """A server or a proxy in trouble is tried again; a wrong address is not."""
    assert after_refusal(status) is advice


def test_reasons() -> None:
    """A close code has a name in words; a strange one is just a close."""
    assert reason(4001) == "slow consumer"
    assert reason(4321) == reason(1006) == "closed"


@pytest.mark.parametrize(
    ("url", "socket"),
    [
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/ws"),
        ("https://chat.example.org/", "wss://chat.example.org/v1/ws"),
        ("ws://[::1]:9/v1/ws", "ws://[::1]:9/v1/ws"),
        ("wss://example.org/elsewhere", "wss://example.org/elsewhere"),
    ],
)
def test_socket_url(url: str, socket: str) -> None:
    """The socket's URL follows from where Parley is."""
    assert socket_url(url) == socket


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org", "http://", "http:///x"])
def test_no_socket_url(url: str) -> None:
    """What is no URL of a Parley is told at once."""
    with pytest.raises(ValueError, match="wanted"):
        socket_url(url)
