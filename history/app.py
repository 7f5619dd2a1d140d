"""How the parts of history are put together; each does its work elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from history import rooms_postgres
from history.calls import Calls
from history.marker import Marker
from history.metrics import HistoryMetrics
from history.progress import Progress
from history.reader import Reader
from history.settings import Settings
from history.writer import Writer
from proto import subjects
from services.bus_nats import Bus
from services.health import Health
from services.http import create_private_app
from services.lifecycle import Part, Service
from services.log_nats import Log
from services.metrics_prometheus import Metrics
from services.migrations_yoyo import Migrations
from services.pool_postgres import Pool
from services.server_uvicorn import HttpServer
from services.settings import Env
from services.worker import Worker

NAME: Final = "history"
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

    def __init__(self, settings: Settings) -> None:
        base, url = settings.base, settings.postgres_url
        metrics = Metrics(NAME)
        counts = HistoryMetrics(metrics)
        self.health = Health()
        self.pool = Pool(url, NAME, service=NAME, max_size=settings.postgres_pool)
        self.bus = Bus(base.nats_urls, NAME)
        self.log = Log(self.bus, subjects.ROOMS_STREAM)
        self.progress = Progress(lambda: rooms_postgres.position(self.pool))
        self.writer = Writer(url, self.log, settings.stream, self.progress, counts)
        reader = Reader(self.pool, self.log, self.progress)
        marker = Marker(self.pool, self.bus, reader)
        self.health.add("postgres", self.pool.health)
        self.health.add("nats", self.bus.check)
        self.health.add("writer", self.writer.health)
        private = create_private_app(self.health, metrics)
        self.parts: list[Part] = [
            HttpServer(private, base.host, base.private_port, name="probes"),
            Migrations(url, NAME, MIGRATIONS),
            self.pool,
            self.bus,
            Worker("writer", self.writer.run),
            Calls(self.bus, reader, marker, counts),
        ]
