"""Asks other services over NATS, in words from `proto.calls`; what the answers mean is not here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from proto import calls, limits, subjects, wire
from proto.mentions import Named
from proto.shapes import Attachment
from services.bus import BusError
from services.bus_nats import Bus

T = TypeVar("T")

ANSWER_SECONDS = 5.0
"""How long an answer may take; history itself waits up to 2 s for its writer."""
MENTIONS_SECONDS = 1.0
"""A message waits no longer to know whom it mentions."""


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError)


class RefusedError(BusError):
    """The service answered that it could not do it."""

    def __init__(self, failure: calls.Failure) -> None:
        super().__init__(f"{failure.code}: {failure.message}")
        self.failure = failure


class Asker:
    """One question, one answer; nothing is repeated here.

    Every method raises `BusError`: no service, no answer in time, one that cannot be read, or
    `RefusedError`.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def rooms_of(
        self, user: str, username: str = "", display_name: str = ""
    ) -> calls.HelloReply:
        """Every room of a user, with the counts for `ready`; the names are those of their token."""
        call = calls.HelloCall(user, username, display_name)
        return await self._ask(subjects.HISTORY_HELLO, call, calls.HelloReply)

    async def member(self, room: str, user: str) -> calls.MemberReply:
        """What a user is to a room."""
        call = calls.MemberCall(room, user)
        return await self._ask(subjects.HISTORY_MEMBER, call, calls.MemberReply)

    async def events(self, room: str, after: int, limit: int, up_to: int) -> calls.EventsReply:
        """Log events that history has stored."""
        call = calls.EventsCall(room, after, limit, up_to)
        return await self._ask(subjects.HISTORY_EVENTS, call, calls.EventsReply)

    async def key(
        self, room: str, sender: str, key: str, *, stored: bool = False
    ) -> calls.KeyReply:
        """Whether a message is stored already, for certain."""
        call = calls.KeyCall(room, sender, key, stored)
        return await self._ask(subjects.HISTORY_KEY, call, calls.KeyReply)

    async def attach(self, room: str, user: str, key: str, ids: Sequence[str]) -> list[Attachment]:
        """The files that a message is to have, as media tells them."""
        call = calls.AttachCall(room, user, key, list(ids))
        return (await self._ask(subjects.MEDIA_ATTACH, call, calls.AttachReply)).attachments

    async def pace(self, room: str, user: str, key: str) -> int:
        """How many ms a member has to wait before they may write in a room in slow mode."""
        call = calls.PaceCall(room, user, key)
        return (await self._ask(subjects.HISTORY_PACE, call, calls.PaceReply)).wait_ms

    async def mentions(self, room: str, user: str, named: Named) -> calls.MentionsReply:
        """Who is meant by the names in a text, and whether the user may mention the room."""
        call = calls.MentionsCall(room, user, named.usernames, named.everyone)
        subject = subjects.HISTORY_MENTIONS
        return await self._ask(subject, call, calls.MentionsReply, MENTIONS_SECONDS)

    async def peers(self, user: str, users: Sequence[str]) -> set[str]:
        """Which of `users` share a room with `user`, who is one of them if named."""
        found: set[str] = set()
        for start in range(0, len(users), limits.WATCH_USERS):
            call = calls.PeersCall(user, list(users[start : start + limits.WATCH_USERS]))
            found.update((await self._ask(subjects.HISTORY_PEERS, call, calls.PeersReply)).users)
        return found

    async def seen(self, users: Sequence[str]) -> list[calls.Seen]:
        """What others see of each of `users`, at most `limits.WATCH_USERS`, in the same order."""
        reply = await self._ask(
            subjects.PRESENCE_READ, calls.SeenCall(list(users)), calls.SeenReply
        )
        if [seen.user for seen in reply.people] != list(users):
            raise BusError(f"{subjects.PRESENCE_READ}: the answer is about others")
        return reply.people

    async def _ask(
        self, subject: str, call: object, answer: type[T], seconds: float | None = None
    ) -> T:
        wait_seconds = ANSWER_SECONDS if seconds is None else seconds
        raw = await self._bus.request(subject, wire.encode(call), wait_seconds)
        try:
            return msgspec.json.decode(raw, type=answer)
        except _UNREADABLE as error:
            raise _refusal(subject, raw, error) from None


def _refusal(subject: str, raw: bytes, error: Exception) -> BusError:
    """What an answer means that is not the one asked for."""
    try:
        return RefusedError(msgspec.json.decode(raw, type=calls.Failure))
    except _UNREADABLE:
        return BusError(f"{subject}: the answer cannot be read: {error}")
