"""How many sockets each address holds, so that none takes them all; a core, which closes none."""

from __future__ import annotations

from services.addresses import Addresses


class Crowd:
    """At most `most` sockets an address; 0 is any number. Bounded by the sockets there are."""

    __slots__ = ("_addresses", "_counts", "_most")

    def __init__(self, most: int, addresses: Addresses) -> None:
        self._most = most
        self._addresses = addresses
        self._counts: dict[str, int] = {}

    def __len__(self) -> int:
        """How many addresses hold one."""
        return len(self._counts)

    def is_full(self, address: str) -> bool:
        """Say whether an address holds as many as it may."""
        owner = self._owner(address)
        return owner is not None and self._counts.get(owner, 0) >= self._most

    def enter(self, address: str) -> None:
        """Learn that an address holds one more."""
        owner = self._owner(address)
        if owner is not None:
            self._counts[owner] = self._counts.get(owner, 0) + 1

    def leave(self, address: str) -> None:
        """Learn that one who entered is gone."""
        owner = self._owner(address)
        if owner is not None:
            self._counts[owner] -= 1
            if not self._counts[owner]:
                del self._counts[owner]

    def _owner(self, address: str) -> str | None:
        return self._addresses.owner(address) if self._most else None
