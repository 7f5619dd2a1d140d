"""How the parts of the notify service are put together; each does its work elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from notify.asker import Asker
from notify.deliverer import AT_ONCE, Deliverer
from notify.forgetter import Forgetter
from notify.hook_asker import HookAsker
from notify.hook_jobs import HookJobs
from notify.hook_listener import HookListener
from notify.identity import Identity, subject_of
from notify.jobs import Jobs
from notify.listener import Listener
from notify.metrics import HookMetrics, NotifyMetrics
from notify.push_http import PushRequests
from notify.pusher import Pusher
from notify.pushing import Pushing
from notify.routes import endpoints
from notify.settings import NotifySettings
from notify.teller import Teller
from proto import subjects
from services.bus_nats import Bus
from services.health import Health
from services.http import create_app, create_private_app
from services.lifecycle import Service
from services.log_nats import Log
from services.metrics_prometheus import Metrics
from services.migrations_yoyo import Migrations
from services.outbound_httpcore import Outbound
from services.pool_postgres import Pool
from services.pulse import Pulse
from services.revocations import Revocations
from services.server_uvicorn import HttpServer
from services.settings import Env
from services.tokens_jwt import Guard
from services.trust import Trust, by_bus
from services.worker import Worker

NAME: Final = "notify"
MIGRATIONS: Final = Path(__file__).parent / "migrations"


def build(env: Env) -> Service:
    """Make the service from its settings; nothing is started yet."""
    settings = NotifySettings.read(env)
    base = settings.base
    metrics, health = Metrics(NAME), Health()
    counts = NotifyMetrics(metrics)
    bus = Bus(base.nats_urls, NAME)
    guard = Guard(base.jwks_url, issuer=base.public_url)
    trust = Trust(guard, base.issuers, by_bus(bus))
    revocations = Revocations(bus, trust)
    pool = Pool(
        settings.postgres_url, NAME, service=NAME, max_size=settings.postgres_pool, metrics=metrics
    )
    identity = Identity(pool, subject_of(settings.contact, base.public_url))
    forgetter = Forgetter(pool)
    revocations.on_revoked = forgetter.revoked
    jobs = Jobs(bus, settings.replicas)
    outbound = Outbound(settings.allowed, agent="Parley (Web Push)")
    asker, log = Asker(bus), Log(bus, subjects.ROOMS_STREAM)
    pusher = Pusher(jobs, asker, pool, outbound, identity, counts)
    teller = Teller(bus, asker, Pushing(pool, jobs, counts), counts)
    listener = Listener(log, asker, teller, counts)
    requests = PushRequests(pool, identity, settings.allowed)
    app = create_app(NAME, endpoints(requests), guard=revocations, metrics=metrics)
    health.add("postgres", pool.health)
    health.add("nats", bus.check)
    health.add("keys", guard.health)
    health.add("revocations", revocations.health)
    health.add("log", listener.health)
    return Service(
        NAME,
        [
            HttpServer(
                create_private_app(health, metrics), base.host, base.private_port, name="probes"
            ),
            Migrations(settings.postgres_url, NAME, MIGRATIONS),
            pool,
            identity,
            bus,
            guard,
            trust,
            revocations,
            Pulse(metrics, health),
            Worker("listener", listener.run),
            Worker("pusher", pusher.run),
            Worker("forgetter", forgetter.run),
            *_webhooks(settings, bus, log, metrics),
            HttpServer(app, base.host, base.port, trusted_proxies=base.trusted_proxies),
        ],
        health=health,
        drain_seconds=base.drain_seconds,
    )


def _webhooks(settings: NotifySettings, bus: Bus, log: Log, metrics: Metrics) -> list[Worker]:
    """What tells webhooks; readiness does not hang on it."""
    counts, asker = HookMetrics(metrics), HookAsker(bus)
    jobs = HookJobs(bus, settings.replicas)
    outbound = Outbound(settings.allowed, agent="Parley (webhooks)", at_once=AT_ONCE)
    return [
        Worker("webhooks", HookListener(log, asker, jobs, counts).run),
        Worker("deliverer", Deliverer(jobs, asker, outbound, counts).run),
    ]
