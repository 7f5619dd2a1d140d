"""What a person can choose for the local stack; what each service makes of it is in `choices`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from services.local import choices
from services.local.nats_conf import SYNC
from services.local.ports import HOST
from services.settings import SettingsError

DIRECTORY = ".parley"
MAX_GATEWAYS = 16
HTTP_PORT, HTTPS_PORT = 8080, 8443


def inherited() -> dict[str, str]:
    """Give what this process was started with, for one that takes its place."""
    return dict(os.environ)


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """The choices for one run. `environment` is what the processes inherit."""

    data: Path
    port: int
    gateways: int
    drain_seconds: float
    public_url: str
    tls_names: tuple[str, ...]
    """What the certificates are for; empty without TLS."""
    nats_sync: str
    """When NATS flushes what it acknowledges, one of `nats_conf.SYNC`."""
    environment: Mapping[str, str] = field(repr=False)
    slips: tuple[str, ...] = ()
    """A sentence for each PARLEY_ name in it that nothing reads."""

    @classmethod
    def read(
        cls,
        data: str,
        *,
        port: int | None = None,
        gateways: int = 2,
        tls: bool = False,
        source: Mapping[str, str] | None = None,
    ) -> "LocalSettings":
        """Read them; an option given on the command line wins over the environment.

        Raises:
            SettingsError: one of them is not allowed, or one of those that the services get.
        """
        inherited = dict(os.environ if source is None else source)
        env = choices.reader(inherited)
        # Read in any case: a wrong value is told also when an option wins.
        tls = env.flag("PARLEY_TLS", default=False) or tls
        http_port = env.integer("PARLEY_HTTP_PORT", HTTPS_PORT if tls else HTTP_PORT, 1, 65_535)
        port = http_port if port is None else port
        scheme = "https" if tls else "http"
        public_url = env.url("PARLEY_PUBLIC_URL", f"{scheme}://{HOST}:{port}")
        if tls and not public_url.startswith("https:"):
            env.wrong("PARLEY_PUBLIC_URL", f"{public_url!r} is not HTTPS, but TLS is switched on")
        chosen = cls(
            data=Path(data).absolute(),
            port=port,
            gateways=gateways,
            # Shorter than in production: here somebody waits at the keyboard.
            drain_seconds=env.seconds("PARLEY_DRAIN_SECONDS", 3.0, 0.0, 3_600.0),
            public_url=public_url,
            tls_names=_names(public_url) if tls else (),
            nats_sync=env.text("PARLEY_NATS_SYNC", SYNC[0], choices=SYNC),
            environment=inherited,
            slips=tuple(env.unknown()),
        )
        if not 1 <= port <= 65_535:
            env.wrong("--port", f"{port} is not allowed; allowed: 1 to 65535")
        if not 1 <= gateways <= MAX_GATEWAYS:
            env.wrong("--gateways", f"{gateways} is not allowed; allowed: 1 to {MAX_GATEWAYS}")
        env.finish()
        return chosen


def _names(public_url: str) -> tuple[str, ...]:
    """Give the names this machine is reached by, each once."""
    chosen = urlsplit(public_url).hostname or HOST
    chosen = f"[{chosen}]" if ":" in chosen else chosen
    return tuple(dict.fromkeys((HOST, "localhost", chosen)))


__all__ = ["DIRECTORY", "MAX_GATEWAYS", "LocalSettings", "SettingsError"]
