"""The public HTTP paths of custom emoji; `curator` adds and removes them."""

from __future__ import annotations

from media.curator import PICTURES, Curator
from media.routes_pictures import OVERHEAD_BYTES, UPLOAD_SECONDS, Pictures
from proto import limits
from proto.codes import ErrorCode
from proto.custom_emoji import CustomEmoji, CustomEmojis
from services.http import (
    ClientDisconnect,
    Endpoint,
    Problem,
    Request,
    Response,
    claims,
    empty,
    reply,
)
from services.meter import Limited, Meter
from services.openapi import Upload

_ADD = (
    "Add a custom emoji: a form with the fields `name` (2 to 32 of `a-z 0-9 _`) and `file`, a PNG,"
    f" WebP, GIF or JPEG of at most {limits.CUSTOM_EMOJI_BYTES:,} bytes. It is written anew as a"
    f" WebP of at most {limits.CUSTOM_EMOJI_EDGE} pixels, moving if it moves. `conflict`: the name"
    f" is taken, or one of Unicode's emoji has it, or there are {limits.CUSTOM_EMOJI:,} already."
    " For admins, unless the operator lets everyone."
)


class EmojiRequests:
    """One method for each endpoint; each raises Problem."""

    def __init__(self, curator: Curator, meter: Meter) -> None:
        self._curator = curator
        self._meter = meter

    async def list(self, request: Request) -> Response:
        """All there are."""
        await claims(request)
        return reply(await self._curator.all())

    async def add(self, request: Request) -> Response:
        """201 with the new one."""
        who = await claims(request)
        try:
            await self._meter.take("uploads", who.sub)
        except Limited as limited:
            raise limited.problem() from None
        content_type = request.headers.get("content-type", "")
        try:
            return reply(await self._curator.add(who, content_type, request.stream()), 201)
        except ClientDisconnect:
            raise Problem(ErrorCode.BAD_FRAME, "the body was cut off") from None

    async def remove(self, request: Request) -> Response:
        """There is none of that name any more."""
        await self._curator.remove(await claims(request), request.path_params["name"])
        return empty()


def emoji_endpoints(curator: Curator, pictures: Pictures, meter: Meter) -> list[Endpoint]:
    """Return the table of paths."""
    requests = EmojiRequests(curator, meter)
    return [
        Endpoint(
            "GET",
            "/v1/emoji",
            requests.list,
            "All custom emoji by name, and who may add one.",
            response=CustomEmojis,
        ),
        Endpoint(
            "POST",
            "/v1/emoji",
            requests.add,
            _ADD,
            response=CustomEmoji,
            status=201,
            errors=(ErrorCode.CONFLICT, ErrorCode.RATE_LIMITED),
            scope="admin",
            upload=Upload(
                limits.CUSTOM_EMOJI_BYTES + OVERHEAD_BYTES, UPLOAD_SECONDS, ("name",), ("file",)
            ),
        ),
        Endpoint(
            "DELETE",
            "/v1/emoji/{name}",
            requests.remove,
            "Remove a custom emoji; texts and reactions keep its name. For admins, and where"
            " everyone may add for whoever added it. Repeating: the same.",
            status=204,
            errors=(ErrorCode.INVALID,),
            scope="admin",
        ),
        Endpoint(
            "GET",
            PICTURES + "/{picture}",
            pictures.get,
            "The picture of a custom emoji, a WebP that never changes, at the URL of the list.",
            also=(304,),
            errors=(ErrorCode.NOT_FOUND, ErrorCode.UNAVAILABLE),
            auth=False,
        ),
    ]
