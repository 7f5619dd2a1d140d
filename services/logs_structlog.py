"""Structured logs of our code and of libraries, one line each; where they are kept is not ours."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Final, TextIO, cast

import msgspec
import structlog

from services import clock
from services.settings import Secret

Logger = structlog.typing.FilteringBoundLogger
Event = MutableMapping[str, Any]

MASK: Final = "***"
_SECRET_KEY: Final = re.compile(
    r"token|passw|authorization|secret|cookie|private_key", re.IGNORECASE
)
# A signed token is three base64url parts of which the first two are JSON objects (RFC 7519 §3).
_TOKEN: Final = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_USER_INFO: Final = re.compile(r"(?<=://)[^/@\s]+@")
_BEARER: Final = re.compile(r"(?<=bearer )\S+", re.IGNORECASE)
_VALUE_CHARACTERS: Final = 8_000
_DEPTH: Final = 6
_FIRST: Final = ("ts", "level", "service", "event")


def get_logger() -> Logger:
    """A logger whose events carry what is bound with `bound`; usable before `setup`."""
    return cast(Logger, structlog.get_logger())


def bound(**values: str) -> AbstractContextManager[None]:
    """Have every event of this task within the block carry `values`, such as a request id."""
    return structlog.contextvars.bound_contextvars(**values)


def setup(service: str, level: str, format: str, stream: TextIO | None = None) -> None:  # noqa: A002 - the setting's name
    """Send all logs, the libraries' too, to `stream` (standard output) as `json` or `console`.

    Idempotent: the last call counts. Libraries speak from warning on, unless the level is debug.
    """
    output = sys.stdout if stream is None else stream
    number = logging.getLevelNamesMapping()[level.upper()]

    def add_service(_logger: object, _method: str, event: Event) -> Event:
        event["service"] = service
        return event

    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        add_service,
        _stamp,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    last = _render_json if format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*before, last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(output),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_library, *before],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number if level == "debug" else max(number, logging.WARNING))


def redact(_logger: object, _method: str, event: Event) -> Event:
    """Mask what must not be read in a log: values under telling keys, and tokens inside any text.

    Values are cut at 8,000 characters and nesting at 6 levels, so no event is unbounded.
    """
    return cast(Event, _masked(event, _DEPTH))


def _masked(value: object, depth: int) -> object:
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return _masked_text(value)
    if isinstance(value, Mapping):
        if depth == 0:
            return "…"
        return {
            key: MASK if _SECRET_KEY.search(str(key)) else _masked(inner, depth - 1)
            for key, inner in value.items()
        }
    if isinstance(value, Sequence | set | frozenset):
        return "…" if depth == 0 else [_masked(inner, depth - 1) for inner in value]
    if value is None or isinstance(value, int | float):
        return value
    return _masked_text(repr(value))


def _masked_text(text: str) -> str:
    text = _TOKEN.sub(MASK, text) if "eyJ" in text else text
    text = _USER_INFO.sub(MASK + "@", text) if "://" in text else text
    text = _BEARER.sub(MASK, text)
    return text if len(text) <= _VALUE_CHARACTERS else text[:_VALUE_CHARACTERS] + "…"


def _library(_logger: object, _method: str, event: Event) -> Event:
    event["logger"] = event["_record"].name
    return event


def _stamp(_logger: object, _method: str, event: Event) -> Event:
    at = datetime.fromtimestamp(clock.now_ms() / 1000, UTC)
    event["ts"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return event


def _render_json(_logger: object, _method: str, event: Event) -> str:
    ordered = {key: event.pop(key) for key in _FIRST if key in event}
    ordered.update(event)
    return msgspec.json.encode(ordered, enc_hook=repr).decode()
