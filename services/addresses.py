"""Whom an IP address stands for where something is limited an address; it counts nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

_IPV6_PREFIX: Final = 64
"""One customer has at least so much: their addresses count as one."""


class Addresses:
    """`exempt` are addresses and networks without such limits (`PARLEY_LIMIT_EXEMPT`)."""

    __slots__ = ("_exempt",)

    def __init__(self, exempt: Sequence[str] = ()) -> None:
        """Raises ValueError if one is neither an address nor a network."""
        self._exempt = [ipaddress.ip_network(address, strict=False) for address in exempt]

    def owner(self, address: str) -> str | None:
        """Who is counted: the address, or the network of an IPv6 one; None if nobody is.

        Nobody is for an address that is exempt, and for what is none, such as a Unix socket's.
        """
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return None
        found = getattr(found, "ipv4_mapped", None) or found
        if any(found in network for network in self._exempt):
            return None
        if found.version == 6:
            return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False))
        return str(found)
