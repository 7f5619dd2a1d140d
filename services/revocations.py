"""Keeps a guard from taking what was revoked: hears of it on NATS, asks for what it missed.

It closes no socket: who has some is told by `on_revoked`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import msgspec

from proto import calls, limits, subjects, wire
from services import clock, logs_structlog
from services.bus import BusError, Loss
from services.bus_nats import Bus
from services.guard import Checker, Claims, KeysUnavailable, Unauthorized
from services.revoked import MARGIN_MS, Revoked
from services.subjects_nats import Subjects

ANSWER_SECONDS: Final = 5.0
WAIT_SECONDS: Final = 2.0
"""How long a token waits for what was missed to be known."""
PRUNE_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.5
_log = logs_structlog.get_logger()


class SignedOut(Unauthorized):
    """The token was good, until its session was ended."""


class Revocations:
    """A guard around a guard, and a part of the service after its bus.

    Until it has learned once what was revoked it takes no token: a service that starts later than
    a sign-out knows of it all the same. After its way to NATS was cut it asks again, and a token
    waits for the answer. If there is none, a `strict` one takes no token; else it is judged by what
    is known, so that auth being away shuts nobody out: no token outlives its 15 minutes.
    """

    name = "revocations"

    def __init__(self, bus: Bus, guard: Checker, *, strict: bool = False) -> None:
        self._bus = bus
        self._guard = guard
        self._strict = strict
        self._revoked = Revoked()
        self._learned = False
        self._losses = 0
        self._current = asyncio.Event()
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.on_revoked: Callable[[calls.Revoked], None] = lambda _: None
        """Called with each once it is known; one may be told twice."""
        self._subjects = Subjects(bus, self._arrived)
        self._subjects.add(subjects.AUTH_REVOKED)
        bus.on_loss.append(self._on_loss)

    async def start(self) -> None:
        """Begin to learn, without waiting for auth: it may come up after us."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def health(self) -> None:
        """Answer if tokens can be judged.

        Raises:
            KeysUnavailable: auth has not told yet what was revoked.
        """
        if not self._learned:
            raise KeysUnavailable("auth has not told yet what was revoked")

    async def check(self, token: str) -> Claims:
        """Answer what a token says; as `services.guard.Checker`.

        Raises:
            SignedOut: its session was ended.
            Unauthorized: it is not good.
            KeysUnavailable: it is not known whether it is good.
        """
        claims = await self._guard.check(token)
        if not self._current.is_set():
            await self._catch_up_before()
        if self.is_void(claims):
            raise SignedOut("the session was signed out")
        return claims

    def is_void(self, claims: Claims) -> bool:
        """Say whether what a token speaks for was signed out after it was made."""
        return self._revoked.holds(claims.sub, claims.sid, claims.issued_ms)

    async def current(self, seconds: float) -> bool:
        """Wait so long for everything that was revoked to be known here; say whether it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._current.wait()
        return self._current.is_set()

    async def _catch_up_before(self) -> None:
        """Wait for what was missed, where an answer may come; nobody waits for NATS itself."""
        if self._strict or not self._learned or self._bus.connected:
            known = await self.current(WAIT_SECONDS)
            if self._strict and not known:
                raise KeysUnavailable("auth has not told yet what was revoked meanwhile")
        await self.health()

    def _arrived(self, _subject: str, data: bytes, _headers: bytes, _reply: str) -> None:
        try:
            self._learn(msgspec.json.decode(data, type=calls.Revoked))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            _log.warning("unreadable revocation")

    def _on_loss(self, _reason: Loss) -> None:
        # From here to the next answer something may be revoked that is not heard of.
        self._losses += 1
        self._current.clear()
        self._lost.set()

    def _learn(self, revoked: calls.Revoked) -> None:
        self._revoked.add(revoked)
        self.on_revoked(revoked)

    async def _run(self) -> None:
        told = False
        while True:
            losses = self._losses
            self._lost.clear()
            try:
                await self._ask_all()
            except Exception as error:
                # It must go on whatever happens: nobody else asks for what was missed.
                if not told:
                    _log.warning("revocations not learned yet", error=repr(error))
                told = True
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            told = False
            if self._losses == losses:
                self._learned = True
                self._current.set()
            while not self._lost.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PRUNE_SECONDS):
                        await self._lost.wait()
                self._revoked.prune(clock.now_ms())

    async def _ask_all(self) -> None:
        """Ask for everything that a living token may be about; subscribed before it is asked.

        Raises:
            BusError: auth could not be asked.
        """
        await self._bus.flush()
        since_ms = clock.now_ms() - limits.ACCESS_TOKEN_SECONDS * 1000 - MARGIN_MS
        more = True
        while more:
            page = await self._ask(since_ms)
            for revoked in page.revoked:
                self._learn(revoked)
            more = page.more and bool(page.revoked) and page.revoked[-1].at_ms > since_ms
            since_ms = page.revoked[-1].at_ms if page.revoked else since_ms

    async def _ask(self, since_ms: int) -> calls.RevocationsReply:
        call = wire.encode(calls.RevocationsCall(since_ms))
        raw = await self._bus.request(subjects.AUTH_REVOCATIONS, call, ANSWER_SECONDS)
        try:
            return msgspec.json.decode(raw, type=calls.RevocationsReply)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BusError(f"what was revoked cannot be read: {error}") from None
