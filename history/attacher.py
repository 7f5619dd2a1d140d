"""Asks media for files of messages and rooms, and tells it when they are gone; it keeps none."""

from __future__ import annotations

from typing import Final

import msgspec

from history.pictures_postgres import Picture
from history.releases_postgres import Release
from proto import calls, subjects, wire
from proto.codes import ErrorCode
from proto.shapes import Attachment, NewMessage
from services.bus import BusError
from services.bus_nats import Bus
from services.problem import Problem, Unavailable

SECONDS: Final = 5.0
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError)
_REFUSALS: Final = {code.value: code for code in (ErrorCode.NOT_FOUND, ErrorCode.INVALID)}
_failure: Final = msgspec.json.Decoder(calls.Failure)


class Attacher:
    """Nothing is repeated here; asking twice is harmless."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def attach(self, room: str, user: str, new: NewMessage) -> list[Attachment]:
        """The files that a message is to have, as media tells them.

        Raises:
            Problem: `not_found`, if one of them is not there for this message.
            Unavailable: media is away.
        """
        if not new.attachments:
            return []
        call = calls.AttachCall(room, user, new.key.lower(), new.attachments)
        raw = await self._ask(subjects.MEDIA_ATTACH, call)
        try:
            return msgspec.json.decode(raw, type=calls.AttachReply).attachments
        except _UNREADABLE:
            raise _refusal(raw, "attachments") from None

    async def keep_picture(self, room: str, picture: Picture) -> None:
        """Return when media keeps a picture for a room.

        Raises:
            Problem: `not_found`, if it is not there for this room, and `invalid`, if it is none.
            Unavailable: media is away.
        """
        call = calls.PictureCall(room, picture.by, picture.key, picture.file)
        raw = await self._ask(subjects.MEDIA_PICTURE, call)
        if raw != calls.DONE:
            raise _refusal(raw, "picture")

    async def release(self, room: str, release: Release) -> None:
        """Return when media gives the files of a deleted message to nobody. Raises Unavailable.

        So with the former picture of a room.
        """
        call = calls.ReleaseCall(room, release.sender, release.key)
        await self._let_go(subjects.MEDIA_RELEASE, call)

    async def release_room(self, room: str) -> None:
        """Return when media gives the files of a room to nobody. Raises Unavailable."""
        await self._let_go(subjects.MEDIA_RELEASE_ROOM, calls.ReleaseRoomCall(room))

    async def _let_go(self, subject: str, call: object) -> None:
        if await self._ask(subject, call) != calls.DONE:
            raise Unavailable("media could not let go of the files")

    async def _ask(self, subject: str, call: object) -> bytes:
        try:
            return await self._bus.request(subject, wire.encode(call), SECONDS)
        except BusError as error:
            raise Unavailable("files cannot be looked at now") from error


def _refusal(raw: bytes, field: str) -> Problem:
    try:
        failure = _failure.decode(raw)
    except _UNREADABLE:
        return Unavailable("media answered something that is no answer")
    if failure.code in _REFUSALS:
        return Problem(_REFUSALS[failure.code], failure.message, field=field)
    return Unavailable(f"media: {failure.message}")
