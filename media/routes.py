"""The public HTTP paths of this service; the work is that of the parts around it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, StreamingResponse

from media import byte_range, kind, name
from media.ledger_postgres import Ledger, Served
from media.metrics import MediaMetrics
from media.receiver import Receiver
from media.signer import Signer
from media.store import Missing, Store, StoreError
from proto.codes import ErrorCode
from proto.shapes import Attachment, SignedUrls, SignMedia
from services import clock, logs_structlog
from services.http import (
    Endpoint,
    Problem,
    Query,
    Request,
    Response,
    Unavailable,
    body,
    claims,
    path_id,
    query_int,
    query_text,
    reply,
)
from services.meter import Limited, Meter
from services.openapi import Upload

OVERHEAD_BYTES = 65_536
"""What a form may be longer than its file."""
UPLOAD_SECONDS = 3_600.0
_SIGNATURE_CHARACTERS = 64
# An image or a film that is opened in a tab of its own: it is shown, and nothing in it acts.
_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
_log = logs_structlog.get_logger()

_UPLOAD = (
    "Upload a file into a room that one may write in: a form with the fields `room` and `file`. "
    "Its type is told by its content. An image is written anew, upright, without what came with "
    "it. A file that no message and no room has for a day is removed."
)
_SIGN = (
    "URLs of files, good for ten minutes at least, for whoever has them. A file of a message is "
    "for those who read in its room, one of no message for its uploader; the rest is left out."
)
_GIVEN = (
    "The bytes of a file, or of a thumbnail, at a URL that was signed. Takes `Range` for one part "
    "(206), `If-Range`, and `If-None-Match` (304). What browsers neither show nor play is sent to "
    "be saved."
)


class Files:
    """Gives files out, to whoever has a URL that was signed for them."""

    def __init__(self, ledger: Ledger, store: Store, signer: Signer, metrics: MediaMetrics) -> None:
        self._ledger = ledger
        self._store = store
        self._signer = signer
        self._metrics = metrics

    async def get(self, request: Request) -> Response:
        """Answer with a variant of a file, or the part of it that is asked for."""
        media, variant = path_id(request, "media"), path_id(request, "variant")
        expires_ms = query_int(request, "expires", 0)
        signed = query_text(request, "signature", "", _SIGNATURE_CHARACTERS) or ""
        if not self._signer.is_good(media, variant, expires_ms, signed):
            text = "this URL is over, or was never made: have the file signed again"
            raise Problem(ErrorCode.FORBIDDEN, text)
        found = await self._ledger.served(media, variant)
        if found is None:
            raise Problem(ErrorCode.NOT_FOUND, "this file is gone")
        return await self._answer(request, found, expires_ms)

    async def _answer(self, request: Request, found: Served, expires_ms: int) -> Response:
        headers = _headers(found, expires_ms)
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        wanted = request.headers.get("range")
        if wanted and request.headers.get("if-range", headers["etag"]) != headers["etag"]:
            wanted = None
        part = byte_range.asked(wanted, found.size)
        if part is None:
            problem = Problem(ErrorCode.INVALID, "the file has no such bytes", status=416)
            problem.headers["content-range"] = f"bytes */{found.size}"
            raise problem
        headers["content-length"] = str(part.length)
        status = 200
        if part.asked:
            status, headers["content-range"] = 206, byte_range.content_range(part, found.size)
        kind_ = kind.served(found.mime)
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type=kind_)
        bytes_ = await self._begun(self._store.read(found.object, part.start, part.length))
        return StreamingResponse(bytes_, status, headers=headers, media_type=kind_)

    async def _begun(self, chunks: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
        """The same chunks, the first of which is there: until then it can be refused."""
        try:
            first = await anext(chunks, b"")
        except Missing:
            _log.error("an object is missing")
            self._metrics.store_errors.inc()
            raise Problem(ErrorCode.NOT_FOUND, "this file is gone") from None
        except StoreError as error:
            self._metrics.store_errors.inc()
            raise Unavailable("the file cannot be read now") from error
        return self._counted(first, chunks)

    async def _counted(
        self, first: bytes, chunks: AsyncGenerator[bytes, None]
    ) -> AsyncIterator[bytes]:
        # Whoever goes away in the middle gives back what the store holds for them.
        async with aclosing(chunks):
            self._metrics.served_bytes.inc(len(first))
            yield first
            try:
                async for chunk in chunks:
                    self._metrics.served_bytes.inc(len(chunk))
                    yield chunk
            except StoreError as error:
                # The length is told already: the client sees that this is not all of it.
                _log.warning("cut off", error=str(error))
                self._metrics.store_errors.inc()
                raise Unavailable("the file cannot be read now") from error


def _headers(found: Served, expires_ms: int) -> dict[str, str]:
    # The bytes of a file never change; how long anybody may have them is what the URL says.
    seconds = max(0, expires_ms - clock.now_ms()) // 1000
    return {
        "accept-ranges": "bytes",
        "cache-control": f"private, max-age={seconds}, immutable",
        "content-disposition": name.disposition(found.name, inline=kind.is_shown(found.mime)),
        "content-security-policy": _POLICY,
        # A page of another origin may ask for it: the client's, where files have their own host.
        "cross-origin-resource-policy": "cross-origin",
        "etag": f'"{found.sha256.hex()[:32]}"',
    }


def _uploading(receiver: Receiver, meter: Meter) -> Callable[[Request], Awaitable[Response]]:
    async def post_media(request: Request) -> Response:
        user = (await claims(request)).sub
        try:
            await meter.take("uploads", user)
        except Limited as limited:
            raise limited.problem() from None
        content_type = request.headers.get("content-type", "")
        try:
            file = await receiver.receive(user, content_type, request.stream())
        except ClientDisconnect:
            raise Problem(ErrorCode.BAD_FRAME, "the body was cut off") from None
        return reply(file, 201)

    return post_media


def endpoints(
    receiver: Receiver,
    signer: Signer,
    files: Files,
    meter: Meter,
    metrics: MediaMetrics,
    file_bytes: int,
) -> list[Endpoint]:
    """Return the table of paths."""
    upload = Upload(file_bytes + OVERHEAD_BYTES, UPLOAD_SECONDS, ("room",), ("file",))
    return [
        Endpoint(
            "POST",
            "/v1/media",
            _uploading(receiver, meter),
            _UPLOAD,
            response=Attachment,
            status=201,
            errors=(ErrorCode.NOT_FOUND, ErrorCode.RATE_LIMITED),
            upload=upload,
        ),
        *_signed(signer, metrics),
        Endpoint(
            "GET",
            "/v1/media/{media}/{variant}",
            files.get,
            _GIVEN,
            also=(206, 304),
            errors=(ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN, ErrorCode.UNAVAILABLE),
            query=(
                Query("expires", "Of the URL, ms since the epoch.", int, required=True),
                Query("signature", "Of the URL.", required=True),
            ),
            auth=False,
        ),
    ]


def _signed(signer: Signer, metrics: MediaMetrics) -> list[Endpoint]:
    async def post_sign(request: Request) -> Response:
        wanted = await body(request, SignMedia)
        signed = await signer.sign((await claims(request)).sub, wanted.ids)
        metrics.signed.inc(len(signed))
        return reply(SignedUrls(signed))

    async def get_media(request: Request) -> Response:
        media = path_id(request, "media")
        signed = await signer.sign((await claims(request)).sub, [media])
        if media not in signed:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such file for you")
        metrics.signed.inc()
        return RedirectResponse(signed[media].url, 302)

    return [
        Endpoint(
            "POST",
            "/v1/media/sign",
            post_sign,
            _SIGN,
            request=SignMedia,
            response=SignedUrls,
            scope="read",
        ),
        Endpoint(
            "GET",
            "/v1/media/{media}",
            get_media,
            "A file of a message: redirects to its URL, as `POST /v1/media/sign` gives it.",
            status=302,
            errors=(ErrorCode.NOT_FOUND,),
        ),
    ]
