"""How the parts of history are put together; each does its work elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.applications import Starlette

from history import rooms_postgres
from history.amender import Amender
from history.attacher import Attacher
from history.calls import Calls
from history.creator import Creator
from history.decider import Decider
from history.deliveries import Deliveries
from history.eraser import Eraser
from history.furnisher import Furnisher
from history.hook_keeper import HookKeeper
from history.hook_poster import HookPoster
from history.indexer import Indexer
from history.inviter import Inviter
from history.invites_http import InviteRequests
from history.keeper import Keeper
from history.marker import Marker
from history.members_http import MemberRequests
from history.messages_http import MessageRequests
from history.metrics import HistoryMetrics
from history.moderation_http import ModerationRequests
from history.moderator import Moderator
from history.own_http import OwnRequests
from history.pacer import Pacer
from history.poster import Poster
from history.presenter import Presenter
from history.previewer import Previewer
from history.progress import Progress
from history.reactions_custom import CustomEmoji
from history.reader import Reader
from history.registrar import Registrar
from history.relay import Relay
from history.rooms_http import RoomRequests
from history.routes import endpoints
from history.search_http import SearchRequests
from history.settings import Settings
from history.sweeper import Sweeper
from history.webhooks_http import WebhookRequests
from history.welcomer import Welcomer
from history.writer import Writer
from proto import subjects
from services.bus_nats import Bus
from services.guard import Checker
from services.health import Health
from services.http import create_app, create_private_app
from services.lifecycle import Part, Service
from services.log_nats import Log
from services.meter import Meter
from services.metrics_prometheus import Metrics
from services.migrations_yoyo import Migrations
from services.pool_postgres import Pool
from services.pulse import Pulse
from services.renames import Renames
from services.revocations import Revocations
from services.server_uvicorn import HttpServer
from services.settings import Env
from services.tokens_jwt import Guard
from services.trust import Trust, by_bus
from services.worker import Worker

NAME: Final = "history"
BODY_BYTES: Final = 65_536
"""The longest body names a hundred members of a new room."""
MIGRATIONS: Final = Path(__file__).parent / "migrations"


def build(env: Env) -> Service:
    """Make the service from its settings; nothing is started yet."""
    settings = Settings.read(env)
    history = History(settings)
    return Service(
        NAME, history.parts, health=history.health, drain_seconds=settings.base.drain_seconds
    )


class History:
    """The parts of one process, in the order of their start.

    Ready means: Postgres and NATS answer, and the log goes on where the store ends.
    """

    def __init__(self, settings: Settings, guard: Guard | None = None) -> None:
        base, url = settings.base, settings.postgres_url
        metrics = Metrics(NAME)
        counts = HistoryMetrics(metrics)
        self.settings = settings
        self.health = Health()
        self.pool = Pool(
            url,
            NAME,
            service=NAME,
            max_size=settings.postgres_pool,
            session=rooms_postgres.BY_KEY,
            metrics=metrics,
        )
        self.bus = Bus(base.nats_urls, NAME)
        self.log = Log(self.bus, subjects.ROOMS_STREAM)
        self.progress = Progress(lambda: rooms_postgres.position(self.pool))
        self.writer = self._writer(counts)
        self.indexer = Indexer(self.pool, self.writer, counts)
        self.relay = self._relay(counts)
        self.decider = Decider(self.pool, self.relay)
        self.attacher = Attacher(self.bus)
        self.eraser = Eraser(self.pool, self.log, self.attacher)
        self.sweeper = self._sweeper(counts)
        self.registrar = Registrar(self.pool, self.bus)
        self.welcomer = Welcomer(self.pool, self.relay, settings.default_rooms)
        self.meter = Meter(self.bus, settings.rates, metrics)
        reader = Reader(self.pool, self.log, self.progress)
        self.deliveries = Deliveries(self.pool, self.bus, reader)
        marker = Marker(self.pool, self.bus, reader)
        guard = guard or Guard(base.jwks_url, issuer=base.public_url)
        trust = Trust(guard, base.issuers, by_bus(self.bus))
        revocations = Revocations(self.bus, trust)
        app = self._app(reader, marker, Renames(self.bus, revocations), metrics, counts)
        private = create_private_app(self.health, metrics)
        self.http = HttpServer(app, base.host, base.port, trusted_proxies=base.trusted_proxies)
        self.probes = HttpServer(private, base.host, base.private_port, name="probes")
        self.health.add("postgres", self.pool.health)
        self.health.add("nats", self.bus.check)
        self.health.add("keys", guard.health)
        self.health.add("revocations", revocations.health)
        self.health.add("writer", self.writer.health)
        self.parts: list[Part] = [
            self.probes,
            Migrations(url, NAME, MIGRATIONS),
            self.pool,
            self.bus,
            Pulse(metrics, self.health),
            *self._followers(counts),
            self._calls(reader, marker, counts),
            guard,
            trust,
            revocations,
            Worker("registrar", self.registrar.run),
            Worker("sweeper", self.sweeper.run),
            Worker("meter", self.meter.run),
            self.http,
        ]

    def _writer(self, counts: HistoryMetrics) -> Writer:
        settings = self.settings
        return Writer(
            *(settings.postgres_url, self.log, settings.stream, self.progress, counts, self.bus),
            previews=settings.previews,
        )

    def _followers(self, counts: HistoryMetrics) -> list[Part]:
        """Whoever stores what the log has, and goes on from there."""
        parts = [Worker("writer", self.writer.run), Worker("indexer", self.indexer.run)]
        if self.settings.previews:
            previewer = Previewer(self.pool, self.bus, self.decider, counts)
            parts.append(Worker("previewer", previewer.run))
        return [*parts]

    def _calls(self, reader: Reader, marker: Marker, counts: HistoryMetrics) -> Calls:
        return Calls(
            *(self.bus, reader, marker, Pacer(self.pool), self.welcomer, self.registrar),
            *(self.deliveries, counts),
        )

    def _relay(self, counts: HistoryMetrics) -> Relay:
        # A third of the connections at most: readers keep the rest while the log is slow.
        at_once = max(1, self.settings.postgres_pool // 3)
        return Relay(self.pool, self.bus, self.log, self.progress, counts, at_once=at_once)

    def _sweeper(self, counts: HistoryMetrics) -> Sweeper:
        return Sweeper(
            self.pool,
            self.log,
            self.relay,
            self.eraser,
            self.writer,
            self.progress,
            counts,
            keep_ms=self.settings.keep_ms,
        )

    def _poster(self, reader: Reader, shown: Presenter, counts: HistoryMetrics) -> Poster:
        holds = self.settings.ack == "stored"
        return Poster(
            *(self.pool, self.log, reader, shown, self.progress),
            *(self.attacher, self.meter, counts),
            holds=holds,
        )

    def _app(
        self,
        reader: Reader,
        marker: Marker,
        guard: Checker,
        metrics: Metrics,
        counts: HistoryMetrics,
    ) -> Starlette:
        decider = self.decider
        creator = Creator(self.pool, self.relay, self.registrar)
        furnisher = Furnisher(self.pool, decider, self.attacher)
        rooms = RoomRequests(self.pool, creator, decider, furnisher, self.welcomer, self.registrar)
        members = MemberRequests(self.pool, decider, self.registrar)
        moderator = Moderator(decider, self.registrar)
        moderation = ModerationRequests(self.pool, moderator, self.registrar)
        amender = Amender(self.pool, decider, reader, self.eraser)
        presenter = Presenter(self.pool)
        poster = self._poster(reader, presenter, counts)
        messages = MessageRequests(
            self.pool, reader, marker, presenter, amender, poster, CustomEmoji(self.bus)
        )
        own = OwnRequests(self.pool, Keeper(self.pool, self.bus), marker, self.registrar)
        inviter = Inviter(self.pool, decider, self.registrar)
        public_url = self.settings.base.public_url
        invites = InviteRequests(self.pool, inviter, public_url)
        webhooks = WebhookRequests(
            HookKeeper(
                *(self.pool, decider, self.registrar, self.settings.allowed, public_url),
            ),
            HookPoster(self.pool, poster, self.meter),
            self.deliveries,
        )
        search = SearchRequests(self.pool, reader, self.indexer, presenter, self.meter)
        return create_app(
            NAME,
            endpoints(rooms, members, moderation, invites, messages, own, search, webhooks),
            guard=guard,
            metrics=metrics,
            max_body_bytes=BODY_BYTES,
        )
