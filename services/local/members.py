"""Who is in the local stack, with what environment and after whom; it starts nobody."""

import sys
from collections.abc import Mapping
from pathlib import Path

from services.local import choices, pages, probes, servers, state
from services.local.caddyfile import render
from services.local.executables import executable
from services.local.passwords import Passwords, write_private
from services.local.ports import HOST, free_ports
from services.local.probes import Probe
from services.local.process import Spec
from services.local.settings import LocalSettings

# Beyond its drain a service stops its parts, each with a deadline of its own.
STOP_SECONDS = 10.0
# The log on somebody's own disk: history has what is older.
LOG_MAX_BYTES = 1024**3
# Where Caddy keeps the root of its own authority, below XDG_DATA_HOME.
AUTHORITY = Path("caddy", "caddy", "pki", "authorities", "local", "root.crt")
GATEWAYS_STOP, CADDY_STOP, SERVICES_STOP = 0, 1, 2
NEEDS: Mapping[str, tuple[str, ...]] = {
    "auth": ("postgres", "nats"),
    "history": ("postgres", "nats"),
    "presence": ("nats", "valkey"),
    "media": ("postgres", "nats"),
    "notify": ("postgres", "nats", "history", "presence"),
    "gateway": ("auth", "history", "presence", "media"),
}


def make(settings: LocalSettings, passwords: Passwords) -> list[Spec]:
    """Give all processes, in the order of `parley status`, and write the files they read.

    Raises:
        LocalError: a program is not installed, or there are no free ports.
    """
    gateways = [f"gateway-{number}" for number in range(1, settings.gateways + 1)]
    names = ["auth", "history", "presence", "media", "notify", *gateways]
    found = iter(free_ports(5 + 2 * len(names), others=(settings.port,)))
    nats, monitor, postgres, valkey, health = (next(found) for _ in range(5))
    ports = {name: (next(found), next(found)) for name in names}
    shared = {
        **_defaults(settings),
        "PARLEY_POSTGRES_URL": servers.postgres_url(postgres, passwords),
        "PARLEY_REDIS_URL": servers.redis_url(valkey, passwords),
        "PARLEY_JWKS_URL": f"http://{HOST}:{ports['auth'][0]}/.well-known/jwks.json",
    }
    foreign = foreign_environment(settings.data, settings.environment)
    return [
        servers.nats(settings.data, nats, passwords, foreign, settings.nats_sync, monitor=monitor),
        servers.postgres(settings.data, postgres, foreign),
        servers.valkey(settings.data, valkey, passwords, foreign),
        *(
            _service(
                name,
                ports[name],
                {**shared, "PARLEY_NATS_URL": servers.nats_url(nats, passwords, _folder(name))},
                settings,
            )
            for name in names
        ),
        _caddy(settings, ports, gateways, health, foreign),
    ]


def authority(settings: LocalSettings) -> Path | None:
    """Give where the root certificate is that clients have to trust; None without TLS.

    Caddy makes it at the first start. It stays while the data directory does.
    """
    return settings.data / AUTHORITY if settings.tls_names else None


def probe_of(one: state.Process, passwords: Passwords, ca: Path | None) -> Probe:
    """Give the question that tells whether a process is ready; `ca` as `authority` gives it."""
    name, port = one.name, one.port
    if one.private_port is not None:
        return probes.http(one.private_port, "/readyz")
    if name == "nats":
        return probes.nats(port, one.monitor)
    if name == "postgres":
        return probes.postgres(port)
    if name == "valkey":
        return probes.valkey(port, passwords.redis)
    return probes.http(port, "/", ca)


def foreign_environment(data: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """Give the servers that are not ours what they need and no more: no setting of ours.

    Caddy keeps its files where XDG says; the home directory may be read-only.
    """
    kept = {name: inherited[name] for name in ("PATH", "TZ", "TMPDIR") if name in inherited}
    caddy = str(data / "caddy")
    return {**kept, "HOME": str(data), "XDG_DATA_HOME": caddy, "XDG_CONFIG_HOME": caddy}


def _defaults(settings: LocalSettings) -> dict[str, str]:
    """What somebody may choose otherwise, by setting the same name before `parley up`."""
    chosen = {
        "PARLEY_REGISTRATION": "open",
        "PARLEY_DEFAULT_ROOMS": "General",
        "PARLEY_LOG_FORMAT": "json",
        "PARLEY_LOG_MAX_BYTES": str(LOG_MAX_BYTES),
        "PARLEY_TRUSTED_PROXIES": HOST,
        "PARLEY_LIMIT_EXEMPT": "127.0.0.0/8,::1",
        "PARLEY_DRAIN_SECONDS": f"{settings.drain_seconds:g}",
        "PARLEY_PUBLIC_URL": settings.public_url,
    }
    return {**chosen, **choices.passed_on(settings.environment)}


def _service(
    name: str, ports: tuple[int, int], shared: Mapping[str, str], settings: LocalSettings
) -> Spec:
    port, private_port = ports
    folder = _folder(name)
    own = {
        "PARLEY_HOST": HOST,
        "PARLEY_PORT": str(port),
        "PARLEY_PRIVATE_PORT": str(private_port),
    }
    if folder == "gateway":
        own["PARLEY_GATEWAY_NAME"] = name
    if folder == "media":
        own["PARLEY_MEDIA_FOLDER"] = str(settings.data / "media")
    return Spec(
        name=name,
        # -P: a folder named auth where somebody happens to stand is not ours.
        argv=(sys.executable, "-P", "-m", folder),
        environment={**shared, **own},
        probe=probes.http(private_port, "/readyz"),
        port=port,
        private_port=private_port,
        after=NEEDS[folder],
        stop_order=GATEWAYS_STOP if folder == "gateway" else SERVICES_STOP,
        stop_seconds=settings.drain_seconds + STOP_SECONDS,
    )


def _folder(name: str) -> str:
    """Give the service that a process runs: gateway-1 is a gateway."""
    return name.partition("-")[0]


def _caddy(
    settings: LocalSettings,
    ports: Mapping[str, tuple[int, int]],
    gateways: list[str],
    health: int,
    environment: Mapping[str, str],
) -> Spec:
    address = {name: f"{HOST}:{port}" for name, (port, _) in ports.items()}
    private = {name: f"{HOST}:{port}" for name, (_, port) in ports.items()}
    text = render(
        settings.port,
        services=address,
        gateways={address[name]: private[name] for name in gateways},
        health=f"{HOST}:{health}",
        bind=HOST,
        web=None if (web := pages.built()) is None else str(web),
        tls=settings.tls_names,
    )
    config = settings.data / "Caddyfile"
    write_private(config, text)
    if host := settings.environment.get("PARLEY_MEDIA_URL"):
        environment = {**environment, "PARLEY_MEDIA_URL": host}
    return Spec(
        name="caddy",
        argv=(executable("caddy"), "run", "--adapter", "caddyfile", "--config", str(config)),
        environment=environment,
        probe=probes.http(settings.port, "/", authority(settings)),
        port=settings.port,
        after=tuple(gateways),
        stop_order=CADDY_STOP,
    )
