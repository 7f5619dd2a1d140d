"""The public HTTP paths of the pictures of people; `portrayer` gives and takes them."""

from __future__ import annotations

from typing import Final

from media.portrayer import Portrayer
from media.routes_pictures import OVERHEAD_BYTES, UPLOAD_SECONDS, Pictures
from proto import limits
from proto.codes import ErrorCode
from proto.shapes import User
from services.http import (
    ClientDisconnect,
    Endpoint,
    Problem,
    Request,
    Response,
    claims,
    empty,
    path_id,
    reply,
)
from services.meter import Limited, Meter
from services.openapi import Upload

_PATH: Final = "/v1/media/avatars"
_MINE: Final = _PATH + "/me"
_ONE: Final = _PATH + "/{avatar}"
_PUT: Final = (
    "Have a picture of one's own: a form with the field `file`, a PNG, JPEG, GIF, WebP or AVIF of"
    f" at most {limits.AVATAR_BYTES:,} bytes. Its middle is written anew as a square WebP of at"
    f" most {limits.AVATAR_EDGE} pixels, upright, without what came with it; of one that moves the"
    " first frame. Who shares a room with one is told by `user.updated`."
)
_DELETE: Final = (
    "Have no picture any more: it is removed. Who shares a room with one is told by"
    " `user.updated`. Repeating: the same."
)
_TAKE: Final = (
    "Take away a picture from whoever has it, for admins; the audit log says so. They may have"
    " another one. Who shares a room with them is told by `user.updated`. Repeating: the same."
)


class AvatarRequests:
    """One method for each endpoint; each raises Problem."""

    def __init__(self, portrayer: Portrayer, pictures: Pictures, meter: Meter) -> None:
        self._portrayer = portrayer
        self._pictures = pictures
        self._meter = meter

    async def put(self, request: Request) -> Response:
        """200 with the user as they are now."""
        who = await claims(request)
        try:
            await self._meter.take("uploads", who.sub)
        except Limited as limited:
            raise limited.problem() from None
        content_type = request.headers.get("content-type", "")
        try:
            return reply(await self._portrayer.portray(who, content_type, request.stream()))
        except ClientDisconnect:
            raise Problem(ErrorCode.BAD_FRAME, "the body was cut off") from None

    async def delete(self, request: Request) -> Response:
        """There is none any more."""
        await self._portrayer.remove(await claims(request))
        return empty()

    async def take(self, request: Request) -> Response:
        """Nobody has it any more."""
        await self._portrayer.take(await claims(request), path_id(request, "avatar"))
        return empty()

    async def get(self, request: Request) -> Response:
        """The bytes of one."""
        return await self._pictures.get(request, "avatar")


def avatar_endpoints(portrayer: Portrayer, pictures: Pictures, meter: Meter) -> list[Endpoint]:
    """Return the table of paths."""
    requests = AvatarRequests(portrayer, pictures, meter)
    return [
        Endpoint(
            "PUT",
            _MINE,
            requests.put,
            _PUT,
            response=User,
            errors=(ErrorCode.RATE_LIMITED,),
            upload=Upload(limits.AVATAR_BYTES + OVERHEAD_BYTES, UPLOAD_SECONDS, (), ("file",)),
        ),
        Endpoint("DELETE", _MINE, requests.delete, _DELETE, status=204),
        Endpoint("DELETE", _ONE, requests.take, _TAKE, status=204, scope="admin"),
        Endpoint(
            "GET",
            _ONE,
            requests.get,
            "The picture of whoever has this `avatar`, a WebP that never changes.",
            also=(304,),
            errors=(ErrorCode.NOT_FOUND, ErrorCode.UNAVAILABLE),
            auth=False,
        ),
    ]
