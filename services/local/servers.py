"""The four foreign servers: their arguments, files and addresses; no process is started here."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from services.local import nats_conf, probes
from services.local.errors import LocalError
from services.local.executables import NOBODY, SETPRIV, executable, unprivileged
from services.local.passwords import Passwords, write_private
from services.local.ports import HOST
from services.local.process import Spec

USER = nats_conf.USER
# How the lines of Postgres' programs begin to tell why they failed.
FAILURE = re.compile(r"error:|FATAL|PANIC|could not")
DATABASE = "parley"
STOP_ORDER = 3
# What NATS says of a write that may succeed later; and how much is room for it, two of its files.
NO_ROOM = re.compile("no space left|quota exceeded|file too large")
ROOM_BYTES = 16 * 1024**2

VALKEY_CONFIG = """\
# Made anew at every start.
bind {host}
port {port}
requirepass {password}
# Presence is leases of seconds: nothing here is worth keeping.
save ""
appendonly no
dir {directory}
maxmemory 256mb
maxmemory-policy noeviction
"""


def postgres_url(port: int, passwords: Passwords, database: str = DATABASE) -> str:
    """Give the address of a database, its password included."""
    return f"postgresql://{USER}:{passwords.postgres}@{HOST}:{port}/{database}"


def nats_url(port: int, passwords: Passwords, service: str | None = None) -> str:
    """Give the address of NATS, with the name and password of a service, or of who may do all."""
    if service is None:
        return f"nats://{USER}:{passwords.nats}@{HOST}:{port}"
    return f"nats://{service}:{nats_conf.password_of(passwords.nats, service)}@{HOST}:{port}"


def redis_url(port: int, passwords: Passwords, number: int = 0) -> str:
    """Give the address of a numbered database of Valkey, its password included."""
    return f"redis://:{passwords.redis}@{HOST}:{port}/{number}"


def nats_config(
    name: str,
    port: int,
    store: Path,
    passwords: Passwords,
    others: nats_conf.Others | None = None,
    sync: str = nats_conf.SYNC[0],
    monitor: int | None = None,
) -> str:
    """Give what every node of the log is told, whether it stands alone or has others beside it."""
    return "# Made anew at every start.\n" + nats_conf.render(
        name,
        listen=f"{HOST}:{port}",
        store=str(store),
        users=nats_conf.users(passwords.nats),
        monitor=None if monitor is None else f"{HOST}:{monitor}",
        others=others,
        sync=sync,
    )


def nats(
    data: Path,
    port: int,
    passwords: Passwords,
    environment: Mapping[str, str],
    sync: str = nats_conf.SYNC[0],
    *,
    monitor: int | None = None,
) -> Spec:
    """NATS with JetStream on files, which by default are flushed before they are acknowledged.

    `monitor` is the port of its monitoring: with it, it is started again when it had no room to
    write and there is room by now.
    """
    config, store = data / "nats.conf", data / "nats"
    text = nats_config("parley-local", port, store, passwords, sync=sync, monitor=monitor)
    write_private(config, text)
    return Spec(
        name="nats",
        argv=(executable("nats-server"), "-c", str(config)),
        environment=environment,
        probe=probes.nats(port, monitor),
        port=port,
        monitor=monitor,
        stop_order=STOP_ORDER,
        stuck=None if monitor is None else _without_room(monitor, store),
    )


def _without_room(monitor: int, store: Path) -> Callable[[], Awaitable[str]]:
    """Make a function that says what NATS could not write, once there is room for it.

    A stream of NATS 2.15 that failed to write once writes nothing more, until another start.
    """

    async def ask() -> str:
        why = await probes.complaint(monitor, "/healthz")
        if not NO_ROOM.search(why) or shutil.disk_usage(store).free < ROOM_BYTES:
            return ""
        return f"{why}; there is room now"

    return ask


def valkey(data: Path, port: int, passwords: Passwords, environment: Mapping[str, str]) -> Spec:
    """Valkey without persistence."""
    config = data / "valkey.conf"
    text = VALKEY_CONFIG.format(
        host=HOST, port=port, password=passwords.redis, directory=json.dumps(str(data))
    )
    write_private(config, text)
    return Spec(
        name="valkey",
        argv=(executable("valkey-server"), str(config)),
        environment=environment,
        probe=probes.valkey(port, passwords.redis),
        port=port,
        stop_order=STOP_ORDER,
    )


def postgres(data: Path, port: int, environment: Mapping[str, str]) -> Spec:
    """Postgres on TCP alone: the path of a Unix socket may be too long for one."""
    directory = data / "postgres"
    settings = (
        f"port={port}",
        f"listen_addresses={HOST}",
        "unix_socket_directories=",
        "max_connections=200",
        "log_checkpoints=off",
    )
    argv = [*unprivileged(), executable("postgres"), "-D", str(directory)]
    for setting in settings:
        argv += ["-c", setting]
    return Spec(
        name="postgres",
        argv=tuple(argv),
        environment=environment,
        probe=probes.postgres(port),
        port=port,
        stop_order=STOP_ORDER,
        stop_signal=signal.SIGINT,  # fast shutdown: open sessions are ended
        prepare=_clearing_stale_lock(directory),
    )


def _clearing_stale_lock(directory: Path) -> Callable[[], None]:
    """Make a function that removes the lock file of a postmaster that was killed.

    After a reboot its pid may belong to another process, and Postgres would refuse to start.
    """
    lock = directory / "postmaster.pid"

    def clear() -> None:
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
            # A postmaster works in its data directory; nobody else does.
            if os.readlink(f"/proc/{pid}/cwd") == str(directory.resolve()):
                return
        except (OSError, ValueError):
            pass
        lock.unlink(missing_ok=True)

    return clear


def make_postgres(data: Path, passwords: Passwords, environment: Mapping[str, str]) -> None:
    """Make the database cluster, if there is none yet. Blocking, about a second.

    It is made beside its place and moved there when it is whole, so that an attempt that was
    interrupted is simply made again.

    Raises:
        LocalError: initdb failed, with what it said.
    """
    directory = data / "postgres"
    if directory.exists():
        return
    beside = data / "postgres.new"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    password_file = beside.with_name("postgres.password")
    write_private(password_file, passwords.postgres + "\n")
    if unprivileged() == SETPRIV:
        for path in (beside, password_file):
            os.chown(path, NOBODY, NOBODY)
    initdb = [
        executable("initdb"),
        *("-D", str(beside), f"--username={USER}", f"--pwfile={password_file}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
    ]
    single = [executable("postgres"), "--single", "-D", str(beside), "postgres"]
    try:
        _run(initdb, environment, "")
        _run(single, environment, f"CREATE DATABASE {DATABASE}\n")
    finally:
        password_file.unlink()
    beside.replace(directory)


def _run(argv: list[str], environment: Mapping[str, str], text: str) -> None:
    done = subprocess.run(  # noqa: S603  our own programs with fixed words
        [*unprivileged(), *argv],
        env=environment,
        input=text,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        said = [line for line in done.stdout.splitlines() if line.strip()] or ["nothing"]
        why = next((line for line in said if FAILURE.search(line)), said[-1])
        raise LocalError(f"the database can't be made: {Path(argv[0]).name} said: {why}")
