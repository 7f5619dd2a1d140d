"""What can go wrong, as exceptions for the one who called; a core returns them as data."""

from __future__ import annotations


class ParleyError(Exception):
    """Anything this library raises."""


class ApiError(ParleyError):
    """An HTTP call was answered by a problem (RFC 9457), or by nothing usable.

    `code` is an `ErrorCode`; `status` the HTTP status, 0 when no answer came (then `code` is
    `unavailable` or `timeout`, and it is not known whether the call was carried out).
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 0,
        field: str | None = None,
        retry_after_ms: int | None = None,
        server_time_ms: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}" + (f" ({field})" if field else ""))
        self.code = code
        self.detail = detail
        self.status = status
        self.field = field
        self.retry_after_ms = retry_after_ms
        self.server_time_ms = server_time_ms


class RequestError(ParleyError):
    """A request over the socket was answered by an `error`, or by nothing in time.

    With `code` `timeout` or `unavailable` it is not known whether it was carried out; with any
    other code it was not.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        retry_after_ms: int | None = None,
        server_time_ms: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}" + (f" ({field})" if field else ""))
        self.code = code
        self.message = message
        self.field = field
        self.retry_after_ms = retry_after_ms
        self.server_time_ms = server_time_ms


class SendError(RequestError):
    """A message is not in the log and never will be; with `timeout`: it is not known.

    `key` is the message's key, or None when it was never sent: the same key sent again settles
    what is not known.
    """

    key: str | None = None


class ClosedError(ParleyError):
    """The client stopped for good; `code` is the close code, or 0 when there was none."""

    def __init__(self, reason: str, code: int = 0) -> None:
        # The reason may have come with its code from the connection.
        told = not code or f"({code})" in reason
        super().__init__(reason if told else f"{reason} ({code})")
        self.reason = reason
        self.code = code
