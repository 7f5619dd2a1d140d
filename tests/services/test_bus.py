"""The data of the bus, without a connection."""

from services.bus import Live, Record, RemoteError, live
from tests.services.test_headers import REPUBLISHED


def test_live_reads_its_place() -> None:
    """A republished message is told with its sequence and the one before it on its subject."""
    assert live("room.live.a", b"x", REPUBLISHED) == Live("room.live.a", b"x", 1002, 1000)


def test_live_refuses_what_has_no_place() -> None:
    """What somebody published there past the stream is no event."""
    assert live("room.live.a", b"x", b"") is None
    assert live("room.live.a", b"x", b"NATS/1.0\r\nNats-Msg-Id: 1\r\n\r\n") is None


def test_record_reads_its_headers_when_asked() -> None:
    """A record keeps the raw block; its id and headers are parsed on demand."""
    record = Record("room.log.a", 1002, 0, b"x", REPUBLISHED)
    assert record.message_id == "r/s/k"
    assert record.headers["Nats-Stream"] == "ROOMS"


def test_remote_error_tells_code_and_text() -> None:
    """The text of a failed request names both."""
    error = RemoteError(503, "too many requests")
    assert (error.code, str(error)) == (503, "503 too many requests")
