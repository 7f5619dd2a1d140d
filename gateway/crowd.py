"""How many sockets each address holds, and opens; a core, which closes none.

So that no address takes all of them, nor all that a gateway opens in a second.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from services.addresses import Addresses
from services.settings import Rate
from services.window import Window

FULL_SECONDS: Final = 10
"""When an address with too many sockets is to come again: one of them has to end first."""
_PRUNE_SECONDS: Final = 5.0


class Refusal(NamedTuple):
    """Which limit an address has reached, and when to come again."""

    limit: str
    retry_after_seconds: int


class Crowd:
    """At most `most` sockets of an address at a time, and so many opened as `rate` says.

    0 is any number, of both. Bounded by the sockets there are, and those opened lately.
    """

    __slots__ = ("_addresses", "_counts", "_most", "_prune_at", "_window")

    def __init__(self, most: int, rate: Rate, addresses: Addresses) -> None:
        self._most = most
        self._window = None if rate.off else Window(rate)
        self._addresses = addresses
        self._counts: dict[str, int] = {}
        self._prune_at = 0.0

    def __len__(self) -> int:
        """How many addresses hold a socket."""
        return len(self._counts)

    def refusal(self, address: str, now: float) -> Refusal | None:
        """Why an address may not open one more now; None if it may."""
        owner = self._addresses.owner(address)
        if owner is None:
            return None
        if self._most and self._counts.get(owner, 0) >= self._most:
            return Refusal("sockets_address", FULL_SECONDS)
        wait_ms = 0 if self._window is None else self._window.wait_ms(owner, now)
        return Refusal("connects_address", math.ceil(wait_ms / 1000)) if wait_ms else None

    def enter(self, address: str, now: float) -> None:
        """Learn that an address holds one more."""
        owner = self._addresses.owner(address)
        if owner is None:
            return
        self._counts[owner] = self._counts.get(owner, 0) + 1
        if self._window is not None:
            self._window.add(owner, now)
            if now >= self._prune_at:
                self._prune_at = now + _PRUNE_SECONDS
                self._window.prune(now)

    def leave(self, address: str) -> None:
        """Learn that one who entered is gone."""
        owner = self._addresses.owner(address)
        if owner is not None:
            self._counts[owner] -= 1
            if not self._counts[owner]:
                del self._counts[owner]
