"""How the parts of a gateway are put together; each does its work elsewhere."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from gateway import origin
from gateway.admitter import Admitter
from gateway.announcer import Announcer
from gateway.asker import Asker
from gateway.confirmer import Confirmer
from gateway.connection import Connection
from gateway.crowd import Crowd
from gateway.dispatcher import Dispatcher
from gateway.doubter import Doubter
from gateway.drainer import Drainer
from gateway.fanout import Fanout
from gateway.gate import Gate
from gateway.greeter import Greeter
from gateway.handler import SocketLimits
from gateway.holder import Holder
from gateway.membership import Membership
from gateway.metrics import GatewayMetrics
from gateway.namer import Namer
from gateway.onlooker import Onlooker
from gateway.reader import Reader
from gateway.reconciler import Reconciler
from gateway.renewer import Renewer
from gateway.replayer import Replayer
from gateway.roster import Roster
from gateway.routes import SOCKET_PATH, endpoints
from gateway.sender import Sender
from gateway.settings import GatewaySettings
from gateway.socket_picows import Accept, Decision, Refuse, Upgrade, protocol_class
from gateway.surveyor import Surveyor
from gateway.syncer import Syncer
from gateway.ticker import Ticker
from gateway.turns import Turns
from gateway.warden import Warden
from gateway.watcher import Watcher
from proto import subjects
from proto.codes import ErrorCode
from proto.encoding import ENCODINGS, JSON
from services import clock
from services.addresses import Addresses
from services.bus import BusError
from services.bus_nats import Bus
from services.health import Health
from services.http import create_app, create_private_app
from services.lifecycle import Part, Service
from services.log_nats import Log
from services.meter import Meter
from services.metrics_prometheus import Metrics
from services.pulse import Pulse
from services.renames import Renames
from services.revocations import Revocations
from services.server_uvicorn import HttpServer
from services.settings import BaseSettings, Env
from services.tokens_jwt import Guard
from services.trust import Trust, by_bus
from services.worker import Worker

NAME = "gateway"
_LOG_SECONDS = 30.0
_LOG_PAUSE_SECONDS = 0.25


def build(env: Env) -> Service:
    """Make the service from its settings; nothing is started yet."""
    settings = GatewaySettings.read(env)
    gateway = Gateway(settings)
    return Service(
        NAME,
        gateway.parts,
        health=gateway.health,
        drain=gateway.drainer.drain,
        drain_seconds=settings.base.drain_seconds,
    )


class Gateway:
    """The parts of one process, in the order of their start; `guard` unless by the settings."""

    def __init__(self, settings: GatewaySettings, guard: Guard | None = None) -> None:
        base = settings.base
        guard = guard or Guard(base.jwks_url, issuer=base.public_url)
        self.registry, self.health = Metrics(NAME), Health()
        metrics = GatewayMetrics(self.registry)
        self.bus = Bus(base.nats_urls, settings.name)
        log = Log(self.bus, subjects.ROOMS_STREAM)
        trust, asker = Trust(guard, base.issuers, by_bus(self.bus)), Asker(self.bus)
        revocations = self.revocations = Revocations(self.bus, trust, strict=True)
        self.roster, self.turns = _roster(metrics), Turns(metrics.flushed)
        reader = Reader(log, asker)
        self.fanout = Fanout(self.bus, log, reader, self.turns, metrics)
        surveyor = Surveyor(self.fanout, reader)
        self.renames = Renames(self.bus, revocations)
        self.greeter = Greeter(self.renames, asker, self.roster, self.fanout, surveyor, metrics)
        self.greeter.told = settings.ready_limits
        self.admitter = Admitter(asker, self.roster, self.fanout, surveyor)
        self.replayer = Replayer(self.fanout, reader, self.admitter, metrics)
        renewer = Renewer(self.bus, self.roster, settings.name)
        self.gate, self.crowd = _entrance(settings)
        self.onlooker = Onlooker(self.bus, asker, metrics)
        self.doubter = Doubter(self.bus, self.onlooker)
        self.reconciler = Reconciler(self.bus, self.onlooker)
        self.announcer = Announcer(self.bus, self.fanout, metrics)
        self.holder = Holder(self.bus, metrics, holds=settings.ack == "stored")
        self.meter = Meter(self.bus, settings.send_rates, self.registry)
        sender = self._sender(log, asker, metrics)
        sender.on_said = self.announcer.spoke
        dispatcher = Dispatcher(
            self.bus,
            self.gate,
            self.crowd,
            self.roster,
            self.fanout,
            self.greeter,
            self.replayer,
            self.admitter,
            sender,
            Syncer(self.fanout, reader, self.admitter),
            self.onlooker,
            self.announcer,
            renewer,
            self.meter,
            metrics,
            sockets=settings.sockets,
        )
        self._wire(dispatcher, guard, metrics)
        self.drainer = Drainer(self.gate, self.roster, renewer, base.drain_seconds)
        self.http = self._http(settings, dispatcher, metrics)
        self.parts: list[Part] = [
            self._probes(base),
            self.bus,
            _LogWaiter(log),
            guard,
            trust,
            revocations,
            self._watcher(revocations, metrics),
            *self._workers(renewer),
            self.http,
        ]

    def _sender(self, log: Log, asker: Asker, metrics: GatewayMetrics) -> Sender:
        warden, confirmer = Warden(self.fanout, asker), Confirmer(self.bus)
        return Sender(
            log, asker, self.admitter, warden, confirmer, self.holder, self.meter, metrics
        )

    def _wire(self, dispatcher: Dispatcher, guard: Guard, metrics: GatewayMetrics) -> None:
        """Let those who hear something tell those whom it concerns."""
        self.health.add("nats", self.bus.check)
        self.health.add("keys", guard.health)
        membership = Membership(self.roster, self.fanout, self.admitter, self.doubter, metrics)
        self.fanout.on_membership = membership.happened
        self.admitter.on_looked_up = self.doubter.doubt
        self.fanout.on_user = dispatcher.for_user
        self.namer = Namer(self.bus, self.roster, self.fanout, self.renames)

    def _probes(self, base: BaseSettings) -> HttpServer:
        private = create_private_app(self.health, self.registry)
        return HttpServer(private, base.host, base.private_port, name="probes")

    def _http(
        self, settings: GatewaySettings, dispatcher: Dispatcher, metrics: GatewayMetrics
    ) -> HttpServer:
        base = settings.base
        return HttpServer(
            create_app(NAME, endpoints(), metrics=self.registry),
            base.host,
            base.port,
            ws=protocol_class(
                decide(self.gate, self.crowd, self.meter, dispatcher, metrics, settings.origins),
                SocketLimits(
                    deflates=settings.compresses,
                    frames=settings.frame_rate.count,
                    frames_seconds=settings.frame_rate.seconds,
                ),
                base.trusted_proxies,
                turns=self.turns,
                on_paced=lambda: self.meter.count("frames"),
            ),
            trusted_proxies=base.trusted_proxies,
        )

    def _workers(self, renewer: Renewer) -> list[Part]:
        return [
            Pulse(self.registry, self.health),
            Worker("ticker", Ticker(self.roster).run),
            Worker("fanout", self.fanout.run),
            Worker("renewer", renewer.run),
            Worker("doubter", self.doubter.run),
            Worker("reconciler", self.reconciler.run),
            Worker("announcer", self.announcer.run),
            Worker("holder", self.holder.run),
            Worker("meter", self.meter.run),
        ]

    def _watcher(self, revocations: Revocations, metrics: GatewayMetrics) -> Watcher:
        return Watcher(self.bus, self.roster, self.fanout, self.admitter, revocations, metrics)


def decide(
    gate: Gate,
    crowd: Crowd,
    meter: Meter,
    dispatcher: Dispatcher,
    metrics: GatewayMetrics,
    origins: frozenset[str],
) -> Callable[[Upgrade], Decision]:
    """Say who gets a socket: the path, whose page, the subprotocol, and room for one more."""

    def decision(upgrade: Upgrade) -> Decision:
        if upgrade.path != SOCKET_PATH:
            return Refuse(404, ErrorCode.NOT_FOUND, f"sockets are opened at {SOCKET_PATH}")
        headers = upgrade.headers
        if not origin.may_open(headers.get("origin"), headers.get("host", ""), origins):
            message = "pages of this origin open no socket here; see PARLEY_ORIGINS"
            return Refuse(403, ErrorCode.FORBIDDEN, message)
        # The first that is known: a client names them by its preference.
        chosen = next((name for name in upgrade.subprotocols if name in ENCODINGS), None)
        if upgrade.subprotocols and chosen is None:
            return Refuse(400, ErrorCode.INVALID, f"the subprotocol is {' or '.join(ENCODINGS)}")
        now = clock.monotonic()
        refusal = crowd.refusal(upgrade.remote, now)
        if refusal is not None:
            meter.count(refusal.limit)
            message = f"this address opens too many sockets here (limit {refusal.limit})"
            seconds = refusal.retry_after_seconds
            return Refuse(429, ErrorCode.RATE_LIMITED, message, seconds)
        limited = gate.limited
        retry_after_seconds = gate.enter(now)
        if retry_after_seconds is not None:
            metrics.refused.inc()
            if gate.limited > limited:
                meter.count("connects")
            return Refuse(
                503, ErrorCode.UNAVAILABLE, "the gateway takes nobody now", retry_after_seconds
            )
        crowd.enter(upgrade.remote, now)
        encoding = JSON if chosen is None else ENCODINGS[chosen]
        connection = Connection(f"c_{secrets.token_urlsafe(12)}", dispatcher, encoding)
        return Accept(connection, chosen, is_binary=encoding.is_binary)

    return decision


def _entrance(settings: GatewaySettings) -> tuple[Gate, Crowd]:
    rate, addresses = settings.connects, Addresses(settings.limit_exempt)
    gate = Gate(settings.max_connections, rate.count, rate.seconds)
    return gate, Crowd(settings.sockets_address, settings.connects_address, addresses)


def _roster(metrics: GatewayMetrics) -> Roster:
    roster = Roster()
    metrics.watch_outbox(roster.outbox_bytes)
    return roster


class _LogWaiter:
    """Waits for the log. History makes it, as it alone knows which sequences were given out."""

    name = "log"

    def __init__(self, log: Log) -> None:
        self._log = log

    async def start(self) -> None:
        """Return once the log can be read.

        Raises:
            BusError: it could not be within half a minute.
        """
        deadline = clock.monotonic() + _LOG_SECONDS
        while True:
            try:
                await self._log.state()
            except BusError:
                if clock.monotonic() > deadline:
                    raise
                await asyncio.sleep(_LOG_PAUSE_SECONDS)
            else:
                return

    async def stop(self) -> None:
        """Nothing to close: the bus has the connection."""
