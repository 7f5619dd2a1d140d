"""Takes our own tokens and those of trusted issuers, whose people it has auth know; checks none."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from proto import calls, subjects, wire
from proto.codes import ErrorCode
from services import clock
from services.bus import BusError
from services.bus_nats import Bus
from services.guard import Checker, Claims, KeysUnavailable, Unauthorized
from services.issuers import TrustedIssuer
from services.tokens_jwt import Guard, foreign_guard, issuer_of

ANSWER_SECONDS: Final = 5.0
KNOWN_SECONDS: Final = 600.0
"""How long auth's word on a token counts: a disabled account is told of sooner, by its event."""
KNOWN_TOKENS: Final = 10_000

Introduce = Callable[[str], Awaitable[Claims]]
"""Has auth know the person of a token of a trusted issuer, and answers what auth calls them."""


class Trust:
    """A guard around our own one, and a part of the service after its bus."""

    name = "trust"

    def __init__(
        self, own: Checker, trusted: Sequence[TrustedIssuer], introduce: Introduce
    ) -> None:
        self._own = own
        self._guards: dict[str, Guard] = {one.issuer: foreign_guard(one) for one in trusted}
        self._introduce = introduce
        self._known: OrderedDict[bytes, tuple[float, Claims]] = OrderedDict()

    async def start(self) -> None:
        """Fetch the keys of every issuer; one that is away does not fail the start."""
        for guard in self._guards.values():
            await guard.start()

    async def stop(self) -> None:
        """End the fetching. Idempotent."""
        for guard in self._guards.values():
            await guard.stop()

    async def check(self, token: str) -> Claims:
        """Answer what a token says; as `services.guard.Checker`.

        Raises:
            Unauthorized: it is not good, or its person's account is disabled.
            KeysUnavailable: it is not known whether it is good.
        """
        guard = self._guards.get(issuer_of(token)) if self._guards else None
        if guard is None:
            return await self._own.check(token)
        claims, now = await guard.check(token), clock.monotonic()
        digest = hashlib.sha256(token.encode()).digest()
        told_at, known = self._known.get(digest, (float("-inf"), claims))
        if now - told_at < KNOWN_SECONDS:
            return known
        known = await self._introduce(token)
        self._known[digest] = (now, known)
        if len(self._known) > KNOWN_TOKENS:
            self._known.popitem(last=False)
        return known


def by_bus(bus: Bus) -> Introduce:
    """Ask auth over NATS."""

    async def introduce(token: str) -> Claims:
        call = wire.encode(calls.AdmitCall(token))
        try:
            raw = await bus.request(subjects.AUTH_ADMIT, call, ANSWER_SECONDS)
        except BusError as error:
            raise KeysUnavailable(f"auth cannot be asked who this is: {error}") from None
        return _told(raw)

    return introduce


def _told(raw: bytes) -> Claims:
    try:
        return msgspec.json.decode(raw, type=Claims)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    try:
        failure = msgspec.json.decode(raw, type=calls.Failure)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise KeysUnavailable("what auth says of this token cannot be read") from None
    if failure.code == ErrorCode.UNAUTHORIZED:
        raise Unauthorized(failure.message)
    raise KeysUnavailable(failure.message)
