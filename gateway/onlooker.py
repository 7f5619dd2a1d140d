"""Serves `watch` and tells of changes; who may see whom is history's to say, the rest presence's.

Free of races by its order: ask who may be seen, subscribe, read, and take whichever is later of
what is read and what came meanwhile. From the last answer to `ok` nothing is awaited, so what `ok`
says plus the changes after it is exactly what presence told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from gateway.asker import Asker
from gateway.connection import Connection
from gateway.metrics import GatewayMetrics
from gateway.parcel import Parcel
from gateway.watchlist import Notice, Question, Watch, Watchlist
from proto import calls, frames, subjects, wire
from proto.codes import ErrorCode
from services import logs_structlog
from services.bus import BusError
from services.bus_nats import Bus
from services.subjects_nats import Subjects

WATCHES_AT_ONCE = 16
"""Watches of all connections that are looked up at the same time; the others wait their turn."""
_ANSWER_SECONDS = 15.0
"""Whoever waits longer, for their turn too, is told so: nobody works for clients that gave up."""
_TRIES = 5
_RETRY_MS = 1_000
_seen = msgspec.json.Decoder(calls.Seen)
_log = logs_structlog.get_logger()


class Onlooker:
    """One subject for each person watched here, however many connections watch them."""

    def __init__(self, bus: Bus, asker: Asker, metrics: GatewayMetrics) -> None:
        self.watchlist: Watchlist[Connection] = Watchlist()
        self._bus = bus
        self._asker = asker
        self._metrics = metrics
        self._subjects = Subjects(bus, self._arrived)
        self._turn = asyncio.Semaphore(WATCHES_AT_ONCE)

    async def answer(self, connection: Connection, watch: frames.Watch) -> None:
        """Put these people in the place of those watched before, and answer with what they are.

        Those who share no room with the asker are left out. Watches of one connection are carried
        out in the order sent. If one fails the former one stays.
        """
        if connection.watching is None:
            connection.watching = asyncio.Lock()
        try:
            async with asyncio.timeout(_ANSWER_SECONDS), connection.watching, self._turn:
                await self._watch(connection, watch)
        except (BusError, TimeoutError) as error:
            if not connection.is_over:
                text = f"not available now: {str(error) or 'it takes too long'}"
                connection.error(watch.id, ErrorCode.UNAVAILABLE, text, _RETRY_MS)

    def closed(self, connection: Connection) -> None:
        """Release what a connection watched. Idempotent."""
        watch, connection.watch = connection.watch, None
        if watch is not None:
            self._unfollow(self.watchlist.close(watch))

    async def read(self, users: list[str]) -> None:
        """Ask presence how these people are (at most `limits.WATCH_USERS`); tell what differs.

        Raises:
            BusError: presence could not be asked.
        """
        known = self.watchlist.revs(users)
        for seen in await self._asker.seen(users):
            self._learn(seen, known[seen.user])

    async def settle(self, user: str) -> None:
        """Ask history with whom one in doubt shares a room, and go on, or not, accordingly.

        Raises:
            BusError: history could not be asked; the doubt stays.
        """
        doubt = self.watchlist.question(user)
        shared = await self._asker.peers(user, list(doubt.users)) if doubt.users else ()
        notices, gone = self.watchlist.settle(doubt, shared)
        self._unfollow(gone)
        for notice in notices:
            self._tell(notice)

    async def _watch(self, connection: Connection, watch: frames.Watch) -> None:
        person = connection.person
        if connection.is_over or person is None:
            return
        question = self.watchlist.ask(person.id, watch.users)
        try:
            people, known = await self._look(question)
            # It may have been closed meanwhile, and released what it watched.
            if not connection.is_over:
                for seen in people:
                    self._learn(seen, known[seen.user])
                self._install(connection, question, watch.id)
        finally:
            self._unfollow(self.watchlist.drop(question))

    async def _look(
        self, question: Question[Connection]
    ) -> tuple[list[calls.Seen], dict[str, int]]:
        """Give how those are whom the asker may see, and what was known of them before."""
        users = list(question.users)
        for _ in range(_TRIES):
            self.watchlist.renew(question)
            shared = await self._asker.peers(question.user, users)
            visible = [user for user in users if user in shared]
            new, gone = self.watchlist.hold(question, visible)
            for user in new:
                self._subjects.add(subjects.presence_changed(user))
            self._unfollow(gone)
            if new:
                await self._bus.flush()
            known = self.watchlist.revs(visible)
            people = await self._asker.seen(visible) if visible else []
            if not question.is_stale:
                return people, known
        raise BusError("who may be seen changes faster than it can be told")

    def _install(
        self, connection: Connection, question: Question[Connection], request: str
    ) -> None:
        if connection.watch is None:
            connection.watch = Watch(connection, question.user)
        presence, gone = self.watchlist.install(connection.watch, question)
        self._unfollow(gone)
        connection.ok(request, frames.WatchResult(presence))

    def _arrived(self, _subject: str, data: bytes, _headers: bytes, _reply: str) -> None:
        try:
            seen = _seen.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            _log.warning("unreadable presence")
            return
        self._learn(seen)

    def _learn(self, seen: calls.Seen, known: int | None = None) -> None:
        notice = self.watchlist.learn(seen, known)
        if notice is not None:
            self._tell(notice)

    def _tell(self, notice: Notice[Connection]) -> None:
        now = notice.presence
        event = frames.PresenceEvent(
            user=now.user,
            status=now.status,
            last_seen_ms=now.last_seen_ms,
            custom_status=now.custom_status,
        )
        parcel = Parcel(wire.encode(event))
        for connection in notice.owners:
            socket = connection.socket
            socket.send(parcel[socket.form])
        self._metrics.presence.inc(len(notice.owners))

    def _unfollow(self, users: Iterable[str]) -> None:
        for user in users:
            self._subjects.remove(subjects.presence_changed(user))
        self._metrics.watched.set(len(self.watchlist))
