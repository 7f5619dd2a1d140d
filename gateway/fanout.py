"""Follows rooms and hands their events to the sockets of members; decides nothing about who is one.

A room is followed while somebody holds it, and for a while longer. What arrives goes through its
`Room`, which releases events in unbroken order; a hole is filled from the log before anything later
is shown, and what cannot be filled closes the sockets concerned with 4002.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from gateway.connection import Connection
from gateway.ends import Ends, Known
from gateway.metrics import GatewayMetrics
from gateway.parcel import Parcel
from gateway.reader import Reader
from gateway.room import Event, Room, State, is_event, is_message
from gateway.socket_picows import Socket
from gateway.terms import Terms
from gateway.turns import SLICE, Turns
from gateway.vacant import Vacant
from gateway.wave import Wave
from proto import events, frames, limits, subjects, wire
from proto.codes import CloseCode
from proto.passing import RoomPassing, TypingChanged
from services import clock, headers, logs_structlog
from services.bus import BusError, Loss
from services.bus_nats import Bus
from services.log_nats import Log
from services.subjects_nats import Subjects

_HEAL_EVENTS = 5_000
"""Longest hole that is filled; beyond it the sockets start afresh, which costs less."""
_HEAL_SECONDS = 15.0
"""The log may be away that long, as while it elects a leader, before what it holds is given up."""
_HEAL_PAUSE_SECONDS = 0.25
_LOST = "events of a room may be missing"
_LOOK_SECONDS = 1.0
_GIVEN_UP_AT_ONCE = 256
"""Rooms in one turn of the loop: about 2 ms."""
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError)
_SAMPLE = 16
"""One message of so many is timed."""
_passing: msgspec.json.Decoder[RoomPassing] = msgspec.json.Decoder(RoomPassing)
_log = logs_structlog.get_logger()

MembershipCallback = Callable[[str, events.LogEvent], None]
TypingCallback = Callable[["Entry", TypingChanged], None]


class Entry:
    """A followed room: its run of the log, and who here gets its events."""

    __slots__ = (
        *("connections", "healing", "holds", "id", "log", "members", "priming", "room"),
        *("sockets", "terms", "wave"),
    )

    def __init__(self, room: str) -> None:
        self.id = room
        self.members = 0
        """How many are in the room, here or elsewhere: as history said last, and as joins and
        leaves in the log go on from there. History counts before the log tells, so it may be off
        by those under way when it was asked, until it is asked again."""
        self.room = Room()
        self.log = 0
        """Which log what it holds is from: each that is made anew begins a leap higher."""
        self.connections: set[Connection] = set()
        self.sockets: list[Socket] | None = None
        """Those of `connections`, where the last thing it was told was told to as many."""
        self.holds = 0
        self.terms: Terms | None = None
        """What it asks of who writes; of nearly every room there are none."""
        self.wave: Wave | None = None
        """What it is being told, where it is large."""
        self.priming: asyncio.Task[None] | None = None
        self.healing: asyncio.Task[None] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether somebody still waits for what it was told: nothing may reach them before."""
        return self.wave is not None and not self.wave.is_over

    def seal(self) -> None:
        """What is told from now on goes to others."""
        self.sockets = None
        if self.wave is not None:
            self.wave.seal()

    def others(self, user: str) -> Iterator[Connection]:
        """Everyone attached but the user's own connections."""
        for connection in self.connections:
            if connection.person is not None and connection.person.id != user:
                yield connection


class Fanout:
    """All followed rooms, on one NATS subscription object.

    `on_membership(room, event)` is called for every event that is not a message, after it was
    delivered; `on_user(user, payload)` for what is meant for one person's connections;
    `on_typing(entry, changed)` when somebody begins to type in a room, or stops.
    """

    def __init__(
        self, bus: Bus, log: Log, reader: Reader, turns: Turns, metrics: GatewayMetrics
    ) -> None:
        self._bus = bus
        self._log = log
        self._ends = Ends(log)
        self._reader = reader
        self._turns = turns
        self._metrics = metrics
        self._subjects = Subjects(bus, self._arrived)
        self._entries: dict[str, Entry] = {}
        self.vacant = Vacant()
        """Those of them that nobody holds."""
        bus.on_loss.append(self._on_loss)
        metrics.rooms.set_function(lambda: len(self._entries))
        self._seen = 0
        self._leaps: int | None = None
        """Which log this is, as far as was heard; None before it was asked."""
        self.on_membership: MembershipCallback = lambda _room, _event: None
        self.on_user: Callable[[str, bytes], None] = lambda _user, _data: None
        self.on_typing: TypingCallback = lambda _entry, _changed: None

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> list[Entry]:
        """Every followed room."""
        return list(self._entries.values())

    def get(self, room: str) -> Entry | None:
        """The room, if it is followed."""
        return self._entries.get(room)

    # ------------------------------------------------------------------------- who follows what

    def hold(self, room: str) -> Entry:
        """Follow a room until `release`; its state is known once `prime` has returned."""
        entry = self._entries.get(room)
        if entry is None:
            entry = self._entries[room] = Entry(room)
            self._subjects.add(subjects.room_live(room))
            self._subjects.add(subjects.room_passing(room))
        elif not entry.holds:
            self.vacant.remove(room)
        entry.holds += 1
        return entry

    def release(self, entry: Entry) -> None:
        """Undo one `hold`; without any the room is given up, in a while if nothing of it lacks."""
        entry.holds -= 1
        if entry.holds == 0 and self._entries.get(entry.id) is entry:
            if entry.room.state is State.WHOLE:
                self.vacant.add(entry.id, clock.monotonic())
            else:
                self._forget(entry)

    async def run(self) -> None:
        """Give up for ever what nobody has come back to."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            while due := self.vacant.due(clock.monotonic(), _GIVEN_UP_AT_ONCE):
                self._give_up(due)
                await asyncio.sleep(0)

    def attach(self, entry: Entry, connection: Connection) -> None:
        """Give a connection everything above `entry.room.last`, from now on. Idempotent.

        The caller holds the entry. If the room was given up all the same, nothing more will come
        of it, and the connection has to start afresh like those that were attached.
        """
        if self._entries.get(entry.id) is not entry:
            connection.close(CloseCode.DISCONTINUITY, _LOST)
        elif connection not in entry.connections:
            entry.connections.add(connection)
            entry.seal()
            entry.holds += 1

    def detach(self, entry: Entry, connection: Connection) -> None:
        """Give it nothing more. Idempotent."""
        if connection in entry.connections:
            entry.connections.discard(connection)
            entry.seal()
            self.release(entry)

    def follow_user(self, user: str) -> None:
        """Hear what is meant for a person's connections."""
        self._subjects.add(subjects.user_passing(user))

    def unfollow_user(self, user: str) -> None:
        """Hear it no more."""
        self._subjects.remove(subjects.user_passing(user))

    async def prime(self, entries: Sequence[Entry], known: Known | None = None) -> None:
        """Return when each room's place in the log is known: subscribe, flush, then read.

        `known` is what history has just said of all of them.

        Raises:
            BusError: the log could not be asked; whoever comes next tries again.
        """
        new = [e for e in entries if e.room.state is State.PRIMING and e.priming is None]
        if new:
            # A task of its own: others wait for it, too, when whoever began it is cancelled.
            task = asyncio.create_task(self._prime(new, known))
            task.add_done_callback(_seen)
            for entry in new:
                entry.priming = task
        for priming in dict.fromkeys(e.priming for e in entries if e.priming is not None):
            await asyncio.shield(priming)

    async def reach(self, wanted: Iterable[tuple[Entry, int]]) -> None:
        """Return when each room holds the log up to a seq that is known to be in it.

        Raises:
            BusError: it could not be read.
        """
        asked = [*wanted]
        behind = [(entry, seq) for entry, seq in asked if entry.room.last < seq]
        if behind:
            await self._bus.flush()
        await self._begin(asked)
        for entry, seq in behind:
            if entry.room.last < seq and entry.room.notice(seq):
                self._heal(entry)
        for entry, seq in behind:
            if entry.healing is not None:
                await asyncio.shield(entry.healing)
            if entry.room.last < seq:
                raise BusError(f"room {entry.id} does not reach {seq}")

    async def catch_up(self, entry: Entry) -> None:
        """Return when the room holds everything that was in its log before the call.

        Raises:
            BusError: it could not be read.
        """
        subject = subjects.room_log(entry.id)
        last = await self._log.last([subject])
        await self.reach([(entry, last.get(subject, 0))])

    async def check(self, entries: Iterable[Entry]) -> None:
        """Compare rooms with the log and fill what is missing.

        Raises:
            BusError: the log could not be asked.
        """
        followed = [e for e in entries if e.room.state is not State.PRIMING]
        if not followed:
            return
        last = await self._log.last([subjects.room_log(entry.id) for entry in followed])
        # What was on its way to us when the log was asked is no hole.
        await self._bus.flush()
        ends = {entry: last.get(subjects.room_log(entry.id), 0) for entry in followed}
        first = 0
        if any(end < entry.room.last for entry, end in ends.items()):
            first = await self._first()
        for entry, end in ends.items():
            if _is_of_another_log(entry, first):
                self._lose(entry)
            elif entry.room.notice(end):
                self._heal(entry)

    async def _begin(self, asked: Iterable[tuple[Entry, int]]) -> None:
        """Let rooms begin above what the log has let go of: they were quiet for longer than that.

        To read all of it from history would take long, and come to nothing where it is much.
        """
        quiet = [(entry, seq) for entry, seq in asked if _may_begin(entry, seq)]
        if not quiet:
            return
        first = await self._first()
        for entry, seq in quiet:
            if seq < first and _may_begin(entry, seq):
                self._release_events(entry, entry.room.begin(seq))

    async def _first(self) -> int:
        """The log's first sequence; it tells which log this is."""
        first = (await self._log.state()).first_seq
        self._leaps = max(self._leaps or 0, first // limits.SEQ_LEAP)
        return first

    async def _prime(self, new: list[Entry], known: Known | None) -> None:
        try:
            await self._bus.flush()
            if self._leaps is None:
                await self._first()
            ends = await self._ends.of([entry.id for entry in new], known)
        finally:
            for entry in new:
                entry.priming = None
        for entry in new:
            entry.log = self._leaps or 0
            self._release_events(entry, entry.room.prime(ends[entry.id]))

    def _on_loss(self, _reason: Loss) -> None:
        # What was missed is made good for those who are here, and for nobody else.
        self._give_up(self.vacant.clear())

    def _give_up(self, rooms: Iterable[str]) -> None:
        for room in rooms:
            self._forget(self._entries[room])

    def _forget(self, entry: Entry) -> None:
        del self._entries[entry.id]
        self.vacant.remove(entry.id)
        self._subjects.remove(subjects.room_live(entry.id))
        self._subjects.remove(subjects.room_passing(entry.id))

    # -------------------------------------------------------------------------- what arrives

    def _arrived(self, subject: str, data: bytes, raw_headers: bytes, _reply: str) -> None:
        kind, _, rest = subject.partition(".")
        sort, _, name = rest.partition(".")
        if kind == "user":
            self.on_user(name, data)
            return
        entry = self._entries.get(name)
        if entry is None:
            return  # let go of while it was under way
        if sort == "live":
            if not is_event(data):
                # The next event names it, and is healed by a read that leaves it out.
                _log.warning("unreadable log event", room=name)
                return
            seq, prev = headers.sequence(raw_headers), headers.last_sequence(raw_headers)
            if _is_of_another_log(entry, seq):
                self._leaps = seq // limits.SEQ_LEAP
                self._lose(entry)
            else:
                self._release_events(entry, entry.room.accept(seq, prev, data))
        else:
            self._pass_on(entry, data)

    def _release_events(self, entry: Entry, due: Iterable[Event]) -> None:
        for event in due:
            self._deliver(entry, event)
        if entry.room.state is State.HOLED:
            self._heal(entry)
        elif entry.room.state is State.LOST:
            self._lose(entry)

    def _deliver(self, entry: Entry, event: Event) -> None:
        parcel = Parcel(event.data)
        if len(entry.connections) > SLICE or entry.is_waiting:
            self._tell_many(entry, parcel)
        else:
            for connection in entry.connections:
                socket = connection.socket
                socket.send(parcel[socket.form])
        self._metrics.delivered.inc(len(entry.connections))
        self._metrics.fanout.observe(len(entry.connections))
        if is_message(event.body):
            self._seen += 1
            if self._seen % _SAMPLE == 0:
                self._time(event)
        elif (happened := event.happened) is not None:
            self.on_membership(entry.id, happened)

    def _tell_many(self, entry: Entry, parcel: Parcel) -> None:
        if entry.wave is None or not entry.wave.add(parcel):
            if entry.sockets is None:
                entry.sockets = [one.socket for one in entry.connections]
            entry.wave = Wave(entry.sockets, parcel)
            self._turns.begin(entry.wave)

    def _time(self, event: Event) -> None:
        happened = event.happened
        if happened is not None:
            late_ms = max(0, clock.now_ms() - happened.ts)
            self._metrics.delivery_seconds.observe(late_ms / 1000)

    def _pass_on(self, entry: Entry, data: bytes) -> None:
        try:
            passing = _passing.decode(data)
        except _UNREADABLE:
            _log.warning("unreadable passing event", room=entry.id)
            return
        if isinstance(passing, TypingChanged):
            self.on_typing(entry, passing)
            return
        moved = frames.ReadEvent(room=passing.room, user=passing.user, seq=passing.seq)
        parcel = Parcel(wire.encode(moved))
        # The person's own devices hear of it by their own subject.
        for connection in entry.others(passing.user):
            socket = connection.socket
            socket.send(parcel[socket.form])

    # ------------------------------------------------------------------------------- holes

    def _heal(self, entry: Entry) -> None:
        if not entry.holds:
            self._lose(entry)
        elif entry.healing is None:
            entry.holds += 1
            entry.healing = asyncio.create_task(self._fill(entry))

    async def _fill(self, entry: Entry) -> None:
        deadline = clock.monotonic() + _HEAL_SECONDS
        try:
            while (hole := entry.room.hole()) is not None and entry.holds > 1:
                try:
                    await self._fill_one(entry, *hole)
                except BusError:
                    if not self._bus.connected:
                        # Until it is back nothing is shown to anyone, so nothing is lost to them.
                        deadline = clock.monotonic() + _HEAL_SECONDS
                    elif clock.monotonic() > deadline:
                        raise
                    await asyncio.sleep(_HEAL_PAUSE_SECONDS)
        except Exception as error:
            _log.warning("a hole could not be filled", room=entry.id, error=repr(error))
            self._lose(entry)
        finally:
            entry.healing = None
            self.release(entry)

    async def _fill_one(self, entry: Entry, after: int, up_to: int) -> None:
        stretch = await self._reader.read(entry.id, after, up_to, _HEAL_EVENTS)
        if stretch.more:
            raise _TooLongError(f"more than {_HEAL_EVENTS} events are missing")
        self._metrics.healed.inc()
        for event in entry.room.fill(stretch.events, up_to):
            self._deliver(entry, event)

    def _lose(self, entry: Entry) -> None:
        """Give the room up: its sockets reconnect and resume, whoever comes next starts afresh."""
        if entry.holds:
            self._metrics.lost.inc()
        if self._entries.get(entry.id) is entry:
            self._forget(entry)
        for connection in list(entry.connections):
            connection.close(CloseCode.DISCONTINUITY, _LOST)


def _may_begin(entry: Entry, seq: int) -> bool:
    """Whether it is new to the room that `seq` was in it, and nobody was told that it was not."""
    is_told = bool(entry.connections) and entry.room.last < seq
    return seq > 0 and not is_told and entry.room.lacks(seq)


def _is_of_another_log(entry: Entry, seq: int) -> bool:
    """Whether the log was lost and made again between what the room holds and `seq`.

    Not all that is held need have been stored before: history knows, and who resumes is told.
    """
    is_known = entry.room.state is not State.PRIMING and entry.room.last > 0
    return is_known and entry.log < seq // limits.SEQ_LEAP


class _TooLongError(Exception):
    """A hole that is not worth filling."""


def _seen(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()  # whoever waited for it may have gone
