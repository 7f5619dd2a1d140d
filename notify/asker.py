"""Asks other services over NATS what a decision needs; what the answers mean is not here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from proto import audience, calls, limits, subjects
from services.asking import ask
from services.bus_nats import Bus

T = TypeVar("T")

SECONDS: Final = 5.0
"""How long an answer may take; history itself waits up to 2 s for its writer."""


class Asker:
    """Keeps nothing. Every method raises Unavailable: no answer, or one that is none."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def audience(self, call: audience.AudienceCall) -> audience.AudienceReply:
        """Whom messages of a room may concern."""
        return await self._ask(subjects.HISTORY_AUDIENCE, call, audience.AudienceReply)

    async def concerns(self, user: str, room: str, seq: int) -> bool:
        """Whether a message still concerns somebody: it is there, and they have not read it."""
        call = audience.AudienceCall(room, seq, [seq], [], [user], everyone=False)
        reply = await self.audience(call)
        return seq in reply.said and any(hearer.user == user for hearer in reply.people)

    async def badges(self, users: Sequence[str]) -> dict[str, int]:
        """How much each of `users` has not read, in the rooms that they did not mute."""
        found: dict[str, int] = {}
        for start in range(0, len(users), limits.IDS_PER_QUERY):
            call = audience.BadgesCall(list(users[start : start + limits.IDS_PER_QUERY]))
            reply = await self._ask(subjects.HISTORY_BADGES, call, audience.BadgesReply)
            found |= reply.unread
        return found

    async def connections(self, users: Sequence[str]) -> dict[str, list[calls.Lease]]:
        """The living connections of each of `users`, by user; each of them is in it."""
        found: dict[str, list[calls.Lease]] = {user: [] for user in users}
        for start in range(0, len(users), limits.WATCH_USERS):
            call = audience.ConnectionsCall(list(users[start : start + limits.WATCH_USERS]))
            reply = await self._ask(subjects.PRESENCE_CONNECTIONS, call, audience.ConnectionsReply)
            for lease in reply.connections:
                found.setdefault(lease.user, []).append(lease)
        return found

    async def _ask(self, subject: str, call: object, answer: type[T]) -> T:
        lacking = f"{subject.partition('.')[0]} does not answer"
        return await ask(self._bus, subject, call, answer, seconds=SECONDS, lacking=lacking)
