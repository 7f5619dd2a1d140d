"""Auth in the test's own process, on real servers and a real port; it asks nothing by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from auth.app import Auth
from auth.password_cost import Cost
from auth.settings import AuthSettings
from services.health import State
from services.settings import Env
from tests.trust import trust

ISSUER = "https://chat.example"
CHEAP = Cost(memory_kib=8, passes=1, lanes=1)
"""A hash that costs nothing: what is tested here is not argon2."""
PASSWORD = "correct horse"
WAIT_SECONDS = 20.0


@dataclass
class Running:
    """One replica and a client of it."""

    auth: Auth
    http: httpx.AsyncClient
    private: httpx.AsyncClient

    async def register(self, username: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Make an account, which must succeed, and answer what the client is told."""
        form = {"username": username, "password": PASSWORD, **more}
        return created(await self.http.post("/v1/auth/register", json=form))

    async def login(self, username: str, password: str = PASSWORD) -> httpx.Response:
        """Try to sign in."""
        form = {"username": username, "password": password}
        return await self.http.post("/v1/auth/login", json=form)

    async def refresh(self, token: str) -> httpx.Response:
        """Show a refresh token."""
        return await self.http.post("/v1/auth/refresh", json={"refresh_token": token})

    async def metric(self, name: str, **labels: str) -> float:
        """The value of a metric with at most one label now, 0 if it was never set."""
        label = "".join(f'{{{key}="{value}"}}' for key, value in labels.items())
        start = f"parley_auth_{name}{label} "
        for found in (await self.private.get("/metrics")).text.splitlines():
            if found.startswith(start):
                return float(found.removeprefix(start))
        return 0.0

    async def outcomes(self, name: str, outcomes: Iterable[str]) -> dict[str, float]:
        """The values of a counter by outcome."""
        return {outcome: await self.metric(name, outcome=outcome) for outcome in outcomes}


async def until(condition: Callable[[], bool]) -> None:
    """Look every 10 ms until it holds: for what auth does by itself, telling nobody."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)


def grown(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """By how much each counter grew."""
    return {key: after[key] - before[key] for key in before}


def created(response: httpx.Response) -> dict[str, Any]:
    """The body of a 201."""
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal, which is a problem with a code."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert ("www-authenticate" in response.headers) == (status == 401)
    body: dict[str, Any] = response.json()
    assert body["code"] == code, body
    return body


def bearer(signed_in: dict[str, Any]) -> dict[str, str]:
    """The header that carries the access token."""
    return {"Authorization": f"Bearer {signed_in['access_token']}"}


@asynccontextmanager
async def running(
    postgres_url: str, nats_url: str, cost: Cost = CHEAP, **settings: str
) -> AsyncIterator[Running]:
    """Start a replica, registration open, and stop it at the end."""
    env = {
        "PARLEY_POSTGRES_URL": postgres_url,
        "PARLEY_NATS_URL": nats_url,
        "PARLEY_PUBLIC_URL": ISSUER,
        "PARLEY_REGISTRATION": "open",
        # What is limited is tried by itself: here one account does many things in a minute.
        "PARLEY_LIMIT_EXEMPT": "127.0.0.0/8",
        "PARLEY_LIMIT_LOGINS": "0",
        "PARLEY_LIMIT_REFRESH": "0",
        "PARLEY_LIMIT_RESETS": "0",
        "PARLEY_PORT": "0",
        "PARLEY_PRIVATE_PORT": "0",
        **settings,
    }
    auth = Auth(AuthSettings.read(Env(env)), cost)
    async with AsyncExitStack() as stack:
        for part in auth.parts:
            await part.start()
            stack.push_async_callback(part.stop)
        auth.health.state = State.READY
        http = await stack.enter_async_context(_client(auth.http.port))
        private = await stack.enter_async_context(_client(auth.probes.port))
        yield Running(auth, http, private)


def _client(port: int) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=200)
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=30, verify=trust()
    )
