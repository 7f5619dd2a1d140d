"""Answers other services on NATS: who users are, who is an admin, what was revoked.

And keeps which picture somebody has; its bytes are media's.

Clients do not come here.
"""

from __future__ import annotations

from typing import Final

import msgspec

from auth.accounts_postgres import Accounts
from auth.announcer import Announcer
from auth.audit_postgres import Audit
from auth.foreigners import Foreigners
from auth.people_postgres import People
from auth.revocations_postgres import Revocations
from auth.sweeper import REVOCATION_MS
from proto import limits, subjects, wire
from proto.calls import (
    AdmitCall,
    Failure,
    RevocationsCall,
    RevocationsReply,
    UsersCall,
    UsersReply,
)
from proto.codes import ErrorCode
from proto.identity import (
    AdminCall,
    AdminReply,
    AvatarCall,
    AvatarReply,
    AvatarsCall,
    AvatarsReply,
    AvatarTakenCall,
    DeedsCall,
    DeedsReply,
)
from services import clock
from services.bus_nats import Bus
from services.guard import Unauthorized
from services.problem import Unavailable

REVOCATIONS: Final = 5_000
"""Most in one reply, so that it fits the 1 MB that NATS carries."""


class Responder:
    """Serves what is below `auth.rpc`, sharing the work with other replicas."""

    name = "responder"

    def __init__(
        self,
        bus: Bus,
        accounts: Accounts,
        people: People,
        audit: Audit,
        revocations: Revocations,
        foreigners: Foreigners,
        announcer: Announcer,
    ) -> None:
        self._bus = bus
        self._people = people
        self._audit = audit
        self._foreigners = foreigners
        self._accounts = accounts
        self._revocations = revocations
        self._announcer = announcer

    async def start(self) -> None:
        """Serve from the first connection on, whether it is there already or not."""
        await self._bus.serve(subjects.AUTH_USERS, subjects.AUTH_QUEUE, self.users)
        await self._bus.serve(subjects.AUTH_ADMIT, subjects.AUTH_QUEUE, self.admit)
        await self._bus.serve(subjects.AUTH_ADMIN, subjects.AUTH_QUEUE, self.admin)
        await self._bus.serve(subjects.AUTH_AVATAR, subjects.AUTH_QUEUE, self.avatar)
        await self._bus.serve(subjects.AUTH_AVATAR_TAKEN, subjects.AUTH_QUEUE, self.avatar_taken)
        await self._bus.serve(subjects.AUTH_DEEDS, subjects.AUTH_QUEUE, self.deeds)
        await self._bus.serve(subjects.AUTH_AVATARS, subjects.AUTH_QUEUE, self.avatars)
        await self._bus.serve(subjects.AUTH_REVOCATIONS, subjects.AUTH_QUEUE, self.revocations)

    async def stop(self) -> None:
        """The bus ends it when it stops."""

    async def users(self, data: bytes) -> bytes:
        """A `UsersReply`, or a `Failure`."""
        try:
            call = msgspec.json.decode(data, type=UsersCall)
            if len(call.ids) > limits.IDS_PER_QUERY:
                return _failure(ErrorCode.INVALID, f"at most {limits.IDS_PER_QUERY} ids")
            return wire.encode(UsersReply(await self._accounts.by_ids(call.ids)))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _failure(ErrorCode.BAD_FRAME, str(error))
        except Unavailable as error:
            return _failure(error.code, error.message)

    async def admit(self, data: bytes) -> bytes:
        """The `Claims` of a trusted issuer's token, or a `Failure`."""
        try:
            call = msgspec.json.decode(data, type=AdmitCall)
            return wire.encode(await self._foreigners.admit(call.token))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _failure(ErrorCode.BAD_FRAME, str(error))
        except Unauthorized as error:
            return _failure(ErrorCode.UNAUTHORIZED, str(error))
        except Unavailable as error:
            return _failure(error.code, error.message)

    async def admin(self, data: bytes) -> bytes:
        """An `AdminReply`, or a `Failure`."""
        try:
            call = msgspec.json.decode(data, type=AdminCall)
            return wire.encode(AdminReply(await self._people.is_admin(call.user, call.sid)))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _failure(ErrorCode.BAD_FRAME, str(error))
        except Unavailable as error:
            return _failure(error.code, error.message)

    async def avatar(self, data: bytes) -> bytes:
        """An `AvatarReply`, or a `Failure`; who shares a room with them is told of a change."""
        try:
            call, now_ms = msgspec.json.decode(data, type=AvatarCall), clock.now_ms()
            found = await self._accounts.picture(
                call.user, call.sid, call.issuer, call.avatar, now_ms
            )
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _failure(ErrorCode.BAD_FRAME, str(error))
        except Unavailable as error:
            return _failure(error.code, error.message)
        if found is None:
            return wire.encode(AvatarReply(None))
        user, former = found
        if former != user.avatar:
            self._announcer.renamed(user, now_ms)
        return wire.encode(AvatarReply(user, former))

    async def avatar_taken(self, data: bytes) -> bytes:
        """An `AvatarReply`, or a `Failure`; who shares a room with them is told of a change."""
        try:
            call, now_ms = msgspec.json.decode(data, type=AvatarTakenCall), clock.now_ms()
            if not await self._people.is_admin(call.by, call.sid):
                return _failure(ErrorCode.FORBIDDEN, "this is for admins")
            user = await self._people.take_avatar(call.user, call.avatar, call.by, now_ms)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _failure(ErrorCode.BAD_FRAME, str(error))
        except Unavailable as error:
            return _failure(error.code, error.message)
        if user is None:
            return wire.encode(AvatarReply(None))
        self._announcer.renamed(user, now_ms)
        return wire.encode(AvatarReply(user, call.avatar))

    async def deeds(self, data: bytes) -> bytes:
        """A `DeedsReply`, or a `Failure`."""
        try:
            call = msgspec.json.decode(data, type=DeedsCall)
            if len(call.deeds) > limits.PAGE_ITEMS:
                return _failure(ErrorCode.INVALID, f"at most {limits.PAGE_ITEMS} deeds")
            await self._audit.take(call.deeds)
            return wire.encode(DeedsReply(len(call.deeds)))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _failure(ErrorCode.BAD_FRAME, str(error))
        except Unavailable as error:
            return _failure(error.code, error.message)

    async def avatars(self, data: bytes) -> bytes:
        """An `AvatarsReply`, or a `Failure`."""
        try:
            call = msgspec.json.decode(data, type=AvatarsCall)
            if len(call.users) > limits.IDS_PER_QUERY:
                return _failure(ErrorCode.INVALID, f"at most {limits.IDS_PER_QUERY} users")
            found = [user.avatar for user in await self._accounts.by_ids(call.users)]
            return wire.encode(AvatarsReply([avatar for avatar in found if avatar is not None]))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _failure(ErrorCode.BAD_FRAME, str(error))
        except Unavailable as error:
            return _failure(error.code, error.message)

    async def revocations(self, data: bytes) -> bytes:
        """A `RevocationsReply`, the oldest first, or a `Failure`."""
        try:
            call = msgspec.json.decode(data, type=RevocationsCall)
            since_ms = max(call.since_ms, clock.now_ms() - REVOCATION_MS)
            revoked = await self._revocations.since(since_ms, REVOCATIONS + 1)
            more = len(revoked) > REVOCATIONS
            return wire.encode(RevocationsReply(revoked[:REVOCATIONS], more=more))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _failure(ErrorCode.BAD_FRAME, str(error))
        except Unavailable as error:
            return _failure(error.code, error.message)


def _failure(code: ErrorCode, message: str) -> bytes:
    return wire.encode(Failure(code.value, message))
