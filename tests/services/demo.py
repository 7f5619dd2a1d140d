"""A small application of every kind of endpoint, for the tests of the HTTP face."""

import io
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import httpx
import msgspec
import structlog

from proto.codes import ErrorCode
from proto.ids import Id
from services import http, logs_structlog
from services.guard import Claims, Unauthorized
from services.http import Endpoint, Problem, Request, Response, Unavailable
from services.metrics_prometheus import Metrics


class Note(msgspec.Struct):
    """A body with a rule of each kind."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=10)]
    room: Id = "r1"
    count: Annotated[int, msgspec.Meta(ge=0)] = 0
    kind: Literal["public", "private"] = "public"


class Fixed:
    """A checker that knows one token."""

    async def check(self, token: str) -> Claims:
        """Say yes to `good`."""
        if token != "good":
            raise Unauthorized("the token is not valid")
        return Claims("u1", "s1", 99)


async def note(request: Request) -> Response:
    """Answer with what was sent."""
    return http.reply(await http.body(request, Note), 201)


async def who(request: Request) -> Response:
    """Answer with who asks."""
    return http.reply({"sub": (await http.claims(request)).sub})


async def values(request: Request) -> Response:
    """Answer with what the path and the query say."""
    return http.reply(
        {
            "room": http.path_id(request, "room"),
            "seq": http.path_int(request, "seq"),
            "limit": http.query_int(request, "limit", 50, 1, 100),
            "before": http.query_int(request, "before", None),
            "ids": http.query_ids(request, "ids", limit=3),
            "by": http.query_id(request, "by"),
            "q": http.query_text(request, "q", maximum_characters=5),
            "key": http.idempotency_key(request),
            "address": http.address(request),
        }
    )


async def gone(_request: Request) -> Response:
    """Answer without a body."""
    return http.empty()


def raising(error: Exception) -> Callable[[Request], Awaitable[Response]]:
    """A handler that raises."""

    async def handler(_request: Request) -> Response:
        raise error

    return handler


async def named(request: Request) -> Response:
    """Answer with which route it was."""
    return http.reply({"route": request.scope["parley.route"]})


ENDPOINTS = [
    Endpoint(
        "POST", "/v1/notes", note, "Note.", request=Note, response=Note, status=201, auth=False
    ),
    Endpoint("GET", "/v1/me", who, "Who.", response=dict[str, str]),
    Endpoint("DELETE", "/v1/me", gone, "A handler that never asks who.", status=204),
    Endpoint("GET", "/v1/rooms/{room}/{seq}", values, "Values.", auth=False),
    Endpoint("DELETE", "/v1/rooms/{room}/{seq}", gone, "Remove.", status=204, auth=False),
    Endpoint("GET", "/v1/rooms/{room}", named, "A room.", auth=False),
    Endpoint("GET", "/v1/rooms/public", named, "Public rooms.", auth=False),
    Endpoint("GET", "/v1/bug", raising(ZeroDivisionError("hunter2")), "A bug.", auth=False),
    Endpoint(
        "GET", "/v1/slow", raising(Unavailable("the database is away", 1_500)), "Away.", auth=False
    ),
    Endpoint(
        "GET",
        "/v1/taken",
        raising(Problem(ErrorCode.CONFLICT, "taken", field="username")),
        "Taken.",
        auth=False,
    ),
]


def connected(app: Any) -> httpx.AsyncClient:  # noqa: ANN401 - any ASGI application
    """A client that speaks to an application in this process."""
    transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://demo")


def is_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is problem details of that kind, and give them."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, "about:blank")
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["title"]
    assert problem["detail"]
    return problem


def demo_client() -> httpx.AsyncClient:
    """A client of the application above, which takes bodies of 100 bytes."""
    app = http.create_app(
        "demo", ENDPOINTS, guard=Fixed(), metrics=Metrics("demo"), max_body_bytes=100
    )
    return connected(app)


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Everything logged meanwhile, as JSON lines."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs_structlog.setup("demo", "info", "json", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
