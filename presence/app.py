"""How the parts of the presence service are put together; each does its work elsewhere."""

from __future__ import annotations

from presence.announcer import Announcer
from presence.calls import Calls
from presence.counter import Counter
from presence.leases_redis import Leases
from presence.members import Members
from presence.metrics import PresenceMetrics
from presence.peers import Peers
from presence.routes import endpoints
from presence.settings import PresenceSettings
from presence.store_redis import Store
from presence.sweeper import Sweeper
from presence.teller import Teller
from presence.typing_redis import Typing
from presence.wishes import Wishes
from services.bus_nats import Bus
from services.health import Health
from services.http import create_app, create_private_app
from services.lifecycle import Service
from services.limiter_redis import Limiter
from services.metrics_prometheus import Metrics
from services.pulse import Pulse
from services.revocations import Revocations
from services.server_uvicorn import HttpServer
from services.settings import Env
from services.tokens_jwt import Guard
from services.trust import Trust, by_bus
from services.worker import Worker

NAME = "presence"
_TYPING = 2
"""Connections to Redis for typing: one round at a time, and one to spare."""


def build(env: Env) -> Service:
    """Make the service from its settings; nothing is started yet."""
    settings = PresenceSettings.read(env)
    base = settings.base
    metrics, health = Metrics(NAME), Health()
    counts = PresenceMetrics(metrics)
    bus = Bus(base.nats_urls, NAME)
    guard = Guard(base.jwks_url, issuer=base.public_url)
    trust = Trust(guard, base.issuers, by_bus(bus))
    revocations = Revocations(bus, trust)
    url, is_cluster = settings.redis_url, settings.redis_cluster
    store = Store(url, is_cluster=is_cluster)
    # Its own connections: however much is typed, no lease waits for it.
    typing_store = Store(url, name="typing", connections=_TYPING, quiet=True, is_cluster=is_cluster)
    leases = Leases(store, Wishes(bus).of, sockets=settings.sockets)
    leases.on_change.append(counts.changed)
    limiter = Limiter(url, metrics, is_cluster=is_cluster)
    announcer = Announcer(bus, Typing(typing_store), counts)
    sweeper = Sweeper(leases, counts, lambda: bus.connected)
    members = Members(bus)
    paths = endpoints(leases, Peers(bus), members, Counter(leases, members))
    app = create_app(NAME, paths, guard=revocations, metrics=metrics)
    health.add("nats", bus.check)
    health.add("redis", store.check)
    health.add("keys", guard.health)
    health.add("revocations", revocations.health)
    return Service(
        NAME,
        [
            HttpServer(
                create_private_app(health, metrics), base.host, base.private_port, name="probes"
            ),
            store,
            typing_store,
            limiter,
            bus,
            guard,
            trust,
            revocations,
            Teller(bus, leases, counts),
            Calls(bus, leases, limiter, announcer, counts),
            Pulse(metrics, health),
            Worker("announcer", announcer.run),
            Worker("sweeper", sweeper.run),
            HttpServer(app, base.host, base.port, trusted_proxies=base.trusted_proxies),
        ],
        health=health,
        drain_seconds=base.drain_seconds,
    )
