"""How the parts of auth are put together; each does its work elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from auth import routes, routes_own
from auth.accounts_postgres import Accounts
from auth.announcer import Announcer
from auth.cookie import Jar
from auth.keys_postgres import Keys
from auth.link import Link
from auth.metrics import AuthMetrics
from auth.password_argon2 import RFC_9106, Cost, Passwords
from auth.responder import Responder
from auth.revocations_postgres import Revocations
from auth.ring import Ring
from auth.sessions_postgres import Sessions
from auth.settings import AuthSettings
from auth.signin import SignIn
from auth.sweeper import Sweeper
from auth.upkeep import Upkeep
from services.bus_nats import Bus
from services.health import Health
from services.http import create_app, create_private_app
from services.lifecycle import Part, Service
from services.migrations_yoyo import Migrations
from services.pool_postgres import Pool
from services.pulse import Pulse
from services.server_uvicorn import HttpServer
from services.settings import Env
from services.worker import Worker

NAME: Final = "auth"
SCHEMA: Final = "auth"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
COMMONEST: Final = Path(__file__).parent / "common_passwords.txt"
BODY_BYTES: Final = 16_384
"""The longest body is a registration: a few names and a password."""
_CONNECT_SECONDS: Final = 365 * 86_400.0


def build(env: Env) -> Service:
    """Make the service from its settings; nothing is started yet."""
    settings = AuthSettings.read(env)
    auth = Auth(settings)
    return Service(NAME, auth.parts, health=auth.health, drain_seconds=settings.base.drain_seconds)


class Auth:
    """The parts of one process, in the order of their start.

    Ready means: Postgres answers. People can sign in without NATS, which only carries what was
    revoked; so NATS is waited for beside the work, and what it missed is announced when it is
    back. `parley_auth_bus_connected` says how it is.
    """

    def __init__(self, settings: AuthSettings, cost: Cost = RFC_9106) -> None:
        base = settings.base
        self.settings = settings
        self.metrics = AuthMetrics()
        self.health = Health()
        self.pool = Pool(
            settings.postgres_url,
            SCHEMA,
            service=NAME,
            max_size=settings.postgres_pool,
            metrics=self.metrics.base,
        )
        self.bus = Bus(base.nats_urls, NAME, connect_seconds=_CONNECT_SECONDS)
        accounts, sessions = Accounts(self.pool), Sessions(self.pool)
        revocations = Revocations(self.pool)
        self.passwords = Passwords(self.metrics, cost)
        self.ring = Ring(Keys(self.pool), base.public_url)
        self.announcer = Announcer(revocations, self.bus, self.metrics)
        self.sweeper = Sweeper(sessions, revocations)
        commonest = frozenset(COMMONEST.read_text(encoding="utf-8").split("\n"))
        upkeep = Upkeep(accounts, sessions, self.passwords, self.announcer, self.metrics, commonest)
        sign_in = SignIn(
            accounts,
            sessions,
            self.passwords,
            self.ring,
            self.announcer,
            self.metrics,
            registration=settings.registration,
            refresh_days=settings.refresh_days,
            commonest=commonest,
        )
        self.health.add("postgres", self.pool.health)
        https = base.public_url.startswith("https:")
        jar = Jar(settings.refresh_days * 86_400, https)
        app = create_app(
            NAME,
            [
                *routes.endpoints(sign_in, accounts, self.ring, jar),
                *routes_own.endpoints(upkeep, jar),
            ],
            guard=self.ring,
            metrics=self.metrics.base,
            max_body_bytes=BODY_BYTES,
        )
        private = create_private_app(self.health, self.metrics.base)
        self.probes = HttpServer(private, base.host, base.private_port, name="probes")
        self.http = HttpServer(app, base.host, base.port, trusted_proxies=base.trusted_proxies)
        self.parts: list[Part] = [
            self.probes,
            Migrations(settings.postgres_url, SCHEMA, MIGRATIONS),
            self.pool,
            self.ring,
            self.passwords,
            Responder(self.bus, accounts, revocations),
            Link(self.bus),
            *self._workers(),
            self.http,
        ]

    def _workers(self) -> list[Part]:
        return [
            Pulse(self.metrics.base, self.health),
            Worker("announcer", self.announcer.run),
            Worker("key watch", self.ring.watch),
            Worker("sweeper", self.sweeper.run),
        ]
