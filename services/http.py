"""The HTTP face of a service: an application made from its endpoints; what they do is theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route

from proto.codes import ErrorCode
from services import face, metrics_prometheus
from services.face import Face
from services.guard import Checker
from services.health import Health
from services.metrics_prometheus import Metrics
from services.openapi import Endpoint, Query, Refusal, Upload, document
from services.problem import Problem, Unavailable
from services.requests import (
    ENDPOINT,
    address,
    bearer,
    body,
    check_scope,
    claims,
    idempotency_key,
    path_id,
    path_int,
    query_flag,
    query_id,
    query_ids,
    query_int,
    query_text,
    raw_body,
)

__all__ = [
    "ClientDisconnect",
    "Endpoint",
    "Problem",
    "Query",
    "Refusal",
    "Request",
    "Response",
    "Unavailable",
    "address",
    "bearer",
    "body",
    "claims",
    "create_app",
    "create_private_app",
    "empty",
    "idempotency_key",
    "path_id",
    "path_int",
    "query_flag",
    "query_id",
    "query_ids",
    "query_int",
    "query_text",
    "raw_body",
    "reply",
]

BODY_SECONDS = 30.0
"""A request's body is here that long after its head, or it is refused with 408."""


def create_app(
    service: str,
    endpoints: Sequence[Endpoint],
    *,
    guard: Checker | None = None,
    metrics: Metrics | None = None,
    max_body_bytes: int = 1_000_000,
    body_seconds: float = BODY_SECONDS,
) -> Starlette:
    """Make the public application of a service, with its document at `/v1/<service>/openapi.json`.

    Every error is problem details with a code and the request's id. Paths with fewer parameters
    win over those with more, whatever the order of `endpoints`.

    Raises:
        ValueError: two endpoints have the same method and path, or one needs a guard and there is
            none.
    """
    if guard is None and any(endpoint.auth for endpoint in endpoints):
        raise ValueError("an endpoint asks for a token, but there is no guard")
    app = Starlette(
        # First: its name is no parameter of another path.
        routes=[_document_route(service, endpoints), *_routes(endpoints)],
        middleware=[_face(max_body_bytes, body_seconds, metrics, _uploads(endpoints))],
        exception_handlers={404: _no_such_path},
    )
    app.router.redirect_slashes = False
    app.state.guard = guard
    return app


def create_private_app(health: Health, metrics: Metrics) -> Starlette:
    """Make the application of the private port: `/livez`, `/readyz` and `/metrics`.

    `/livez` is 200 while the event loop turns; `/readyz` is 200 when the process can do its job,
    else 503, and names what is wrong either way.
    """

    async def livez(_request: Request) -> Response:
        return reply({"alive": True})

    async def readyz(_request: Request) -> Response:
        ready, checks = await health.report()
        return reply({"ready": ready, "checks": checks}, 200 if ready else 503)

    async def exposition(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type=metrics_prometheus.CONTENT_TYPE)

    app = Starlette(
        routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", exposition)],
        middleware=[_face(0, BODY_SECONDS, None, {}, quiet=True)],
        exception_handlers={404: _no_such_path, 405: _probes_are_read},
    )
    app.router.redirect_slashes = False
    return app


def reply(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:  # noqa: ANN401 - whatever msgspec encodes
    """Answer with `value` as JSON."""
    return Response(
        msgspec.json.encode(value), status, headers=headers, media_type="application/json"
    )


def empty(status: int = 204) -> Response:
    """Answer without a body."""
    return Response(status_code=status)


class _PathRoute(Route):
    """All methods of one path: so 405 and OPTIONS can tell all of them."""

    def __init__(self, path: str, endpoints: dict[str, Endpoint]) -> None:
        super().__init__(path, self._dispatch, name=path)
        self.methods = None
        self._endpoints = endpoints
        methods = {*endpoints, "OPTIONS"} | ({"HEAD"} if "GET" in endpoints else set())
        self._allow = ", ".join(sorted(methods))

    def matches(self, scope: Any) -> tuple[Match, Any]:  # noqa: ANN401 - as Starlette has it
        match, child = super().matches(scope)
        if match is not Match.NONE:
            child[face.ROUTE] = self.path
        return match, child

    async def _dispatch(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        endpoint = self._endpoints.get(method)
        if endpoint is None:
            if method == "OPTIONS":
                return Response(status_code=204, headers={"allow": self._allow})
            problem = Problem(ErrorCode.BAD_FRAME, f"this path takes {self._allow}", status=405)
            problem.headers["allow"] = self._allow
            raise problem
        request.scope[ENDPOINT] = endpoint
        if endpoint.auth:
            check_scope(await claims(request), endpoint.needs)
        answer: Response = await endpoint.handler(request)
        return answer


def _routes(endpoints: Sequence[Endpoint]) -> list[_PathRoute]:
    paths: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        if (
            paths.setdefault(endpoint.path, {}).setdefault(endpoint.method, endpoint)
            is not endpoint
        ):
            raise ValueError(f"{endpoint.method} {endpoint.path} is declared twice")
    # A fixed segment comes before a parameter in the same place: rooms/public before rooms/{room}.
    ordered = sorted(paths, key=lambda path: [(part[:1] == "{", part) for part in path.split("/")])
    return [_PathRoute(path, paths[path]) for path in ordered]


def _document_route(service: str, endpoints: Sequence[Endpoint]) -> _PathRoute:
    path = f"/v1/{service}/openapi.json"
    answer = reply(document(service, endpoints), headers={"cache-control": "max-age=300"})

    async def handler(_request: Request) -> Response:
        return answer

    return _PathRoute(path, {"GET": Endpoint("GET", path, handler, "This document.", auth=False)})


def _face(
    max_body_bytes: int,
    body_seconds: float,
    metrics: Metrics | None,
    uploads: Mapping[str, Upload],
    *,
    quiet: bool = False,
) -> Middleware:
    return Middleware(
        Face,
        max_body_bytes=max_body_bytes,
        body_seconds=body_seconds,
        metrics=metrics,
        uploads=uploads,
        quiet=quiet,
    )


def _uploads(endpoints: Sequence[Endpoint]) -> dict[str, Upload]:
    """The paths whose bodies are files; they have no parameters."""
    return {one.path: one.upload for one in endpoints if one.upload is not None}


async def _no_such_path(_request: Request, _error: Exception) -> Response:
    # Raised rather than answered: the face around the application knows the request's id.
    raise Problem(ErrorCode.NOT_FOUND, "there is no such path")


async def _probes_are_read(_request: Request, _error: Exception) -> Response:
    raise Problem(ErrorCode.BAD_FRAME, "this path takes GET", status=405)
