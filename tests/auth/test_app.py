"""Auth as a whole: its process, its readiness, its document, and a Postgres that goes away."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec

from proto import subjects
from proto.calls import Failure
from services.local.ports import free_ports
from tests.auth.running import PASSWORD, bearer, problem, running
from tests.auth.severed import way_to

QUESTIONS = {
    subjects.AUTH_USERS: b'{"ids":["u_1"]}',
    subjects.AUTH_ADMIN: b'{"user":"u_1","sid":"s_1"}',
    subjects.AUTH_REVOCATIONS: b'{"since_ms":0}',
}


async def test_postgres_away_is_said_and_got_over(postgres_database: str, nats_url: str) -> None:
    """503 `unavailable` and not ready; when it is back everything goes on unaided."""
    async with (
        way_to(postgres_database) as way,
        running(way.url, nats_url) as auth,
    ):
        body = await auth.register("alice")
        await way.cut()
        problem(await auth.login("alice"), 503, "unavailable")
        problem(await auth.refresh(body["refresh_token"]), 503, "unavailable")
        answer = await auth.http.get("/v1/auth/me", headers=bearer(body))
        assert int(problem(answer, 503, "unavailable")["retry_after_ms"]) > 0
        ready = await auth.private.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"]["postgres"] != "ok"
        for subject, question in QUESTIONS.items():
            raw = await auth.auth.bus.request(subject, question, 10.0)
            assert msgspec.json.decode(raw, type=Failure).code == "unavailable"
        # What needs no database is answered: other services go on checking tokens.
        assert (await auth.http.get("/.well-known/jwks.json")).status_code == 200
        assert (await auth.private.get("/livez")).status_code == 200

        await way.mend()
        assert (await auth.login("alice")).status_code == 200
        assert (await auth.refresh(body["refresh_token"])).status_code == 200
        # A report of readiness is kept for a second.
        await asyncio.sleep(1.1)
        assert (await auth.private.get("/readyz")).status_code == 200


async def test_the_document_has_every_path(postgres_database: str, nats_url: str) -> None:
    """OpenAPI 3.1, and says which operations take an access token."""
    async with running(postgres_database, nats_url) as auth:
        document = (await auth.http.get("/v1/auth/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    open_ones = {
        (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if {"access_token": []} not in operation["security"]
    }
    assert open_ones == {
        ("post", "/v1/auth/register"),
        ("post", "/v1/auth/login"),
        ("post", "/v1/auth/refresh"),
        ("post", "/v1/auth/token"),
        ("get", "/v1/auth/door"),
        ("post", "/v1/auth/invitations/request"),
        ("post", "/v1/auth/reset"),
        ("post", "/v1/auth/reset/confirm"),
        ("get", "/.well-known/jwks.json"),
    }
    admins = {path for path in document["paths"] if "/admin/" in path or "/bots" in path}
    assert set(document["paths"]) - {path for _, path in open_ones} - admins == {
        "/v1/auth/account",
        "/v1/auth/email",
        "/v1/auth/logout",
        "/v1/auth/me",
        "/v1/auth/sessions",
        "/v1/auth/sessions/{id}",
        "/v1/auth/password",
        "/v1/auth/deactivate",
        "/v1/users",
        "/v1/users/search",
    }


async def test_the_address_is_the_clients_where_a_proxy_is_trusted(
    postgres_database: str, nats_url: str
) -> None:
    """And what a client claims itself is not believed otherwise."""
    headers = {"X-Forwarded-For": "203.0.113.7"}
    form = {"username": "alice", "password": PASSWORD}
    last = "SELECT address FROM sessions ORDER BY created_ms DESC LIMIT 1"
    async with running(postgres_database, nats_url) as auth:
        await auth.register("alice")
        await auth.http.post("/v1/auth/login", json=form, headers=headers)
        assert await auth.auth.pool.fetchval(last) == "127.0.0.1"
    async with running(postgres_database, nats_url, PARLEY_TRUSTED_PROXIES="127.0.0.1") as auth:
        await auth.http.post("/v1/auth/login", json=form, headers=headers)
        assert await auth.auth.pool.fetchval(last) == "203.0.113.7"


class Process:
    """`python -m auth`, and what it logged until it was ready."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Start it and wait until it says that it is ready."""
        self.log = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "auth"],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.log += line
            if json.loads(line)["event"] == "ready":
                return
        raise AssertionError(f"auth ended: {self.log}")

    def end(self, sign: signal.Signals) -> int:
        """Send a signal, read what it says to that, and answer the exit code."""
        self._process.send_signal(sign)
        rest, _ = self._process.communicate(timeout=20)
        self.log += rest
        return self._process.returncode


@contextmanager
def process(environment: dict[str, str]) -> Iterator[Process]:
    """A process that is killed at the end, if it still runs."""
    started = Process(environment)
    try:
        yield started
    finally:
        started.end(signal.SIGKILL)


def test_the_process_survives_a_kill_and_logs_no_secret(
    postgres_database: str, nats_url: str
) -> None:
    """Killed and started again it knows its people; SIGTERM ends it with 0."""
    port, private_port = free_ports(2)
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PARLEY_POSTGRES_URL": postgres_database,
        "PARLEY_NATS_URL": nats_url,
        "PARLEY_PUBLIC_URL": url,
        "PARLEY_REGISTRATION": "open",
        "PARLEY_PORT": str(port),
        "PARLEY_PRIVATE_PORT": str(private_port),
    }
    form = {"username": "alice", "password": PASSWORD}
    with process(environment) as first:
        body = httpx.post(f"{url}/v1/auth/register", json=form).json()
        first.end(signal.SIGKILL)
    with process(environment) as second:
        answer = httpx.get(f"{url}/v1/auth/me", headers=bearer(body))
        assert answer.json() == body["user"]
        refresh = {"refresh_token": body["refresh_token"]}
        assert httpx.post(f"{url}/v1/auth/refresh", json=refresh).status_code == 200
        assert httpx.get(f"http://127.0.0.1:{private_port}/readyz").status_code == 200
        assert second.end(signal.SIGTERM) == 0
    secrets = (PASSWORD, body["access_token"], body["refresh_token"], "eyJ")
    assert '"event":"request"' in second.log
    for log in (first.log, second.log):
        assert not any(secret in log for secret in secrets)


def test_wrong_settings_exit_with_2_and_name_themselves() -> None:
    """All of them at once, one line each, and nothing is started."""
    ended = subprocess.run(
        [sys.executable, "-m", "auth"],
        env={**os.environ, "PARLEY_REGISTRATION": "maybe", "PARLEY_PORT": "x"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ended.returncode == 2
    names = sorted(line.partition(":")[0] for line in ended.stderr.splitlines())
    assert names == ["PARLEY_PORT", "PARLEY_REGISTRATION"]
