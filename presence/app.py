"""How the parts of the presence service are put together; each does its work elsewhere."""

from __future__ import annotations

from presence.calls import Calls
from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from presence.peers import Peers
from presence.routes import endpoints
from presence.settings import PresenceSettings
from presence.sweeper import Sweeper
from services.bus_nats import Bus
from services.health import Health
from services.http import create_app, create_private_app
from services.lifecycle import Service
from services.metrics_prometheus import Metrics
from services.server_uvicorn import HttpServer
from services.settings import Env
from services.tokens_jwt import Guard
from services.worker import Worker

NAME = "presence"


def build(env: Env) -> Service:
    """Make the service from its settings; nothing is started yet."""
    settings = PresenceSettings.read(env)
    base = settings.base
    metrics, health = Metrics(NAME), Health()
    counts = PresenceMetrics(metrics)
    bus = Bus(base.nats_urls, NAME)
    guard = Guard(base.jwks_url, issuer=base.public_url)
    leases = Leases(settings.redis_url, counts.changed)
    sweeper = Sweeper(leases, counts, lambda: bus.connected)
    app = create_app(NAME, endpoints(leases, Peers(bus)), guard=guard, metrics=metrics)
    health.add("nats", bus.check)
    health.add("redis", leases.check)
    health.add("keys", guard.health)
    return Service(
        NAME,
        [
            HttpServer(
                create_private_app(health, metrics), base.host, base.private_port, name="probes"
            ),
            leases,
            bus,
            guard,
            Calls(bus, leases, counts),
            Worker("sweeper", sweeper.run),
            HttpServer(app, base.host, base.port, trusted_proxies=base.trusted_proxies),
        ],
        health=health,
        drain_seconds=base.drain_seconds,
    )
