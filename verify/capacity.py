"""What an installation needs for so many people, reckoned from figures; it measures nothing.

The formulae and where each figure is from: docs/reference/capacity.md. They say what to try first,
not what will be: whoever runs many machines measures their own (`python -m bench`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

SOCKET_BYTES: Final = 16_000
GATEWAY_BYTES: Final = 40_000_000
TAIL_BYTES: Final = 65_536
GATEWAY_MESSAGE_SECONDS: Final = 250e-6
DELIVERY_SECONDS: Final = 12e-6
HISTORY_SECONDS: Final = 165e-6
NATS_SECONDS: Final = 100e-6
NATS_COPY_SECONDS: Final = 50e-6
POSTGRES_BYTES: Final = 1_100
LOG_BYTES: Final = 600
EVENT_BYTES: Final = 460
PROXY_SOCKET_BYTES: Final = 50_000
CONNECTS_PER_SECOND: Final = 200
BUSY: Final = 0.5
"""Of a core, what a gateway may need at the busiest time: the rest is for what nobody foresaw."""
MOST_GATEWAYS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Load:
    """What is expected. `peak` is how much more is said at the busiest time than on average."""

    users: int
    rooms: int
    online: float = 0.3
    """Share of the users who are connected at the busiest time."""
    devices: float = 1.3
    """Sockets of each of those."""
    rooms_each: int = 10
    messages_per_hour: float = 6.0
    """Of each who is online, on average."""
    peak: float = 3.0
    hours: float = 10.0
    """Of a day in which people talk."""
    sockets_per_gateway: int = 9_000
    log_per_second: float = 1_000.0
    """What the log stores a second with each message flushed: the disk's own figure."""

    @property
    def sockets(self) -> int:
        """Open at the busiest time."""
        return math.ceil(self.users * self.online * self.devices)

    @property
    def rate(self) -> float:
        """Messages a second at the busiest time."""
        return self.users * self.online * self.messages_per_hour * self.peak / 3_600

    @property
    def listeners(self) -> float:
        """Sockets that hear a message."""
        return self.sockets * self.rooms_each / self.rooms

    @property
    def messages_a_day(self) -> float:
        """On average."""
        return self.rate / self.peak * 3_600 * self.hours


@dataclass(frozen=True, slots=True)
class Need:
    """What it takes; bounds are shares of what one of a kind can do, at the busiest time."""

    gateways: int
    """One of them may be lost."""
    gateway_cores: float
    """Of all of them together."""
    gateway_bytes: int
    """Of each, with all tails full."""
    deliveries_per_second: float
    egress_bits_per_second: float
    proxy_files: int
    proxy_bytes: int
    postgres_bytes_a_year: float
    log_bytes_a_day: float
    herd_seconds: float
    """Until all are back whose gateway was killed."""
    bounds: tuple[tuple[str, float], ...]
    """The first is what breaks first."""


@dataclass(frozen=True, slots=True)
class Told:
    """What changes of presence cost at most: messages of NATS in and out, and frames."""

    published: int
    delivered: int
    frames: int


def told(changes: int, watchers: int, gateways: int) -> Told:
    """What so many changes cost, each of somebody whom `watchers` sockets watch.

    One message a change, whoever watches; from NATS one to each gateway that has a watcher; from
    there one frame to each. What changes again within 250 ms is one change, or none.
    """
    return Told(changes, changes * min(gateways, watchers), changes * watchers)


def touched(gateways: int, listeners: float) -> float:
    """Gateways that a message goes to: those with a listener, who are spread evenly."""
    passed_by: float = (1 - 1 / gateways) ** listeners
    return gateways * (1 - passed_by)


def busy(load: Load, gateways: int) -> float:
    """Cores that so many gateways need together."""
    a_message = touched(gateways, load.listeners) * GATEWAY_MESSAGE_SECONDS
    return load.rate * (a_message + load.listeners * DELIVERY_SECONDS)


def gateways(load: Load) -> int:
    """How many: by sockets and by time, without the one that may be lost, and then that one.

    Raises:
        ValueError: more than anybody has tried: a message to everybody costs each of them.
    """
    for count in range(max(1, math.ceil(load.sockets / load.sockets_per_gateway)), MOST_GATEWAYS):
        if busy(load, count) <= BUSY * count:
            return count + 1
    raise ValueError("no number of gateways has the time for it: rooms are too large, or too loud")


def reckon(load: Load) -> Need:
    """Everything that is needed.

    Raises:
        ValueError: as `gateways`.
    """
    count = gateways(load)
    deliveries = load.rate * load.listeners
    reach = touched(count, load.listeners)
    followed = load.rooms * reach / count
    nats = load.rate * (NATS_SECONDS + reach * NATS_COPY_SECONDS)
    bounds = {
        "the log's disk": load.rate / load.log_per_second,
        "the one writer of history": load.rate * HISTORY_SECONDS,
        "the core of the log's leader": nats,
        "the core of a gateway, with one lost": busy(load, count - 1) / (count - 1),
        "the sockets of a gateway, with one lost": load.sockets
        / (count - 1)
        / load.sockets_per_gateway,
    }
    return Need(
        gateways=count,
        gateway_cores=busy(load, count),
        gateway_bytes=round(
            GATEWAY_BYTES + load.sockets / count * SOCKET_BYTES + followed * TAIL_BYTES
        ),
        deliveries_per_second=deliveries,
        egress_bits_per_second=deliveries * EVENT_BYTES * 8,
        proxy_files=2 * load.sockets,
        proxy_bytes=load.sockets * PROXY_SOCKET_BYTES,
        postgres_bytes_a_year=load.messages_a_day * 365 * POSTGRES_BYTES,
        log_bytes_a_day=load.messages_a_day * LOG_BYTES,
        herd_seconds=load.sockets / count / ((count - 1) * CONNECTS_PER_SECOND),
        bounds=tuple(sorted(bounds.items(), key=lambda bound: -bound[1])),
    )


def text(load: Load) -> str:
    """The answer as a person reads it.

    Raises:
        ValueError: as `gateways`.
    """
    need = reckon(load)
    rows = [
        ("sockets", f"{load.sockets:,} at the busiest time"),
        ("messages", f"{load.rate:,.1f} a second then, {load.messages_a_day:,.0f} a day"),
        ("deliveries", f"{need.deliveries_per_second:,.0f} a second, {load.listeners:,.1f} each"),
        ("gateways", f"{need.gateways:,} processes, one of which may be lost"),
        ("", f"{need.gateway_cores:,.2f} cores together; {_bytes(need.gateway_bytes)} each"),
        ("back after a loss", f"{need.herd_seconds:,.1f} s"),
        ("load balancers", f"{need.proxy_files:,} open files, {_bytes(need.proxy_bytes)}"),
        ("to clients", f"{need.egress_bits_per_second / 1e6:,.1f} Mbit/s"),
        ("log", f"{_bytes(need.log_bytes_a_day)} a day"),
        ("Postgres", f"{_bytes(need.postgres_bytes_a_year)} a year"),
        *((f"{share:>6.1%} busy", what) for what, share in need.bounds),
    ]
    first, share = need.bounds[0]
    verdict = "breaks" if share > 1 else "would break"
    lines = [f"{name:<18} {value}" for name, value in rows]
    return "\n".join([*lines, f"First {verdict} {first}."])


def _bytes(count: float) -> str:
    for unit in ("bytes", "KB", "MB", "GB"):
        if count < 1_000:
            return f"{count:,.0f} {unit}"
        count /= 1_000
    return f"{count:,.1f} TB"
