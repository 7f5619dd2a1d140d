"""`parley check`: whether settings are right and every part can be reached; it changes nothing.

It stands where a service stands, in its container, with its environment. What it says is plain, and
each fault comes with what to do.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import resource
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from proto import subjects
from services import clock, logs_structlog, migrations_yoyo, pool_postgres
from services.bus import BusError
from services.bus_nats import Bus
from services.check_redis import about
from services.deploy.migrate import directory
from services.lifecycle import Look
from services.local import probes
from services.log_nats import Log
from services.problem import Unavailable
from services.settings import Env, SettingsError

SERVICES: Final = ("auth", "history", "presence", "media", "notify", "gateway")
WAIT_SECONDS: Final = 5.0
SPARE_FILES: Final = 200
"""Open files of a gateway that are no client's socket."""
SKEW_SECONDS: Final = 5.0
_OLDEST_POSTGRES: Final = 150_000
_WRITING: Final = "is there room on its disk, and may it write? Once it can, all goes on by itself"


class Finding(NamedTuple):
    """What was looked at, and what to do about it; None where all is well."""

    part: str
    said: str
    advice: str | None = None


async def findings(
    services: Sequence[str],
    source: Mapping[str, str] | None = None,
    nats_monitor: int | None = None,
) -> AsyncIterator[Finding]:
    """Look at everything that these services need, each server once, by the environment.

    `nats_monitor` is the port of NATS' own monitoring, where it is on this machine.
    """
    asked: set[str] = set()
    outside: dict[str, Look] = {}
    for name in services:
        env = Env(source)
        try:
            outside |= importlib.import_module(f"{name}.app").build(env).outside
            env.finish()
        except SettingsError as error:
            for problem in error.problems:
                yield Finding(name, problem, "set it, and start the service again")
        else:
            yield Finding(name, "its settings are right")
        for sentence in env.unknown():
            yield Finding(name, sentence, "correct the name, or remove it")
        asked |= env.asked
    env = Env(source)
    if "PARLEY_NATS_URL" in asked:
        urls = env.secret_urls("PARLEY_NATS_URL", "nats://127.0.0.1:4222", ("nats", "tls"))
        yield await _within("NATS", lambda: _nats(urls, nats_monitor))
    if "PARLEY_POSTGRES_URL" in asked:
        url = env.secret_url("PARLEY_POSTGRES_URL", "postgresql://parley@127.0.0.1:5432/parley")
        async for finding in _postgres(url, services):
            yield finding
    if "PARLEY_REDIS_URL" in asked:
        redis = env.secret_url("PARLEY_REDIS_URL", "redis://127.0.0.1:6379/0")
        yield await _within("Valkey", lambda: _redis(redis))
    for part, look in outside.items():
        yield await _within(part, partial(_outside, part, look))
    public = env.url("PARLEY_PUBLIC_URL", "http://127.0.0.1:8080")
    jwks = env.url("PARLEY_JWKS_URL", public + "/.well-known/jwks.json")
    if set(services) - {"auth"}:
        yield await _within("keys", lambda: asyncio.to_thread(_keys, jwks))
    if "gateway" in services:
        yield _files(env.integer("PARLEY_MAX_CONNECTIONS", 9_000))


async def _within(part: str, look: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        async with asyncio.timeout(2 * WAIT_SECONDS):
            return await look()
    except (TimeoutError, OSError, BusError, Unavailable) as error:
        why = str(error) or "no answer in time"
        return Finding(part, why, "is it up, and are its address, password and network right?")


async def _outside(part: str, look: Look) -> Finding:
    return Finding(part, f"reached; {await look()}")


async def _nats(urls: Sequence[str], monitor: int | None) -> Finding:
    if monitor is not None and (said := await probes.complaint(monitor, "/healthz")):
        return Finding("NATS", said, "make room on its disk; it is started again then")
    bus = Bus(urls, "check", connect_seconds=WAIT_SECONDS)
    await bus.start()
    try:
        if not subjects.may_see_log(bus.user):
            return Finding("NATS", f"reached, as {bus.user}")
        state = await Log(bus, subjects.ROOMS_STREAM).state()
    except BusError as error:
        return Finding("NATS", f"reached, but the log is not there: {error}", "history makes it")
    finally:
        await bus.stop()
    full = state.bytes / state.max_bytes if state.max_bytes > 0 else 0.0
    said = f"reached; the log is {full:.0%} full"
    if full > 0.6:
        return Finding("NATS", said, "is Postgres there, and does history store?")
    return Finding("NATS", said)


async def _postgres(url: str, services: Sequence[str]) -> AsyncIterator[Finding]:
    part = "Postgres"
    try:
        connection = await pool_postgres.connect(url, WAIT_SECONDS)
    except (Unavailable, OSError) as error:
        is_full = "space" in str(error)
        there = "is it up, and are its address, name and password right?"
        yield Finding(part, str(error), _WRITING if is_full else there)
        return
    try:
        version = int(await connection.fetchval("SHOW server_version_num"))
        yield Finding(
            part,
            f"reached; version {version // 10_000}.{version % 10_000}",
            None if version >= _OLDEST_POSTGRES else "15 or above is needed",
        )
        theirs = (await connection.fetchval("SELECT extract(epoch FROM now())")) or 0
        skew = abs(float(theirs) - clock.now_ms() / 1000)
        late = skew > SKEW_SECONDS
        advice = (
            "set both by NTP: keys of messages ahead of the clock are refused" if late else None
        )
        yield Finding("clock", f"{skew:.1f} s from Postgres'", advice)
        if said := await pool_postgres.try_writing(connection):
            yield Finding(part, said, _WRITING)
    finally:
        await connection.close(timeout=WAIT_SECONDS)
    for name in services:
        if not (place := directory(name)).is_dir():
            continue
        left = await migrations_yoyo.missing(url, name, place)
        said = f"schema {name}: " + (f"{', '.join(left)} not applied" if left else "up to date")
        yield Finding(part, said, f"start {name}, or the Job migrate" if left else None)


async def _redis(url: str) -> Finding:
    said, advice = await about(url, WAIT_SECONDS)
    return Finding("Valkey", said, advice)


def _keys(url: str) -> Finding:
    try:
        with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as answer:  # noqa: S310 - a setting
            keys = json.load(answer)["keys"]
    except (urllib.error.URLError, ValueError, KeyError, TypeError) as error:
        return Finding("keys", f"{url}: {error}", "is auth up, and PARLEY_JWKS_URL its address?")
    if not keys:
        return Finding("keys", f"{url} has none", "auth makes the first at its start: see its log")
    return Finding("keys", f"{len(keys)} at {url}")


def _files(sockets: int) -> Finding:
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    said = f"{allowed} may be open, for {sockets} sockets at most"
    if allowed < sockets + SPARE_FILES:
        return Finding("files", said, "raise nofile, or lower PARLEY_MAX_CONNECTIONS")
    return Finding("files", said)


def run(
    services: Sequence[str],
    source: Mapping[str, str] | None = None,
    nats_monitor: int | None = None,
) -> int:
    """Print what was found, and give the exit code: 1 if anything is wrong."""

    async def look() -> int:
        wrong = 0
        async for part, said, advice in findings(services, source, nats_monitor):
            wrong += advice is not None
            sys.stdout.write(f"{'ok   ' if advice is None else 'WRONG'} {part}: {said}\n")
            if advice is not None:
                sys.stdout.write(f"      {advice}\n")
        return wrong

    # What the parts' clients would log is in the findings, once and in words.
    logs_structlog.setup("check", "error", "console", sys.stderr)
    return 1 if asyncio.run(look()) else 0
