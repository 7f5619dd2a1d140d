"""How the parts of media are put together; each does its work elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from media.asker import Asker
from media.avatars_postgres import AvatarLedger
from media.bucket_httpcore import Bucket
from media.calls import Calls
from media.curator import Curator
from media.deeds_postgres import Deeds
from media.emoji_postgres import EmojiLedger
from media.folder import Folder
from media.key_postgres import SigningKey
from media.ledger_postgres import Ledger
from media.links_postgres import Links
from media.metrics import MediaMetrics
from media.painter import Painter
from media.picture_finder import PictureFinder
from media.portrayer import Portrayer
from media.previewer import Previewer
from media.receiver import Receiver
from media.routes import Files, endpoints
from media.routes_avatars import avatar_endpoints
from media.routes_emoji import emoji_endpoints
from media.routes_pictures import Pictures
from media.settings import Settings
from media.signer import Signer
from media.spool import Spool
from media.store import Store, StoreError
from media.sweeper import Sweeper
from media.taker import Taker
from services.bus_nats import Bus
from services.health import Health
from services.http import create_app, create_private_app
from services.lifecycle import Part, Service
from services.meter import Meter
from services.metrics_prometheus import Metrics
from services.migrations_yoyo import Migrations
from services.outbound_httpcore import Outbound
from services.pool_postgres import Pool
from services.problem import Unavailable
from services.pulse import Pulse
from services.revocations import Revocations
from services.server_uvicorn import HttpServer
from services.settings import Env
from services.tokens_jwt import Guard
from services.trust import Trust, by_bus
from services.worker import Worker

NAME: Final = "media"
BODY_BYTES: Final = 65_536
"""Of whatever is no upload."""
MIGRATIONS: Final = Path(__file__).parent / "migrations"
SHORTCODES: Final = Path(__file__).with_name("shortcodes.txt")
"""The names that emoji of Unicode have in the browser client; by `web/scripts/shortcodes.ts`."""


def build(env: Env) -> Service:
    """Make the service from its settings; nothing is started yet."""
    settings = Settings.read(env)
    media = Media(settings)
    return Service(
        NAME,
        media.parts,
        health=media.health,
        drain_seconds=settings.base.drain_seconds,
        outside=media.outside,
    )


class Media:
    """The parts of one process, in the order of their start.

    Ready means: Postgres and NATS answer, and the store can keep and give files.
    """

    def __init__(
        self, settings: Settings, guard: Guard | None = None, store: Store | None = None
    ) -> None:
        base, url = settings.base, settings.postgres_url
        metrics, self.health = Metrics(NAME), Health()
        counts = MediaMetrics(metrics)
        pool = Pool(url, NAME, service=NAME, max_size=settings.postgres_pool, metrics=metrics)
        bus = Bus(base.nats_urls, NAME)
        guard = guard or Guard(base.jwks_url, issuer=base.public_url)
        trust = Trust(guard, base.issuers, by_bus(bus))
        revocations = Revocations(bus, trust)
        bucket = None if settings.bucket is None else Bucket(settings.bucket)
        self.outside = {} if bucket is None else {"files": partial(_look, bucket)}
        self.store = store or bucket or Folder(settings.folder)
        self.ledger, key, asker = Ledger(pool), SigningKey(pool), Asker(bus)
        emojis, painter, spool = EmojiLedger(pool), Painter(), Spool(settings.folder)
        meter = Meter(bus, {"uploads": settings.uploads, "previews": settings.previews}, metrics)
        previewer = _previewer(settings, pool, spool, counts)
        signer = Signer(self.ledger, asker, key, settings.url)
        receiver = Receiver(
            *(asker, spool, self.store, self.ledger, painter, counts),
            file_bytes=settings.file_bytes,
            day_bytes=settings.day_bytes,
        )
        files = Files(self.ledger, self.store, signer, counts)
        taker = Taker(spool, self.store, self.ledger, painter)
        curator, avatars = _curator(settings, asker, taker, emojis), AvatarLedger(pool)
        faces = Pictures(avatars.size, self.store, counts)
        app = create_app(
            NAME,
            endpoints(receiver, signer, files, meter, counts, settings.file_bytes)
            + emoji_endpoints(curator, Pictures(emojis.picture, self.store, counts), meter)
            + avatar_endpoints(Portrayer(asker, taker, avatars), faces, meter),
            guard=revocations,
            metrics=metrics,
            max_body_bytes=BODY_BYTES,
        )
        self.http = HttpServer(app, base.host, base.port, trusted_proxies=base.trusted_proxies)
        private = create_private_app(self.health, metrics)
        self.probes = HttpServer(private, base.host, base.private_port, name="probes")
        asked = (asker, previewer, avatars, Deeds(pool), counts)
        self.sweeper = Sweeper(self.ledger, self.store, spool, *asked)
        self.health.add("postgres", pool.health)
        self.health.add("nats", bus.check)
        self.health.add("store", self.store.check)
        self.health.add("keys", guard.health)
        self.health.add("revocations", revocations.health)
        self.parts: list[Part] = [
            self.probes,
            spool,
            *([] if bucket is None else [bucket]),
            Migrations(url, NAME, MIGRATIONS),
            *(pool, bus, key),
            Pulse(metrics, self.health),
            *(guard, trust, revocations),
            Calls(bus, self.ledger, previewer, emojis, meter, counts),
            Worker("meter", meter.run),
            Worker("sweeper", self.sweeper.run),
            self.http,
        ]


async def _look(bucket: Bucket) -> str:
    """Say where files are kept, once it is found to be there. Raises Unavailable."""
    try:
        await bucket.look()
    except StoreError as error:
        raise Unavailable(str(error)) from error
    finally:
        await bucket.stop()
    return str(bucket)


def _previewer(settings: Settings, pool: Pool, spool: Spool, counts: MediaMetrics) -> Previewer:
    own = settings.base.public_url
    outbound = Outbound(settings.allowed, agent=f"Parley (+{own})")
    # With a painter of its own: links wait for no upload, and no upload for links.
    painter = Painter()
    icons = PictureFinder("icon", outbound, spool, painter, counts)
    thumbnails = PictureFinder("thumbnail", outbound, spool, painter, counts)
    return Previewer(outbound, Links(pool), icons, thumbnails, counts, own)


def _curator(settings: Settings, asker: Asker, taker: Taker, emojis: EmojiLedger) -> Curator:
    return Curator(
        *(asker, taker, emojis),
        adders=settings.emoji_add,
        standard=frozenset(SHORTCODES.read_text().split()),
        url=settings.url,
    )
