"""A refusal of a request as data (RFC 9457): what went wrong; it knows no web framework."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil

from proto.codes import HTTP_STATUS, ErrorCode

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - the field's own word for it
    """Raised by a handler to refuse a request; the HTTP face answers it as problem details.

    `message` is one sentence for a developer; it is shown to the client as it is.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        status: int | None = None,
        field: str | None = None,
        retry_after_ms: int | None = None,
        server_time_ms: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = HTTP_STATUS[code] if status is None else status
        self.field = field
        self.retry_after_ms = retry_after_ms
        self.server_time_ms = server_time_ms
        self.headers: dict[str, str] = {}
        if self.status == HTTPStatus.UNAUTHORIZED:
            # Every 401 names a way in (RFC 9110 §15.5.2), that of a login too.
            self.headers["www-authenticate"] = "Bearer"
        if retry_after_ms is not None:
            # Whole seconds (RFC 9110 §10.2.3), rounded up: an early retry is only refused again.
            self.headers["retry-after"] = str(max(1, ceil(retry_after_ms / 1000)))


class Unavailable(Problem):
    """Something this service needs is away or too busy; the same request may succeed later."""

    def __init__(self, message: str, retry_after_ms: int = 1_000) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, message, retry_after_ms=retry_after_ms)
