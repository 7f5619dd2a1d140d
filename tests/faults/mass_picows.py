"""Very many lean sockets in one process; whoever tries the library itself takes `crowd`.

Each keeps the protocol (docs/reference/protocol.md): it resumes, backs off with full jitter, obeys
`reconnect` and `Retry-After`, and comes back at once when it finds a hole. Nothing is judged here.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec
from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSInvalidStatusError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)

from proto import frames, ids
from proto.codes import CloseCode
from tests.faults.crowd import now_ms
from tests.faults.record import Entry, Gap, Held, Holding, Left, Rewind, Sending

BASE_SECONDS = 0.5
CAP_SECONDS = 30.0
OPEN_SECONDS = 10.0
BUFFER_BYTES = 2_048
ABNORMAL, NO_CODE = 1006, 1005
"""The connection broke; it was closed without a code (RFC 6455 §7.1.5)."""
OPENING = 64
"""So many of one mass open at once, at most: more wait for the processor anyway."""


class _Room(msgspec.Struct):
    id: str
    last_seq: int


class _Result(msgspec.Struct):
    seq: int = 0


class _Seen(msgspec.Struct):
    """What is looked at of any frame; `id` is a message's key or an answer's request."""

    type: str
    room: str = ""
    seq: int = 0
    prev: int = 0
    id: str = ""
    sender: str = ""
    user: object = ""
    by: str = ""
    text: str = ""
    to: int = 0
    complete: bool = False
    gone: bool = False
    after_ms: int = 0
    code: str = ""
    gateway: str = ""
    rooms: list[_Room] = []
    result: _Result | None = None


_decode = msgspec.json.Decoder(_Seen).decode
_encode = msgspec.json.encode


class Mass:
    """All of them, and what happened to them together. Times are of the harness's clock, in ms."""

    def __init__(self, url: str, *, keep: bool = True) -> None:
        """Nobody is here; `url` is where they come back to. `keep`: all that is shown and said."""
        self.url = url
        self.keep = keep
        self.sockets: list[Lean] = []
        self.tokens: dict[str, str] = {}
        """By user; whoever keeps a mass for longer than a token lives puts fresh ones here."""
        self.readies = 0
        """How often one was ready."""
        self.ready_ms: list[int] = []
        """Each time that one was ready."""
        self.away_ms: list[int] = []
        """For each return: from the loss until everything missed was there."""
        self.ends: Counter[str] = Counter()
        """How often a socket ended, by its code or by itself, or could not be opened."""
        self.farewells: Counter[str] = Counter()
        """How many each gateway told to go (4000), by the name in its `ready`."""
        self.cpu_gate = asyncio.Semaphore(OPENING)

    async def open(self, tokens: dict[str, str], each: int, first: str = "") -> None:
        """Open `each` sockets for every user, first at `first`, if that is another url."""
        self.tokens.update(tokens)
        for number, user in enumerate(tokens):
            for device in range(each):
                self.sockets.append(Lean(self, f"m{number}-{device}", user, first or self.url))
        for socket in self.sockets:
            socket.return_soon(0.0)
        await self.live()

    async def live(self) -> None:
        """Return when every one is ready and has what it missed, all at once."""
        while self.alive < len(self.sockets):
            for socket in self.sockets:
                await socket.live.wait()

    @property
    def alive(self) -> int:
        """How many are ready and have what they missed."""
        return sum(socket.live.is_set() for socket in self.sockets)

    @property
    def sendings(self) -> list[Sending]:
        """Everything that anybody tried to say."""
        return [sending for socket in self.sockets for sending in socket.sendings()]

    def holdings(self) -> Iterator[Holding]:
        """What was heard; call it when all has settled."""
        for socket in self.sockets:
            yield from socket.holdings()

    def peak_ready(self) -> int:
        """Most that became ready within one second."""
        times = sorted(self.ready_ms)
        peak = start = 0
        for end, ms in enumerate(times):
            while times[start] <= ms - 1_000:
                start += 1
            peak = max(peak, end - start + 1)
        return peak

    def forget(self) -> None:
        """Begin to count returns anew."""
        self.ready_ms.clear()
        self.away_ms.clear()
        self.ends.clear()
        self.farewells.clear()
        for socket in self.sockets:
            socket.losses = 0

    async def stop(self) -> None:
        """Close them all. Idempotent."""
        for socket in self.sockets:
            socket.stop()
        await asyncio.sleep(0)


class Lean(WSListener):
    """One socket at a time, opened again whenever it is lost, until it is stopped."""

    def __init__(self, mass: Mass, name: str, user: str, url: str) -> None:
        """Nothing is opened; `url` is for the first time."""
        self.name = name
        self.live = asyncio.Event()
        self.losses = 0
        """How often it was live, and is so no more."""
        self.begins: dict[str, int] = {}
        self._mass = mass
        self.user = user
        self._url = url
        self._gateway = ""
        self._last: dict[str, int] = {}
        self._items: dict[str, list[Held]] = {}
        self._transport: WSTransport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._resuming: set[str] = set()
        self._after_seconds: float | None = None
        self._end = str(ABNORMAL)
        self._lost_ms = 0
        self._stopped = False
        self._pending: dict[str, Sending] = {}
        self._done: list[Sending] = []
        self._numbers = itertools.count(1)

    def return_soon(self, seconds: float) -> None:
        """Open a socket after so long, and again until one opens."""
        if not self._stopped:
            self._opening = asyncio.create_task(self._open(seconds))

    def stop(self) -> None:
        """Close it for good. Idempotent."""
        self._stopped = True
        if self._opening is not None:
            self._opening.cancel()
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def cut(self) -> None:
        """Break the connection without a word; it comes back by itself."""
        if self._transport is not None:
            self._transport.underlying_transport.abort()

    def leave(self) -> None:
        """Close it in the proper way; it comes back by itself."""
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)

    def position(self, room: str) -> int:
        """The last seq it has heard there."""
        return self._last[room]

    def say(self, room: str, more: int = 0) -> None:
        """Say something there, with so many characters more than it takes.

        It is said again, with the same key, after each return.
        """
        number, now = next(self._numbers), now_ms()
        sending = Sending(
            client=self.name,
            user=self.user,
            room=room,
            key=ids.uuid7(now, os.urandom(10)),
            text=f"{self.name}: {number}" + "x" * more,
            number=number,
            began_ms=now,
            ended_ms=now,
            outcome="unknown",
        )
        self._pending[str(number)] = sending
        if self.live.is_set():
            self._send(sending)

    def hears(self, ends: Mapping[str, int]) -> bool:
        """Whether it has heard each of its rooms up to there."""
        return all(self._last[room] >= ends.get(room, 0) for room in self._last)

    @property
    def waits(self) -> bool:
        """Whether something it said has no answer yet."""
        return bool(self._pending)

    def sendings(self) -> list[Sending]:
        """What it tried to say."""
        return [*self._done, *self._pending.values()]

    def holdings(self) -> Iterator[Holding]:
        """What it was shown."""
        for room, begin in self.begins.items():
            yield Holding(
                client=self.name,
                user=self.user,
                room=room,
                member_from=begin,
                at_end=True,
                items=self._items.get(room, []),
            )

    # ------------------------------------------------------------------------------ the socket

    async def _open(self, seconds: float) -> None:
        for attempt in itertools.count():
            await asyncio.sleep(seconds)
            told = 0.0
            try:
                async with self._mass.cpu_gate:
                    await ws_connect(
                        lambda: self,
                        self._url.replace("http", "ws", 1) + "/v1/ws",
                        websocket_handshake_timeout=OPEN_SECONDS,
                        read_buffer_init_size=BUFFER_BYTES,
                    )
                return
            except WSInvalidStatusError as error:
                status = 0 if error.response is None else int(error.response.status)
                self._mass.ends[f"HTTP {status}"] += 1
                if error.response is not None:
                    told = float(error.response.headers.get("Retry-After", 0))
            except (OSError, WSError, TimeoutError) as error:
                self._mass.ends[type(error).__name__] += 1
            seconds = told + _jitter(attempt)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Say who it is, and what it holds."""
        self._transport = transport
        token = self._mass.tokens[self.user]
        hello = {"type": "hello", "token": token, "resume": self._last}
        transport.send(WSMsgType.TEXT, _encode(hello))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Come back, as soon as it was told or may."""
        self._mass.ends[self._end] += 1
        if self.live.is_set():
            self._lost_ms = now_ms()
            self.losses += 1
        self.live.clear()
        self._transport, self._end = None, str(ABNORMAL)
        after, self._after_seconds = self._after_seconds, None
        self.return_soon(_jitter(0) if after is None else after)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take a frame; frames of ours are never fragmented."""
        if frame.msg_type == WSMsgType.CLOSE:
            code = int.from_bytes(frame.get_payload_as_bytes()[:2], "big") or NO_CODE
            self._end = str(code)
            if code == CloseCode.DRAIN:
                self._mass.farewells[self._gateway] += 1
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif frame.msg_type == WSMsgType.TEXT:
            self._take(_decode(frame.get_payload_as_memoryview()))

    # ------------------------------------------------------------------------------ the protocol

    def _take(self, seen: _Seen) -> None:
        if seen.seq:
            self._event(seen)
        elif seen.type == "ready":
            self._ready(seen)
        elif seen.type == "resumed":
            self._resumed(seen)
        elif seen.type in ("ok", "error"):
            self._answer(seen)
        elif seen.type == "reconnect":
            self._after_seconds = seen.after_ms / 1000

    def _ready(self, seen: _Seen) -> None:
        self._mass.readies += 1
        self._url, self._gateway = self._mass.url, seen.gateway
        if self._mass.keep:
            self._mass.ready_ms.append(now_ms())
        self._resuming = set(self._last)
        for room in seen.rooms:
            if room.id not in self._last:
                self.begins[room.id] = self._last[room.id] = room.last_seq
        self._caught_up()

    def _resumed(self, seen: _Seen) -> None:
        held, items = self._last[seen.room], self._items.setdefault(seen.room, [])
        if seen.gone:
            items.append(Left())
        elif seen.to < held:
            items.append(Rewind(to=seen.to))
            self._last[seen.room] = seen.to
        elif not seen.complete:
            items.append(Gap(after=held, before=seen.to + 1))
            self._last[seen.room] = seen.to
        self._resuming.discard(seen.room)
        self._caught_up()

    def _caught_up(self) -> None:
        if self._resuming:
            return
        if self._lost_ms and self._mass.keep:
            self._mass.away_ms.append(now_ms() - self._lost_ms)
        self.live.set()
        for sending in self._pending.values():
            self._send(sending)

    def _event(self, seen: _Seen) -> None:
        held = self._last.get(seen.room, 0)
        if seen.prev > held:
            # A hole: what follows it is not taken. The resume will bring all of it.
            self._come_again("a hole", 0.0)
        elif seen.seq > held:
            self._last[seen.room] = seen.seq
            who = seen.sender or str(seen.user or seen.by)
            key = seen.id if seen.type == "message" else ""
            if not self._mass.keep:
                return
            entry = Entry(
                seq=seen.seq, kind=seen.type, who=who, key=key, text=seen.text, ms=now_ms()
            )
            self._items.setdefault(seen.room, []).append(entry)

    def _send(self, sending: Sending) -> None:
        assert self._transport is not None
        frame = frames.Send(
            id=str(sending.number), room=sending.room, key=sending.key, text=sending.text
        )
        self._transport.send(WSMsgType.TEXT, _encode(frame))

    def _answer(self, seen: _Seen) -> None:
        """Here nothing is refused for good: after an error all is said again, in order."""
        if seen.type == "error":
            self._come_again(f"error {seen.code}", _jitter(1))
        elif seen.result is not None and seen.id in self._pending:
            sending = self._pending.pop(seen.id)
            if not self._mass.keep:
                return
            changes = {"outcome": "ok", "seq": seen.result.seq, "ended_ms": now_ms()}
            self._done.append(msgspec.structs.replace(sending, **changes))

    def _come_again(self, why: str, seconds: float) -> None:
        self._end, self._after_seconds = why, seconds
        if self._transport is not None:
            self._transport.disconnect(graceful=False)


def _jitter(attempt: int) -> float:
    most = min(CAP_SECONDS, BASE_SECONDS * 2 ** min(attempt, 6))
    return random.uniform(0, most)  # noqa: S311 - no secret
