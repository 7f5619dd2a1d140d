"""The services put together but not started: what they read, serve and count, as they say it."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from starlette.applications import Starlette

from services.lifecycle import Part
from services.metrics_prometheus import Metrics
from services.server_uvicorn import HttpServer
from services.settings import Env

T = TypeVar("T")

NAMES = ("auth", "gateway", "history", "media", "notify", "presence")
_NEEDED = {"PARLEY_POSTGRES_URL": "postgresql://parley@127.0.0.1:5432/parley"}
"""What has no default, so that a service can be put together."""


@dataclass(frozen=True)
class Read:
    """A setting that was read: by which method of `Env`, and with which arguments."""

    kind: str
    arguments: Mapping[str, Any]


_KINDS = frozenset(
    ("text", "integer", "seconds", "flag", "rate", "url", "secret", "secret_url", "secret_urls",
     "addresses", "words")
)  # fmt: skip


class Recorder(Env):
    """Reads as every `Env` does, and notes by name what is read."""

    def __init__(self, source: Mapping[str, str]) -> None:
        """Nothing is read from the environment of the tests."""
        super().__init__(source)
        self.reads: dict[str, Read] = {}

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - any attribute
        found = super().__getattribute__(name)
        return self._noting(name, found) if name in _KINDS else found

    def _noting(self, kind: str, read: Callable[..., T]) -> Callable[..., T]:
        signature = inspect.signature(read)

        def noted(*positional: object, **named: object) -> T:
            bound = signature.bind(*positional, **named)
            bound.apply_defaults()
            arguments = dict(bound.arguments)
            self.reads[arguments.pop("name")] = Read(kind, arguments)
            return read(*positional, **named)

        return noted


@dataclass(frozen=True)
class Built:
    """One service: what it read, its public application, what it counts, and its parts."""

    reads: Mapping[str, Read]
    app: Starlette
    metrics: Metrics
    parts: Sequence[Part]


@cache
def built(name: str) -> Built:
    """Put a service together as `python -m <name>` does; it listens nowhere and knows nobody."""
    env = Recorder(_NEEDED)
    service = importlib.import_module(f"{name}.app").build(env)
    servers = [part for part in service._parts if isinstance(part, HttpServer)]
    (http,) = [server for server in servers if server.name == "http"]
    app = cast(Starlette, http._server.config.app)
    metrics = cast(Metrics, app.user_middleware[0].kwargs["metrics"])
    return Built(env.reads, app, metrics, service._parts)
