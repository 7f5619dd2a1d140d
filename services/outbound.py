"""Where strangers may have a service connect to, and what is asked there; it connects nowhere.

A URL that somebody typed (a webhook, a push subscription, a link) must not become a way into the
network of the house (server-side request forgery). Names are no help: whoever owns a name says
where it leads, and says something else the next moment. So addresses are judged, all that a name
has, and the connection goes to one that was judged (`outbound_httpcore`).

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), RFC 6052 (NAT64),
RFC 3056 (6to4), RFC 4380 (Teredo); OWASP SSRF Prevention Cheat Sheet.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import quote, urljoin, urlsplit

from services.settings import Env

SETTING: Final = "PARLEY_OUTBOUND_ALLOW"
URL_CHARACTERS: Final = 2_048
_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_.])?")
# What a path and a query may hold as it is; anything else is percent-encoded, `%` itself never.
_KEPT: Final = "!$%&'()*+,/:;=?@[]~"
_FOLLOWED: Final = frozenset((301, 302, 303, 307, 308))

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# Our own table and not `ipaddress.is_global`, which differs from one Python to the next.
_CLOSED_4: Final[Mapping[_Network, str]] = {
    ipaddress.ip_network(network): what
    for network, what in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's own service"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for tests of networks"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
}
_GLOBAL_6: Final = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given out to the world; loopback, link-local, private are outside of it."""
_CLOSED_6: Final[Mapping[_Network, str]] = {
    ipaddress.ip_network(network): what
    for network, what in (
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
    )
}
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_6TO4: Final = ipaddress.ip_network("2002::/16")


class OutboundError(Exception):
    """It was not done; the text names no address of the house, so that it may be shown."""


class Refused(OutboundError):  # noqa: N818 - a state, named as one
    """It was not tried, and trying again changes nothing but where the name leads elsewhere."""


class Unreachable(OutboundError):  # noqa: N818 - a state, named as one
    """Nobody answered in time, or not in HTTP, or without a certificate that is trusted."""


class TooLong(OutboundError):  # noqa: N818 - a state, named as one
    """The answer has more bytes than were wanted."""


class Target(NamedTuple):
    """What a URL names: `path` with its query, never empty; `host` in lower case, as on the wire.

    The host of an IPv6 address is without its brackets.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


class Answer(NamedTuple):
    """What came back, from `url`, which is another one after redirects.

    `headers` have names in small letters; of several with one name the last. `cut`: there was more
    of the body, which was not read.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool


class Allowed:
    """Which hosts may be connected to besides those of the world: `PARLEY_OUTBOUND_ALLOW`.

    A name allows itself, wherever it leads, and no name below it; an address or a network allows
    whatever leads there. An address is a name as well, of what a URL may say instead of one.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        """Raises ValueError if one is neither a name nor an address or network."""
        self._names: set[str] = set()
        self._networks: list[_Network] = []
        for entry in entries:
            try:
                network = ipaddress.ip_network(entry, strict=False)
            except ValueError:
                self._names.add(_host(entry))
                continue
            self._networks.append(network)
            if network.num_addresses == 1:
                self._names.add(str(network.network_address))

    @classmethod
    def read(cls, env: Env) -> Allowed:
        """Read the setting; a wrong one is noted in `env`, whose `finish` raises."""
        try:
            return cls(env.words(SETTING))
        except ValueError:
            env.wrong(SETTING, "allowed: hosts, addresses and networks with commas between")
            return cls()

    def names(self, host: str) -> bool:
        """Say whether an entry is this very name or address."""
        return host in self._names

    def check(self, host: str, addresses: Sequence[str]) -> None:
        """Return if all `addresses`, to which `host` leads now, may be connected to.

        Raises:
            Refused: one may not. Not only that one is left out: a name that leads both into the
                world and into the house means no good.
        """
        if host in self._names:
            return
        for text in addresses:
            address = ipaddress.ip_address(text)
            if any(address in network for network in self._networks):
                continue
            if (what := closed(address)) is not None:
                raise Refused(f"{host} leads to an address that is not the world's ({what})")


def closed(address: _Address) -> str | None:
    """Say what an address is if it is not one of the world's; None if it is.

    Of an IPv6 address that stands for an IPv4 one, that one is judged.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is None:
            if address not in _GLOBAL_6:
                return "loopback" if address.is_loopback else "not global"
            return _named(address, _CLOSED_6)
        address = inner
    return _named(address, _CLOSED_4)


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that is meant by an IPv6 one: mapped, by NAT64, or by 6to4."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _6TO4:
        return ipaddress.IPv4Address((int(address) >> 80) & 0xFFFF_FFFF)
    return None


def _named(address: _Address, table: Mapping[_Network, str]) -> str | None:
    return next((what for network, what in table.items() if address in network), None)


def target(url: str) -> Target:
    """Read an absolute URL of http or https.

    Raises:
        Refused: it is none, is too long, or holds a user, a password or a character that two
            readers might understand differently.
    """
    if len(url) > URL_CHARACTERS:
        raise Refused(f"the URL is longer than {URL_CHARACTERS} characters")
    if not url.isprintable() or " " in url or "\\" in url:
        raise Refused("the URL has a character that belongs into none")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts.hostname or "")
    except ValueError:
        raise Refused("this is not a URL") from None
    if parts.scheme not in _PORTS:
        raise Refused("the URL begins neither with https:// nor with http://")
    if "@" in parts.netloc:
        raise Refused("the URL has a user or a password")
    if "[" in parts.netloc and ":" not in host:
        raise Refused("what stands in brackets is no address")
    if port == 0:
        raise Refused("there is no port 0")
    query = f"?{parts.query}" if parts.query else ""
    path = quote((parts.path or "/") + query, safe=_KEPT)
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def redirect(asked: Target, status: int, headers: Mapping[str, str]) -> Target | None:
    """Where an answer sends whoever asked; None if it does not.

    Raises:
        Refused: `target` does, or it leads from https to http.
    """
    location = headers.get("location")
    if status not in _FOLLOWED or location is None:
        return None
    try:
        joined = urljoin(asked.url, location)
    except ValueError:
        raise Refused("this is not a URL") from None
    found = target(joined)
    if asked.scheme == "https" and found.scheme == "http":
        raise Refused("the redirect leads from https to http")
    return found


def _host(name: str) -> str:
    """A name or an address as it goes over the wire. Raises ValueError if it is neither."""
    if ":" in name:
        if "%" in name:
            raise ValueError("an address with a zone is this host's own affair")
        return str(ipaddress.IPv6Address(name))
    # UnicodeError, for a label that is empty or too long, is a ValueError.
    wire = name if name.isascii() else name.encode("idna").decode("ascii")
    wire = wire.lower().removesuffix(".")
    if not _HOST.fullmatch(wire):
        raise ValueError("not the name of a host")
    return wire
