"""The gateway's settings, read once; what they do is told where they are used."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from gateway import origin
from proto import frames, ids
from services.settings import SOCKETS, SOCKETS_ADDRESS, BaseSettings, Env, Rate


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Frozen; `name` tells this gateway from the others, in presence and in logs.

    `ack` is what an `ok` waits for: `log`, or `stored`, which is Postgres.
    """

    base: BaseSettings
    name: str
    ack: str
    max_connections: int
    connects: Rate
    connects_address: Rate
    frame_rate: Rate
    sends: Rate
    sends_room: Rate
    sockets: int
    compresses: bool
    """Whether permessage-deflate is agreed to with clients that offer it."""
    sockets_address: int
    limit_exempt: tuple[str, ...]
    """Addresses and networks without limits an address."""
    origins: frozenset[str]
    """Whose pages open sockets, besides those of the host that was asked."""

    @property
    def send_rates(self) -> dict[str, Rate]:
        """What a send is counted for, by the names of the limits."""
        return {"sends": self.sends, "sends_room": self.sends_room}

    @property
    def ready_limits(self) -> frames.ReadyLimits:
        """What clients are told of them."""
        return frames.ReadyLimits(
            sends_per_10s=_per_10s(self.sends),
            room_sends_per_10s=_per_10s(self.sends_room),
            sockets=self.sockets,
        )

    @classmethod
    def read(cls, env: Env) -> GatewaySettings:
        """Read them; wrong ones are noted in `env`, whose `finish` raises."""
        name = env.text("PARLEY_GATEWAY_NAME", f"gateway-{secrets.token_hex(4)}")
        if not ids.is_id(name):
            env.wrong("PARLEY_GATEWAY_NAME", f"{name!r} is not an id: A-Z a-z 0-9 _ -, at most 64")
        public = env.url("PARLEY_PUBLIC_URL", "http://127.0.0.1:8080")
        chosen = {origin.normal(one): one for one in (public, *env.words("PARLEY_ORIGINS"))}
        if None in chosen:
            env.wrong("PARLEY_ORIGINS", f"{chosen.pop(None)!r} is no origin: https://host[:port]")
        return cls(
            base=BaseSettings.read(env),
            name=name,
            ack=env.text("PARLEY_ACK", "log", choices=("log", "stored")),
            max_connections=env.integer("PARLEY_MAX_CONNECTIONS", 9_000, 1, 1_000_000),
            connects=env.limit("connects"),
            connects_address=env.limit("connects_address"),
            frame_rate=env.limit("frames"),
            sends=env.limit("sends"),
            sends_room=env.limit("sends_room"),
            sockets=env.integer("PARLEY_LIMIT_SOCKETS", SOCKETS, 0, 1_000_000),
            compresses=env.text("PARLEY_COMPRESSION", "on", choices=("on", "off")) == "on",
            sockets_address=env.integer(
                "PARLEY_LIMIT_SOCKETS_ADDRESS", SOCKETS_ADDRESS, 0, 1_000_000
            ),
            limit_exempt=env.addresses("PARLEY_LIMIT_EXEMPT"),
            origins=frozenset(one for one in chosen if one is not None),
        )


def _per_10s(rate: Rate) -> int:
    # 0 would mean that there is no limit.
    return 0 if rate.off else max(1, int(rate.count * 10 / rate.seconds))
