"""The header block: read as the server writes it, written so that nothing can be smuggled in."""

import pytest

from services import headers

REPUBLISHED = (
    b"NATS/1.0\r\nNats-Msg-Id: r/s/k\r\nNats-Stream: ROOMS\r\nNats-Subject: room.log.a\r\n"
    b"Nats-Sequence: 1002\r\nNats-Time-Stamp: 2026-11-23T06:54:39.075486309Z\r\n"
    b"Nats-Last-Sequence: 1000\r\n\r\n"
)


def test_reads_the_numbers_of_a_republished_message() -> None:
    """Sequence, the one before it, subject, id and time come out of the raw bytes."""
    assert headers.sequence(REPUBLISHED) == 1002
    assert headers.last_sequence(REPUBLISHED) == 1000
    assert headers.subject(REPUBLISHED) == "room.log.a"
    assert headers.message_id(REPUBLISHED) == "r/s/k"
    assert headers.stored_ms(REPUBLISHED) == 1795416879075


def test_what_is_not_there_is_zero_or_empty() -> None:
    """A block without these lines, or none at all, is no error."""
    for raw in (b"", b"NATS/1.0\r\nA: b\r\n\r\n", b"NATS/1.0\r\nNats-Sequence: x\r\n\r\n"):
        assert headers.sequence(raw) == headers.last_sequence(raw) == headers.pending(raw) == 0
        assert headers.stored_ms(raw) == 0
        assert headers.subject(raw) == headers.message_id(raw) == ""


def test_a_publisher_cannot_forge_the_place() -> None:
    """The server appends its lines behind the publisher's, and the last one counts."""
    forged = REPUBLISHED.replace(b"NATS/1.0\r\n", b"NATS/1.0\r\nNats-Sequence: 7\r\n")
    assert headers.sequence(forged) == 1002


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"NATS/1.0 503\r\n\r\n", (503, "")),
        (b"NATS/1.0 404 Message Not Found\r\n\r\n", (404, "Message Not Found")),
        (b"NATS/1.0 204 EOB\r\nNats-Num-Pending: 2\r\n\r\n", (204, "EOB")),
        (b"NATS/1.0 abc\r\n\r\n", (0, "")),
        (REPUBLISHED, (0, "")),
        (b"", (0, "")),
    ],
)
def test_status_line(raw: bytes, expected: tuple[int, str]) -> None:
    """Only an inline status message has a status."""
    assert headers.status(raw) == expected


@pytest.mark.parametrize(
    ("stamp", "fraction"),
    [("Z", 0), (".5Z", 500), (".07Z", 70), (".075486309Z", 75), (".999999999Z", 999)],
)
def test_times_without_trailing_zeros(stamp: str, fraction: int) -> None:
    """Trailing zeros of the fraction are left out; milliseconds are cut, not rounded."""
    assert headers.stamp_ms("2026-11-23T06:54:39" + stamp) == 1795416879000 + fraction


def test_encode_and_fields_are_inverse() -> None:
    """What is encoded is read back, in any language; a repeated name gives its last value."""
    block = headers.encode({"Nats-Msg-Id": "1", "X": "größer: 2"})
    assert headers.fields(block) == {"Nats-Msg-Id": "1", "X": "größer: 2"}
    assert headers.fields(b"NATS/1.0\r\nA: 1\r\nA: 2\r\nrubbish\r\n\r\n") == {"A": "2"}


@pytest.mark.parametrize(
    "bad", [{"A": "1\r\nB: 2"}, {"A\n": "1"}, {"A:": "1"}, {"A": "1\n"}, {"A": "\r"}]
)
def test_encode_refuses_line_breaks(bad: dict[str, str]) -> None:
    """A value cannot end its line and begin another."""
    with pytest.raises(ValueError, match="line break or a colon"):
        headers.encode(bad)
