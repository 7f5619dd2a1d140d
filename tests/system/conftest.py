"""People, rooms and gateways for tests of the whole stack."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from parley_sdk import Api

from proto import shapes
from tests.local_stack import LocalStack

PASSWORD = "correct horse battery"


class Person:
    """Somebody who is signed in: their name to the services, and their way to ask."""

    def __init__(self, api: Api, signed_in: shapes.SignedIn) -> None:
        self.api = api
        self.id = signed_in.user.id
        self.username = signed_in.user.username
        self.token = signed_in.access_token


async def eventually(look: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Look again and again at what no event tells of, such as an answer over HTTP.

    Raises:
        TimeoutError: it did not come true.
    """
    async with asyncio.timeout(seconds):
        while not await look():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.05)


People = Callable[[str], Awaitable[Person]]


@pytest.fixture
async def person(stack: LocalStack) -> AsyncIterator[People]:
    """Give a function that registers somebody whose name begins as told."""
    async with AsyncExitStack() as closing:

        async def register(name: str) -> Person:
            api = await closing.enter_async_context(Api(stack.url))
            signed_in = await api.register(f"{name}-{os.urandom(4).hex()}", PASSWORD)
            return Person(api, signed_in)

        yield register


@pytest.fixture
def gateways(stack: LocalStack) -> tuple[str, str]:
    """Give the addresses of the two gateways themselves, past the load balancer."""
    processes = stack.processes
    first, second = processes["gateway-1"].port, processes["gateway-2"].port
    return f"http://127.0.0.1:{first}", f"http://127.0.0.1:{second}"
