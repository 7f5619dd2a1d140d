"""What a client does after each code."""

import pytest

from proto.codes import HTTP_STATUS, RETRYABLE, CloseCode, ErrorCode, should_reconnect


def test_every_error_has_a_status() -> None:
    """Every error code has an HTTP status, 5xx exactly for the faults of the server."""
    assert set(HTTP_STATUS) == set(ErrorCode)
    ours = {code for code, status in HTTP_STATUS.items() if status >= 500}
    assert ours == {ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT}


def test_retryable() -> None:
    """Only codes that leave open whether it happened are repeated with the same key."""
    assert {ErrorCode.TIMEOUT, ErrorCode.UNAVAILABLE} == RETRYABLE


@pytest.mark.parametrize(
    ("code", "back"),
    [(1000, False), (1001, True), (1002, False), (1006, True), (1007, False), (1012, True)]
    + [(int(code), code < 4500 or code == 4511) for code in CloseCode if code >= 4000]
    + [(4499, True), (4999, False), (3999, False), (5000, False)],
)
def test_should_reconnect(code: int, *, back: bool) -> None:
    """4000-4499, 1001, 1006 and 1012 reconnect, and 4511; every other code does not."""
    assert should_reconnect(code) is back
