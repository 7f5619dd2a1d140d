"""Answers what is in a room, after waiting for the writer where the answer must be whole."""

from __future__ import annotations

from typing import Final

from history import (
    audience_postgres,
    events_postgres,
    mentions_postgres,
    people_settings_postgres,
    pictures_postgres,
    rights,
    rooms_postgres,
)
from history.gatherer import Gatherer
from history.progress import Progress
from history.rights import Right
from proto import calls, ids, limits, subjects
from proto.audience import AudienceCall, AudienceReply, BadgesCall, BadgesReply
from proto.codes import ErrorCode
from services import clock
from services.bus import BusError
from services.log_nats import Log
from services.pool_postgres import Pool
from services.problem import Problem, Unavailable

# A name may stand for a few usernames: with the full stop behind it, and without.
_NAMES: Final = 3 * limits.MENTIONS
# Members told at once: as many ids fit into one answer of NATS several times.
_ROSTER: Final = 5_000


class Reader:
    """Reads Postgres; asks the log only how far it is."""

    def __init__(self, pool: Pool, log: Log, progress: Progress) -> None:
        self._pool = pool
        self._log = log
        self._progress = progress
        self._gatherer = Gatherer(pool)

    async def hello(self, user: str) -> calls.HelloReply:
        """Every room of the user.

        `unread` and `mentions` count what lies above the read mark and at or below `as_of`; who
        adds later events of the log counts those above both. Raises Unavailable without Postgres.
        """
        found = await self._gatherer.known_of(user)
        rooms = [calls.RoomAsOf(room, as_of) for room, as_of in found.rooms]
        return calls.HelloReply(rooms, found.blocked)

    async def member(self, room: str, user: str) -> calls.MemberReply:
        """What the user is to the room. Raises Unavailable without Postgres."""
        seen = await rooms_postgres.seen(self._pool, room, user)
        if seen is not None:
            blocked = await people_settings_postgres.blocked_by(self._pool, [user])
            state = calls.RoomAsOf(*seen)
            return calls.MemberReply(seen.room.kind, state, blocked.get(user, []))
        place = await rooms_postgres.place(self._pool, room, user)
        return calls.MemberReply(None if place is None else place.kind, None)

    async def events(self, call: calls.EventsCall) -> calls.EventsReply:
        """Stored events after a seq, at most 1,000 and as many as fit in a reply.

        Raises:
            Problem: `invalid`, if the limit is none.
            Unavailable: `up_to` is not stored within 2 s, or Postgres is away.
        """
        if not 1 <= call.limit <= 2 * limits.RESUME_EVENTS:
            message = f"limit must lie between 1 and {2 * limits.RESUME_EVENTS}"
            raise Problem(ErrorCode.INVALID, message, field="limit")
        if not await self._progress.wait(call.up_to):
            raise Unavailable(f"{call.up_to} is not stored yet")
        return await events_postgres.events(self._pool, call.room, call.after, call.limit)

    async def key(self, call: calls.KeyCall) -> calls.KeyReply:
        """Where a message stands that may have been stored, knowing all that was asked for.

        Raises:
            Problem: `bad_key`, if the key is none.
            Unavailable: the writer does not catch up within 2 s, or Postgres or the log is away.
        """
        if ids.key_ms(call.key) is None:
            raise Problem(ErrorCode.BAD_KEY, "a message key is a UUIDv7")
        if not call.stored:
            await self.catch_up(call.room)
        found = await events_postgres.key(self._pool, call.room, call.sender, call.key)
        return calls.KeyReply(None, None) if found is None else calls.KeyReply(*found)

    async def kept(self, call: calls.KeptCall) -> calls.KeptReply:
        """Whether a room has a picture by that key.

        Raises:
            Problem: `bad_key`, if the key is none.
            Unavailable: Postgres is away.
        """
        if ids.key_ms(call.key) is None:
            raise Problem(ErrorCode.BAD_KEY, "the key of a picture is a UUIDv7")
        return calls.KeptReply(await pictures_postgres.is_kept(self._pool, call.room, call.key))

    async def mentions(self, call: calls.MentionsCall) -> calls.MentionsReply:
        """Who is meant by names; nobody by one who is not a member. Raises Unavailable."""
        place = await rooms_postgres.place(self._pool, call.room, call.user)
        if place is None or place.role is None:
            return calls.MentionsReply({}, everyone=False)
        users = await mentions_postgres.members(
            self._pool, call.room, call.user, call.names[:_NAMES]
        )
        may = rights.refusal(Right.HIGHLIGHT, place.kind, place.role) is None
        return calls.MentionsReply(users, call.everyone and may)

    async def peers(self, call: calls.PeersCall) -> calls.PeersReply:
        """Who of those asked for shares a room with the asker. Raises Unavailable."""
        users = list(dict.fromkeys(call.users))
        return calls.PeersReply(await rooms_postgres.peers(self._pool, call.user, users))

    async def settled(self, call: calls.SettledCall) -> calls.SettledReply:
        """What these people settled of how others see them. Raises Unavailable."""
        users, now_ms = call.users[: limits.WATCH_USERS], clock.now_ms()
        found = await people_settings_postgres.settled_of(self._pool, users, now_ms)
        return calls.SettledReply(found)

    async def roster(self, call: calls.RosterCall) -> calls.RosterReply:
        """A page of who is in a room, which presence counts. Raises Unavailable."""
        users = await rooms_postgres.roster(self._pool, call.room, call.after, _ROSTER + 1)
        return calls.RosterReply(users[:_ROSTER], len(users) > _ROSTER)

    async def audience(self, call: AudienceCall) -> AudienceReply:
        """Whom messages may concern, knowing those messages. Raises Unavailable."""
        await self.catch_up(call.room, call.seq)
        return await audience_postgres.audience(self._pool, call)

    async def badges(self, call: BadgesCall) -> BadgesReply:
        """What each has not read, as a badge shows it.

        Raises:
            Problem: `invalid`, if they are too many.
            Unavailable: Postgres is away.
        """
        if len(call.users) > limits.IDS_PER_QUERY:
            message = f"`users` has {len(call.users)}, more than {limits.IDS_PER_QUERY}"
            raise Problem(ErrorCode.INVALID, message, field="users")
        found = await rooms_postgres.of_users(self._pool, call.users)
        return BadgesReply(
            {
                user: sum(seen.room.unread for seen in rooms if not seen.room.muted)
                for user, rooms in found.items()
            }
        )

    async def catch_up_all(self) -> int:
        """Return when everything that the log had at the call is stored, with how far that is.

        Raises:
            Unavailable: not within 2 s, or the log cannot be asked.
        """
        try:
            last = (await self._log.state()).last_seq
        except BusError as error:
            raise Unavailable("the log cannot answer now") from error
        if not await self._progress.wait(last):
            raise Unavailable("what was said last is not stored yet")
        return last

    async def catch_up(self, room: str, seq: int = limits.SEQ_MAX) -> None:
        """Return when every event of the room up to `seq` that the log had at the call is stored.

        Raises:
            Unavailable: not within 2 s, or the log cannot be asked.
        """
        if seq <= self._progress.seq:
            return
        subject = subjects.room_log(room)
        try:
            last = await self._log.last([subject])
        except BusError as error:
            raise Unavailable("the log cannot answer now") from error
        if not await self._progress.wait(min(seq, last.get(subject, 0))):
            raise Unavailable("what was said last is not stored yet")
