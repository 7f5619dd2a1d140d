"""Logs: one JSON object a line, with nothing secret in it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from services import logs_structlog
from services.settings import Secret

TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl"


class Lines(io.StringIO):
    """What was logged."""

    def events(self) -> list[dict[str, Any]]:
        """Every line, decoded."""
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Logs at info, as JSON, into memory; the former logging comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = Lines()
    logs_structlog.setup("demo", "info", "json", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_event_is_one_json_object_a_line(lines: Lines) -> None:
    """Time, level, service and event come first, then what the caller gave."""
    logs_structlog.get_logger().info("stored", count=3, room="r1", text="two\nlines")
    (event,) = lines.events()
    assert list(event) == ["ts", "level", "service", "event", "count", "room", "text"]
    assert (event["level"], event["service"], event["event"]) == ("info", "demo", "stored")
    assert event["ts"].endswith("Z")


def test_what_is_bound_is_in_every_event_of_the_block(lines: Lines) -> None:
    """Request and connection ids need not be handed around."""
    log = logs_structlog.get_logger()
    with logs_structlog.bound(request_id="r-1", connection_id="c-1"):
        log.info("inside")
    log.info("outside")
    inside, outside = lines.events()
    assert (inside["request_id"], inside["connection_id"]) == ("r-1", "c-1")
    assert "request_id" not in outside


def test_below_the_level_nothing_is_written(lines: Lines) -> None:
    """Debug events cost nothing and show nothing at info."""
    logs_structlog.get_logger().debug("quiet")
    assert lines.getvalue() == ""


def test_libraries_speak_through_the_same_lines(lines: Lines) -> None:
    """A warning of a library looks like ours and says who spoke; chatter is not kept."""
    logging.getLogger("uvicorn.error").warning("odd %s", "request")
    logging.getLogger("uvicorn.error").info("chatter")
    (event,) = lines.events()
    assert (event["event"], event["logger"]) == ("odd request", "uvicorn.error")
    assert (event["level"], event["service"]) == ("warning", "demo")


def test_an_exception_is_within_its_line(lines: Lines) -> None:
    """A traceback is a field, ours and a library's alike."""
    try:
        raise ValueError(f"bad {TOKEN}")
    except ValueError:
        logs_structlog.get_logger().exception("ours")
        logging.getLogger("library").exception("theirs")
    for event in lines.events():
        assert "ValueError: bad ***" in event["exception"]


def test_console_lines_are_for_people() -> None:
    """The other format is text, redacted all the same."""
    stream = Lines()
    logs_structlog.setup("demo", "debug", "console", stream)
    logs_structlog.get_logger().debug("hello", password="hunter2")
    structlog.reset_defaults()
    assert "hello" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


@pytest.mark.parametrize(
    "event",
    [
        {"token": "hunter2"},
        {"refresh_token": "hunter2"},
        {"Password": "hunter2"},
        {"headers": {"Authorization": "Bearer hunter2"}},
        {"headers": [{"Cookie": "hunter2"}]},
        {"client_secret": b"hunter2"},
        {"url": Secret("hunter2")},
        {"urls": (Secret("hunter2"),)},
        {"event": "connecting to nats://user:hunter2@host:4222"},
        {"error": ConnectionError("postgres://u:hunter2@h/d refused")},
        {"header": "Bearer hunter2"},
        {"raw": b"authorization: bearer hunter2"},
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": "hunter2"}}}}}}},
    ],
)
def test_secrets_are_masked(event: dict[str, Any]) -> None:
    """Under a telling key, in a URL, as a bearer, or wrapped as a secret."""
    masked = logs_structlog.redact(None, "info", event)
    assert "hunter2" not in json.dumps(masked)


def test_tokens_are_masked_wherever_they_stand() -> None:
    """A signed token is known by its looks, even inside other text and nested values."""
    event = {"event": f"got {TOKEN}!", "args": [f"x={TOKEN}"], "b": TOKEN.encode()}
    masked = logs_structlog.redact(None, "info", event)
    assert masked == {"event": "got ***!", "args": ["x=***"], "b": "***"}


def test_plain_values_stay_as_they_are() -> None:
    """Redaction changes nothing that is not secret."""
    event = {"event": "sent", "ms": 1.5, "n": 3, "ok": True, "none": None, "ids": ["a", "b"]}
    assert logs_structlog.redact(None, "info", dict(event)) == event


def test_an_event_is_bounded() -> None:
    """No value makes a line of more than a few thousand characters."""
    masked = logs_structlog.redact(None, "info", {"event": "x" * 1_000_000})
    assert len(masked["event"]) == 8_001
