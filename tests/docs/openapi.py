"""The OpenAPI documents of the services, as each serves its own; nothing is added here."""

from __future__ import annotations

import asyncio
import contextlib
import io
from functools import cache
from typing import Any

import httpx
import msgspec

from tests.docs.built import NAMES, built

SERVICES = NAMES


@cache
def documents() -> dict[str, dict[str, Any]]:
    """Every service's document, by the name of the service."""
    return {name: asyncio.run(_served(name)) for name in SERVICES}


async def _served(name: str) -> dict[str, Any]:
    transport = httpx.ASGITransport(built(name).app)
    # What is logged of the request is of no interest here.
    with contextlib.redirect_stdout(io.StringIO()):
        async with httpx.AsyncClient(transport=transport, base_url="http://docs.invalid") as http:
            document: dict[str, Any] = (await http.get(f"/v1/{name}/openapi.json")).json()
    return document


def text(name: str) -> str:
    """The content of docs/reference/openapi/<name>.json."""
    raw = msgspec.json.encode(documents()[name], order="sorted")
    return msgspec.json.format(raw, indent=2).decode() + "\n"
