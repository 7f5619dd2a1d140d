"""How the parts of auth are put together; each does its work elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from auth import routes, routes_admin, routes_door, routes_own
from auth.accounts_postgres import Accounts
from auth.admin import Admin
from auth.announcer import Announcer
from auth.audit_postgres import Audit
from auth.bots import Bots
from auth.bots_postgres import Bots as StoredBots
from auth.cookie import Jar
from auth.door import Door
from auth.foreigners import Foreigners
from auth.foreigners_postgres import Foreigners as StoredForeigners
from auth.invitations_postgres import Invitations
from auth.keys_postgres import Keys
from auth.link import Link
from auth.mailer import Mailer
from auth.metrics import AuthMetrics
from auth.password_argon2 import Passwords
from auth.password_cost import Cost
from auth.people_postgres import People
from auth.resets_postgres import Resets
from auth.responder import Responder
from auth.revocations_postgres import Revocations
from auth.ring import Ring
from auth.sessions_postgres import Sessions
from auth.settings import AuthSettings
from auth.signin import SignIn
from auth.sweeper import Sweeper
from auth.throttle import Throttle
from auth.upkeep import Upkeep
from services.bus_nats import Bus
from services.health import Health
from services.http import Endpoint, create_app, create_private_app
from services.lifecycle import Part, Service
from services.limiter_redis import Limiter
from services.migrations_yoyo import Migrations
from services.pool_postgres import Pool
from services.pulse import Pulse
from services.server_uvicorn import HttpServer
from services.settings import Env
from services.trust import Trust
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

    def __init__(self, settings: AuthSettings, cost: Cost | None = None) -> None:
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
        revocations, invitations = Revocations(self.pool), Invitations(self.pool)
        self.passwords = Passwords(self.metrics, cost or settings.password_cost)
        self.ring = Ring(Keys(self.pool), base.public_url, settings.key_days)
        self.announcer = Announcer(revocations, self.bus, self.metrics)
        self.sweeper = Sweeper(sessions, revocations, invitations, Resets(self.pool))
        self.mailer = Mailer(settings.smtp_url, settings.mail_from, self.metrics)
        self.commonest = read_commonest()
        self.limiter = self._limiter()
        self.throttle = Throttle(self.limiter, settings.limits)
        self.door = Door(
            self.pool,
            accounts,
            self.passwords,
            self.mailer,
            self.throttle,
            self.announcer,
            self.metrics,
            self.commonest,
            settings,
        )
        self.foreigners = Foreigners(StoredForeigners(self.pool), base.issuers)
        trust = Trust(self.ring, base.issuers, self.foreigners.admit)
        self.health.add("postgres", self.pool.health)
        app = create_app(
            NAME,
            self._endpoints(accounts, sessions, invitations),
            guard=trust,
            metrics=self.metrics.base,
            max_body_bytes=BODY_BYTES,
        )
        self.probes = self._probes()
        self.http = HttpServer(app, base.host, base.port, trusted_proxies=base.trusted_proxies)
        self.parts: list[Part] = [
            self.probes,
            Migrations(settings.postgres_url, SCHEMA, MIGRATIONS),
            self.pool,
            self.limiter,
            self.ring,
            self.passwords,
            self.foreigners,
            trust,
            self._responder(accounts, revocations),
            Link(self.bus),
            *self._workers(),
            self.http,
        ]

    def _responder(self, accounts: Accounts, revocations: Revocations) -> Responder:
        people, audit = People(self.pool), Audit(self.pool)
        asked = (self.bus, accounts, people, audit, revocations, self.foreigners)
        return Responder(*asked, self.announcer)

    def _limiter(self) -> Limiter:
        settings = self.settings
        return Limiter(
            settings.redis_url,
            self.metrics.base,
            exempt=settings.limit_exempt,
            is_cluster=settings.redis_cluster,
        )

    def _probes(self) -> HttpServer:
        base, private = self.settings.base, create_private_app(self.health, self.metrics.base)
        return HttpServer(private, base.host, base.private_port, name="probes")

    def _workers(self) -> list[Part]:
        return [
            Pulse(self.metrics.base, self.health),
            Worker("announcer", self.announcer.run),
            Worker("key watch", self.ring.watch),
            Worker("sweeper", self.sweeper.run),
            Worker("mailer", self.mailer.run),
            Worker("door", self.door.run),
        ]

    def _endpoints(
        self, accounts: Accounts, sessions: Sessions, invitations: Invitations
    ) -> list[Endpoint]:
        """All of them; the document at `/v1/auth/openapi.json` is made from the same list."""
        settings = self.settings
        sign_in = SignIn(
            accounts,
            sessions,
            invitations,
            self.passwords,
            self.ring,
            self.announcer,
            self.throttle,
            self.metrics,
            registration=settings.registration,
            refresh_days=settings.refresh_days,
            commonest=self.commonest,
        )
        upkeep = Upkeep(
            accounts,
            sessions,
            self.passwords,
            self.announcer,
            self.throttle,
            self.metrics,
            self.commonest,
        )
        url = settings.base.public_url
        admin = Admin(self.pool, self.passwords, self.announcer, self.commonest, url)
        bots = Bots(StoredBots(self.pool), self.ring, self.throttle, self.announcer, self.metrics)
        jar = Jar(settings.refresh_days * 86_400, url.startswith("https:"))
        return [
            *routes.endpoints(sign_in, accounts, bots, self.ring, jar),
            *routes_own.endpoints(upkeep, jar),
            *routes_door.endpoints(self.door),
            *routes_admin.endpoints(admin, bots, self.ring),
        ]


def read_commonest() -> frozenset[str]:
    """The commonest passwords, in lower case."""
    return frozenset(COMMONEST.read_text(encoding="utf-8").split("\n"))
