"""Gives small pictures out, of emoji and of people, to whoever knows their ids; signs nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from media import name as file_name
from media.metrics import MediaMetrics
from media.store import Missing, Store, StoreError
from proto.codes import ErrorCode
from services import logs_structlog
from services.http import Problem, Request, Response, Unavailable, path_id

OVERHEAD_BYTES: Final = 65_536
"""What a form may be longer than its picture."""
UPLOAD_SECONDS: Final = 60.0
_TYPE: Final = "image/webp"
# Its URL is never another picture's. Nothing in it acts, in whatever page or tab it is shown.
_HEADERS: Final = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-disposition": file_name.disposition("picture.webp", inline=True),
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
}
_log = logs_structlog.get_logger()


class Pictures:
    """`find` answers how many bytes one has; None if there is no such one."""

    def __init__(
        self, find: Callable[[str], Awaitable[int | None]], store: Store, metrics: MediaMetrics
    ) -> None:
        self._find = find
        self._store = store
        self._metrics = metrics

    async def get(self, request: Request, parameter: str = "picture") -> Response:
        """Answer with the one of a parameter of the path; it is small, and so it comes whole."""
        picture = path_id(request, parameter)
        size = await self._find(picture)
        if size is None:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such picture, or no longer")
        headers = {**_HEADERS, "etag": f'"{picture}"'}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        content = await self._read(picture, size)
        self._metrics.served_bytes.inc(len(content))
        return Response(content, headers=headers, media_type=_TYPE)

    async def _read(self, picture: str, size: int) -> bytes:
        try:
            return b"".join([chunk async for chunk in self._store.read(picture, 0, size)])
        except Missing:
            _log.error("an object is missing")
            self._metrics.store_errors.inc()
            raise Problem(ErrorCode.NOT_FOUND, "this picture is gone") from None
        except StoreError as error:
            self._metrics.store_errors.inc()
            raise Unavailable("the picture cannot be read now") from error
