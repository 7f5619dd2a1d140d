"""People who talk while everything around them is killed, and write down what came of it.

They use the SDK as any bot would. Nothing is judged here: that is the checker's.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from contextlib import AsyncExitStack

from parley_sdk import Api, Client
from parley_sdk.effects import State
from parley_sdk.errors import ClosedError, ParleyError, SendError
from parley_sdk.room_log import Gone, Item, Missed, Rewound

from proto import codes, events, frames, ids, limits
from proto.shapes import RoomKind
from tests.faults import marks
from tests.faults.changer import RECENT, Changer
from tests.faults.record import (
    Amending,
    Entry,
    Gap,
    Held,
    Holding,
    Left,
    Outcome,
    Rewind,
    Sending,
)

PASSWORD = "correct horse battery"
OPEN_SECONDS = 60.0
UNKNOWN_SECONDS = 60.0
"""After the end of all faults nobody waits longer for an answer."""
AHEAD_MS = 30_000
"""How wrong the clocks of some are, either way; a key may be 60 s ahead."""
CHANGES_SECONDS = (1.0, 6.0)
"""How often somebody changes what was said."""
_OLD_MS = 360_000
"""Older than the log's own memory of keys: such a key goes the slow way."""


def now_ms() -> int:
    """The harness's clock."""
    return time.time_ns() // 1_000_000


def entry(event: events.LogEvent, ms: int) -> Entry:
    """What is compared of a log event that happened, or was heard, at a time."""
    kind = str(event.__struct_config__.tag)
    seq = event.seq if isinstance(event.seq, int) else 0
    if isinstance(event, events.Message):
        who, key, text = event.sender, event.id, event.text
        deleted = event.deleted is True
        return Entry(seq=seq, kind=kind, who=who, key=key, text=text, deleted=deleted, ms=ms)
    who = str(getattr(event, "user", None) or getattr(event, "by", ""))
    target = int(getattr(event, "target", 0))
    text = str(getattr(event, "text", None) or getattr(event, "emoji", ""))
    return Entry(seq=seq, kind=kind, who=who, target=target, text=text, ms=ms)


class Talker:
    """One person with one client that listens, and sometimes a second one that repeats them."""

    def __init__(
        self,
        name: str,
        api: Api,
        user: str,
        skew_ms: int,
        chance: random.Random,
        asked: Counter[str],
    ) -> None:
        """Who they are; `skew_ms` is what their clock is off, `asked` what all have changed."""
        self.name = name
        self.api = api
        self.user = user
        self.skew_ms = skew_ms
        self.client: Client
        self.changer = Changer(name, api, user, chance, asked)
        self.said: dict[str, deque[Sending]] = defaultdict(lambda: deque(maxlen=RECENT))
        """The latest of what was acknowledged, by room."""
        self.words: dict[str, int] = {}
        """Every marked word that came, and the begin of the last connection on which it did."""
        self._connecting_ms = now_ms()
        self.sendings: list[Sending] = []
        self.begins: dict[str, int] = {}
        self.items: dict[str, list[Held]] = defaultdict(list)
        self.heard = asyncio.Event()
        """Set at each thing heard; who waits for one clears it."""
        self._entered: dict[str, list[int]] = defaultdict(list)
        self._numbers = itertools.count(1)

    def state(self, state: State, _why: str) -> None:
        """Note when a connection is begun: whatever comes on it was said to them after that."""
        if state is State.CONNECTING:
            self._connecting_ms = now_ms()

    def frame(self, frame: object) -> None:
        """Note the words that come, and where a room begins for one who was let in again."""
        if isinstance(frame, events.Message | events.MessageEdited):
            self._hear(frame.text)
        elif isinstance(frame, frames.Ok):
            self._hear(bytes(frame.result))
        elif isinstance(frame, frames.RoomAdded):
            room = frame.room
            begin = min(room.read_seq, room.last_seq)
            if room.id in self.begins:
                self._entered[room.id].append(begin)
            else:
                self.begins[room.id] = begin

    def _hear(self, what: str | bytes) -> None:
        self.words.update(dict.fromkeys(marks.found(what), self._connecting_ms))

    async def listen(self) -> None:
        """Take everything that the client gives out, until it is closed."""
        async for item in self.client.events():
            self._take(item)
            self.heard.set()

    def _take(self, item: Item) -> None:
        room = item.room
        held = self.items[room]
        match item:
            case Missed():
                held.append(Gap(after=item.after, before=item.before))
            case Rewound():
                held.append(Rewind(to=item.to))
            case Gone():
                held.append(Left())
            case _:
                what = entry(item, now_ms())
                self._enter(room, what.seq)
                held.append(what)

    def _enter(self, room: str, before: int) -> None:
        """Note where the client began anew in a room it had been removed from."""
        while self._entered[room] and self._entered[room][0] < before:
            begin = self._entered[room].pop(0)
            self.items[room].append(Gap(after=begin, before=begin + 1))

    def holds(self, room: str, text: str) -> bool:
        """Whether a message of that text was heard."""
        return any(isinstance(i, Entry) and i.text == text for i in reversed(self.items[room]))

    async def hear(self, room: str, text: str) -> None:
        """Wait until a message of that text was heard; cancel it when that is too long."""
        while not self.holds(room, text):
            self.heard.clear()
            await self.heard.wait()

    def key(self, *, old: bool = False) -> str:
        """Make a key by this person's own clock."""
        return ids.uuid7(now_ms() + self.skew_ms - (_OLD_MS if old else 0), os.urandom(10))

    async def say(
        self,
        room: str,
        text: str,
        key: str,
        *,
        by: Client | None = None,
        seconds: float | None = None,
    ) -> Sending:
        """Say something, whatever it takes, and write down what came of it."""
        number, began, seq = next(self._numbers), now_ms(), None
        outcome: Outcome = "unknown"
        client = by or self.client
        try:
            result = await client.send(room, text, key=key, timeout_seconds=seconds)
            outcome, seq = "ok", result.seq
        except SendError as error:
            outcome = "unknown" if error.code == codes.ErrorCode.TIMEOUT else "refused"
        except ClosedError:
            pass
        except asyncio.CancelledError:
            self._note(room, text, key, number, began, "unknown", None, by)
            raise
        return self._note(room, text, key, number, began, outcome, seq, by)

    def _note(
        self,
        room: str,
        text: str,
        key: str,
        number: int,
        began: int,
        outcome: Outcome,
        seq: int | None,
        by: Client | None,
    ) -> Sending:
        sending = Sending(
            client=self.name if by is None else f"{self.name}/again",
            user=self.user,
            room=room,
            key=key.lower(),
            text=text,
            number=number,
            began_ms=began,
            ended_ms=now_ms(),
            outcome=outcome,
            seq=seq,
            repeat=by is not None,
        )
        self.sendings.append(sending)
        if outcome == "ok" and not sending.repeat:
            self.said[room].append(sending)
        return sending

    def holdings(self, members: dict[str, set[str]]) -> list[Holding]:
        """What was heard of each room; `members` says who is in each at the end."""
        for room in self.begins:
            self._enter(room, limits.SEQ_MAX)
        return [
            Holding(
                client=self.name,
                user=self.user,
                room=room,
                member_from=begin,
                at_end=self.user in members.get(room, ()) and self.client.state is State.LIVE,
                items=self.items[room],
            )
            for room, begin in self.begins.items()
        ]


class Crowd:
    """Everyone, and their rooms. `rooms` maps each to those who talk in it, its owner first."""

    def __init__(self, url: str, seed: int) -> None:
        """Nobody is here yet."""
        self.url = url
        self.chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self.people: list[Talker] = []
        self.rooms: dict[str, list[Talker]] = {}
        self.others: set[str] = set()
        """Rooms that somebody else talks in, and that are looked at too."""
        self.oks: list[int] = []
        """When something was acknowledged, in ms."""
        self._talking: list[asyncio.Task[None]] = []
        self._listening: list[asyncio.Task[None]] = []
        self._closing = AsyncExitStack()
        self._ended = asyncio.Event()

    async def gather(self, sizes: Sequence[int]) -> None:
        """Register as many as the largest room takes, make the rooms, and connect everyone.

        Raises:
            ParleyError: the stack, whole as yet, refused something.
        """
        count, asked = max(sizes), Counter[str]()
        for number in range(count):
            api = await self._closing.enter_async_context(Api(self.url))
            signed = await api.register(f"p{number}-{os.urandom(3).hex()}", PASSWORD)
            skew = self.chance.choice((0, 0, AHEAD_MS, -AHEAD_MS))
            talker = Talker(f"p{number}", api, signed.user.id, skew, self.chance, asked)
            self.people.append(talker)
        for number, size in enumerate(sizes):
            members = self.people[:size]
            kind: RoomKind = "private" if number % 2 else "public"
            others = [one.user for one in members[1:]]
            room = await members[0].api.create_room(kind, name=f"Room {number}", members=others)
            self.rooms[room.id] = members
        for talker in self.people:
            await self.connect(talker)

    async def connect(self, talker: Talker) -> None:
        """Let one listen."""
        client = Client(
            self.url,
            talker.api.tokens,
            on_frame=talker.frame,
            on_state=talker.state,
            open_timeout_seconds=OPEN_SECONDS,
        )
        talker.client = await self._closing.enter_async_context(client)
        talker.begins.update({room.id: room.last_seq for room in client.rooms.values()})
        self._listening.append(asyncio.create_task(talker.listen()))

    def talk(self, each_per_second: float) -> None:
        """Let everyone talk in each of their rooms, at about this rate, until `hush`."""
        for room, members in self.rooms.items():
            for talker in members:
                work = self._talk(talker, room, 1 / each_per_second)
                self._talking.append(asyncio.create_task(work))
        for talker in self.people:
            self._talking.append(asyncio.create_task(self._think_better(talker)))
        self._talking.append(asyncio.create_task(self._come_and_go()))
        self._talking.append(asyncio.create_task(self._repeat()))

    async def hush(self) -> None:
        """Let what is under way be answered, for a bounded time; then nobody talks any more."""
        self._ended.set()
        _, late = await asyncio.wait(self._talking, timeout=UNKNOWN_SECONDS)
        for task in late:
            task.cancel()
        for outcome in await asyncio.gather(*self._talking, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def stop(self) -> None:
        """Disconnect everyone, whatever they are about. Idempotent."""
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)
        await self._closing.aclose()
        await asyncio.gather(*self._listening, return_exceptions=True)

    @property
    def sendings(self) -> list[Sending]:
        """Everything that anybody tried to say."""
        return [sending for talker in self.people for sending in talker.sendings]

    @property
    def amendings(self) -> list[Amending]:
        """Everything that anybody tried to do to what was said."""
        return [one for talker in self.people for one in talker.changer.amendings]

    async def live(self) -> None:
        """Return when every client has everything that its server told of."""
        await asyncio.gather(*(talker.client.live() for talker in self.people))

    def unwell(self) -> list[str]:
        """Name everyone who does not have everything that their server told of, and their state."""
        states = {one.name: one.client.state for one in self.people}
        return [f"{name} is {state.name}" for name, state in states.items() if state != State.LIVE]

    async def _talk(self, talker: Talker, room: str, every_seconds: float) -> None:
        """Say one thing after the other, some of them before the last was acknowledged."""
        under_way: set[asyncio.Task[None]] = set()
        await asyncio.sleep(self.chance.uniform(0, every_seconds))
        for number in itertools.count(1):
            if self._ended.is_set():
                break
            text = f"{talker.name}: {number} {marks.mark()}"
            old = self.chance.random() < 0.02
            task = asyncio.create_task(self._say(talker, room, text, talker.key(old=old)))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            if len(under_way) >= 8:
                await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            await self._rest(self.chance.uniform(0.5, 1.5) * every_seconds)
        await asyncio.gather(*under_way)

    async def _say(self, talker: Talker, room: str, text: str, key: str) -> None:
        if (await talker.say(room, text, key)).outcome == "ok":
            self.oks.append(now_ms())

    async def _repeat(self) -> None:
        """Now and then somebody says again, by another client, what was acknowledged before."""
        for talker in itertools.cycle(self.people):
            await self._rest(0.5)
            if self._ended.is_set():
                return
            said = [one for one in talker.sendings if one.outcome == "ok"]
            if not said:
                continue
            first = self.chance.choice(said)
            again = Client(self.url, talker.api.tokens, queue=0, open_timeout_seconds=OPEN_SECONDS)
            try:
                async with again:
                    await talker.say(first.room, first.text, first.key, by=again, seconds=30)
            except (ParleyError, TimeoutError):
                continue  # it could not even connect in time: that is a fault under way

    async def _think_better(self, talker: Talker) -> None:
        """Now and then somebody changes what was said, themselves or others."""
        rooms = [room for room, members in self.rooms.items() if talker in members]
        owned = frozenset(room for room in rooms if self.rooms[room][0] is talker)
        while True:
            await self._rest(self.chance.uniform(*CHANGES_SECONDS))
            if self._ended.is_set():
                return
            said = {room: self._said(room) for room in rooms}
            await talker.changer.change(said, owned)

    def _said(self, room: str) -> list[Sending]:
        """The latest of what was acknowledged in a room, in its order."""
        some = [sending for one in self.rooms[room] for sending in one.said[room]]
        return sorted(some, key=lambda sending: sending.seq or 0)

    async def _come_and_go(self) -> None:
        """Now and then the owner of a room removes its last member, and lets them in again."""
        while not self._ended.is_set():
            await self._rest(3.0)
            room, members = self.chance.choice(list(self.rooms.items()))
            if len(members) < 3:
                continue
            owner, guest = members[0], members[-1]
            await self._until_done(owner.api.remove_member, room, guest.user)
            await self._rest(1.0)
            await self._until_done(owner.api.add_member, room, guest.user)

    async def _until_done(self, ask: object, room: str, user: str) -> None:
        """Repeat what is idempotent until it is answered."""
        assert callable(ask)
        while True:
            try:
                await ask(room, user)
                return
            except ParleyError:
                await asyncio.sleep(0.5)

    async def _rest(self, seconds: float) -> None:
        """Pause, or less if it is over."""
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            pass
