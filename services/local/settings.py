"""What a person can choose for the local stack; the services read their own settings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.settings import Env, SettingsError

DIRECTORY = ".parley"
MAX_GATEWAYS = 16


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """The choices for one run. `environment` is what the processes inherit."""

    data: Path
    port: int
    gateways: int
    drain_seconds: float
    public_url: str
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def read(
        cls,
        data: str,
        *,
        port: int | None = None,
        gateways: int = 2,
        source: Mapping[str, str] | None = None,
    ) -> "LocalSettings":
        """Read them; an option given on the command line wins over the environment.

        Raises:
            SettingsError: one of them is not allowed.
        """
        inherited = dict(os.environ if source is None else source)
        env = Env(inherited)
        http_port = env.integer("PARLEY_HTTP_PORT", 8080, 1, 65_535)
        port = http_port if port is None else port
        chosen = cls(
            data=Path(data).absolute(),
            port=port,
            gateways=gateways,
            # Shorter than in production: here somebody waits at the keyboard.
            drain_seconds=env.seconds("PARLEY_DRAIN_SECONDS", 3.0, 0.0, 3_600.0),
            public_url=env.url("PARLEY_PUBLIC_URL", f"http://127.0.0.1:{port}"),
            environment=inherited,
        )
        if not 1 <= port <= 65_535:
            env.wrong("--port", f"{port} is not allowed; allowed: 1 to 65535")
        if not 1 <= gateways <= MAX_GATEWAYS:
            env.wrong("--gateways", f"{gateways} is not allowed; allowed: 1 to {MAX_GATEWAYS}")
        env.finish()
        return chosen


__all__ = ["DIRECTORY", "MAX_GATEWAYS", "LocalSettings", "SettingsError"]
