"""Asks media for the files of messages, and tells it when they are gone; it keeps none."""

from __future__ import annotations

from typing import Final

import msgspec

from history.releases_postgres import Release
from proto import calls, subjects, wire
from proto.codes import ErrorCode
from proto.shapes import Attachment, NewMessage
from services.bus import BusError
from services.bus_nats import Bus
from services.problem import Problem, Unavailable

SECONDS: Final = 5.0
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError)
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
            raise _refusal(raw) from None

    async def release(self, room: str, release: Release) -> None:
        """Return when media gives the files of a deleted message to nobody. Raises Unavailable."""
        call = calls.ReleaseCall(room, release.sender, release.key)
        await self._let_go(subjects.MEDIA_RELEASE, call)

    async def release_room(self, room: str) -> None:
        """Return when media gives the files of a room to nobody. Raises Unavailable."""
        await self._let_go(subjects.MEDIA_RELEASE_ROOM, calls.ReleaseRoomCall(room))

    async def _let_go(self, subject: str, call: object) -> None:
        if await self._ask(subject, call) != b"{}":
            raise Unavailable("media could not let go of the files")

    async def _ask(self, subject: str, call: object) -> bytes:
        try:
            return await self._bus.request(subject, wire.encode(call), SECONDS)
        except BusError as error:
            raise Unavailable("files cannot be looked at now") from error


def _refusal(raw: bytes) -> Problem:
    try:
        failure = _failure.decode(raw)
    except _UNREADABLE:
        return Unavailable("media answered something that is no answer")
    if failure.code == ErrorCode.NOT_FOUND:
        return Problem(ErrorCode.NOT_FOUND, failure.message, field="attachments")
    return Unavailable(f"media: {failure.message}")
