"""A guard around a guard that knows who was renamed since a token was made; it renames nobody.

An access token says its bearer's name for 15 minutes. What is heard here is passing: who did not
hear it shows the old name until then.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from proto import calls, limits, subjects
from services import clock, logs_structlog
from services.bus_nats import Bus
from services.guard import Checker, Claims
from services.revoked import MARGIN_MS
from services.subjects_nats import Subjects

MOST: Final = 100_000
"""Names that are remembered at most, the last ones."""
_log = logs_structlog.get_logger()


class Renames:
    """Nothing is kept longer than an access token lives, and a margin."""

    def __init__(self, bus: Bus, guard: Checker) -> None:
        self._guard = guard
        self._known: OrderedDict[str, calls.Renamed] = OrderedDict()
        self.on_renamed: Callable[[calls.Renamed], None] = lambda _: None
        """Called with each once it is known."""
        self._subjects = Subjects(bus, self._arrived)
        self._subjects.add(subjects.AUTH_RENAMED)

    def __len__(self) -> int:
        return len(self._known)

    async def check(self, token: str) -> Claims:
        """Answer what a token says, by its bearer's present name; as `services.guard.Checker`.

        Raises:
            Unauthorized: it is not good.
            KeysUnavailable: it is not known whether it is good.
        """
        return self.present(await self._guard.check(token))

    def present(self, claims: Claims) -> Claims:
        """What a token says, with the name that its bearer has now."""
        renamed = self._known.get(claims.sub)
        if renamed is None or claims.issued_ms > renamed.at_ms:
            return claims
        return msgspec.structs.replace(claims, name=renamed.user.display_name)

    def _arrived(self, _subject: str, data: bytes, _headers: bytes, _reply: str) -> None:
        try:
            renamed = msgspec.json.decode(data, type=calls.Renamed)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            _log.warning("unreadable rename")
            return
        known = self._known.pop(renamed.user.id, renamed)
        # Replicas of auth may tell two of one person in either order.
        self._known[renamed.user.id] = max(known, renamed, key=lambda one: one.at_ms)
        self._prune(clock.now_ms() - limits.ACCESS_TOKEN_SECONDS * 1000 - MARGIN_MS)
        self.on_renamed(renamed)

    def _prune(self, horizon_ms: int) -> None:
        while self._known:
            user, oldest = next(iter(self._known.items()))
            if oldest.at_ms >= horizon_ms and len(self._known) <= MOST:
                return
            del self._known[user]
