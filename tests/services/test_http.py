"""The HTTP face: ids, limits, refusals and routes, as a client sees them."""

import asyncio
import io
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Annotated, Any, Literal

import httpx
import msgspec
import pytest
import structlog

from proto.codes import ErrorCode
from proto.ids import Id
from services import http, logs_structlog
from services.guard import Claims, Unauthorized
from services.health import Health, State
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


@pytest.fixture(autouse=True)
def log() -> Iterator[io.StringIO]:
    """Everything logged, as JSON lines."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs_structlog.setup("demo", "info", "json", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application above."""
    app = http.create_app(
        "demo",
        ENDPOINTS,
        guard=Fixed(),
        metrics=Metrics("demo"),
        max_body_bytes=100,
        body_seconds=0.2,
    )
    async with connected(app) as connection:
        yield connection


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


async def test_a_request_is_answered_in_json(client: httpx.AsyncClient) -> None:
    """The body is decoded to its type, and the answer encoded with its status."""
    answer = await client.post("/v1/notes", json={"text": "hi"})
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"text": "hi", "room": "r1", "count": 0, "kind": "public"}


async def test_every_answer_has_the_headers_that_protect(client: httpx.AsyncClient) -> None:
    """Errors too: no sniffing, no caching, no framing, no word about the server."""
    for path in ("/v1/rooms/public", "/nowhere", "/v1/bug"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers


@pytest.mark.parametrize(("given", "kept"), [("trace-1", True), ("a b", False), ("x" * 65, False)])
async def test_a_request_has_an_id(client: httpx.AsyncClient, *, given: str, kept: bool) -> None:
    """The caller's if it is an id, else a new one; never something that could forge a log line."""
    answer = await client.get("/v1/rooms/public", headers={"x-request-id": given})
    told = answer.headers["x-request-id"]
    assert (told == given) is kept
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", told)


async def test_requests_are_logged_by_route(client: httpx.AsyncClient, log: io.StringIO) -> None:
    """A line a request: method, template, status, time and id; never the query or the path."""
    await client.get("/v1/rooms/r-77/5?ids=secret-1", headers={"x-request-id": "q-1"})
    (event,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert event["event"] == "request"
    assert (event["method"], event["route"]) == ("GET", "/v1/rooms/{room}/{seq}")
    assert (event["status"], event["request_id"]) == (200, "q-1")
    assert event["ms"] >= 0
    assert "secret-1" not in log.getvalue()
    assert "r-77" not in log.getvalue()


async def test_requests_are_counted_with_bounded_labels() -> None:
    """What a client chooses freely, a path or a method, makes no new series."""
    metrics = Metrics("demo")
    async with connected(
        http.create_app("demo", ENDPOINTS, guard=Fixed(), metrics=metrics)
    ) as client:
        for path in ("/v1/rooms/a/1?ids=x", "/v1/rooms/b/2?ids=x", "/x", "/y"):
            await client.get(path)
        await client.request("BREW", "/z")
    text = metrics.exposition().decode()
    room = (
        'parley_demo_http_requests_total{method="GET",route="/v1/rooms/{room}/{seq}",status="200"}'
    )
    assert f"{room} 2.0" in text
    assert 'parley_demo_http_requests_total{method="GET",route="-",status="404"} 2.0' in text
    assert 'parley_demo_http_requests_total{method="other",route="-",status="404"} 1.0' in text


async def test_unknown_paths_are_not_found(client: httpx.AsyncClient) -> None:
    """A slash too many is another path: nothing redirects."""
    for path in ("/", "/v1/note", "/v1/notes/", "/livez", "/v1/rooms/a/1/2"):
        is_problem(await client.get(path), 404, "not_found")


async def test_other_methods_are_refused_with_those_allowed(client: httpx.AsyncClient) -> None:
    """405 lists every method of the path, from whichever endpoint."""
    answer = await client.put("/v1/rooms/a/1")
    is_problem(answer, 405, "bad_frame")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


async def test_options_tells_the_methods(client: httpx.AsyncClient) -> None:
    """And needs no token."""
    answer = await client.options("/v1/me")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert (await client.options("/nowhere")).status_code == 404


async def test_head_is_get_without_the_body(client: httpx.AsyncClient) -> None:
    """The same status and length."""
    got, head = await client.get("/v1/rooms/public"), await client.head("/v1/rooms/public")
    assert head.status_code == 200
    assert head.headers["content-length"] == got.headers["content-length"]


async def test_a_fixed_segment_wins_over_a_parameter(client: httpx.AsyncClient) -> None:
    """Whatever the order in which the endpoints were declared."""
    assert (await client.get("/v1/rooms/public")).json() == {"route": "/v1/rooms/public"}
    assert (await client.get("/v1/rooms/r1")).json() == {"route": "/v1/rooms/{room}"}


async def test_a_bug_is_internal_and_tells_nothing(
    client: httpx.AsyncClient, log: io.StringIO
) -> None:
    """The client gets an id to quote; the log has the traceback under the same id."""
    answer = await client.get("/v1/bug")
    problem = is_problem(answer, 500, "internal")
    assert "hunter2" not in answer.text
    unhandled = json.loads(log.getvalue().splitlines()[0])
    assert unhandled["event"] == "unhandled"
    assert "ZeroDivisionError" in unhandled["exception"]
    assert unhandled["request_id"] == problem["request_id"]


async def test_unavailable_tells_when_to_come_back(client: httpx.AsyncClient) -> None:
    """`Retry-After` is in whole seconds, rounded up, beside the exact milliseconds."""
    answer = await client.get("/v1/slow")
    assert is_problem(answer, 503, "unavailable")["retry_after_ms"] == 1_500
    assert answer.headers["retry-after"] == "2"


async def test_a_problem_may_name_a_field(client: httpx.AsyncClient) -> None:
    """Status by code, and the field as the handler says."""
    assert is_problem(await client.get("/v1/taken"), 409, "conflict")["field"] == "username"


@pytest.mark.parametrize("type_", ["text/plain", "", "application/jsonp", "multipart/form-data"])
async def test_a_body_must_be_json(client: httpx.AsyncClient, type_: str) -> None:
    """Another content type is 415, whatever the body looks like."""
    answer = await client.post("/v1/notes", content=b"{}", headers={"content-type": type_})
    is_problem(answer, 415, "bad_frame")


@pytest.mark.parametrize("type_", ["application/json; charset=utf-8", "application/merge+JSON"])
async def test_json_has_several_names(client: httpx.AsyncClient, type_: str) -> None:
    """Parameters, a structured suffix and case make no difference."""
    answer = await client.post(
        "/v1/notes", content=b'{"text":"x"}', headers={"content-type": type_}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"", "bad_frame", None),
        (b"{", "bad_frame", None),
        (b'{"text":"\xff"}', "bad_frame", None),
        (b"[]", "bad_frame", None),
        (b'{"count":1}', "bad_frame", None),
        (b'{"text":1}', "bad_frame", "text"),
        (b'{"text":"x","room":"a b"}', "bad_frame", "room"),
        (b'{"text":"x","room":"a\\n"}', "bad_frame", "room"),
        (b'{"text":""}', "invalid", "text"),
        (b'{"text":"12345678901"}', "invalid", "text"),
        (b'{"text":"x","count":-1}', "invalid", "count"),
        (b'{"text":"x","kind":"direct"}', "invalid", "kind"),
    ],
)
async def test_a_wrong_body_is_told_apart(
    client: httpx.AsyncClient, body: bytes, code: str, field: str | None
) -> None:
    """Malformed or of wrong types is `bad_frame`, a rule broken `invalid`; both name the field."""
    answer = await client.post(
        "/v1/notes", content=body, headers={"content-type": "application/json"}
    )
    problem = is_problem(answer, 400, code)
    assert problem.get("field") == field


async def test_a_deep_body_does_not_exhaust_the_stack() -> None:
    """Nesting beyond reason is malformed, not a crash."""
    app = http.create_app("demo", ENDPOINTS, guard=Fixed())
    async with connected(app) as client:
        content = b'{"text":"x","other":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
        answer = await client.post(
            "/v1/notes", content=content, headers={"content-type": "application/json"}
        )
    is_problem(answer, 400, "bad_frame")


async def test_a_large_body_is_refused_by_its_length(client: httpx.AsyncClient) -> None:
    """Content-Length alone is enough."""
    is_problem(await client.post("/v1/notes", json={"text": "x" * 100}), 413, "too_large")


async def test_a_large_body_is_refused_as_it_streams(client: httpx.AsyncClient) -> None:
    """Without a length the bytes are counted as they come."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 10

    answer = await client.post(
        "/v1/notes", content=chunks(), headers={"content-type": "application/json"}
    )
    is_problem(answer, 413, "too_large")
    assert answer.headers["connection"] == "close"


async def test_a_body_of_the_largest_size_is_taken(client: httpx.AsyncClient) -> None:
    """The bound itself is allowed."""
    content = b'{"text":"x"}'.ljust(100)
    answer = await client.post(
        "/v1/notes", content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 201


async def asked(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """POST a note whose body comes as these ASGI messages, and then never more."""
    app = http.create_app("demo", ENDPOINTS, guard=Fixed(), body_seconds=0.05)
    coming, sent = list(messages), []

    async def receive() -> dict[str, Any]:
        if not coming:
            await asyncio.Event().wait()
        return coming.pop(0)

    async def send(message: Any) -> None:  # noqa: ANN401 - ASGI
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", b"50")]
    scope = {"type": "http", "method": "POST", "path": "/v1/notes", "headers": headers}
    async with asyncio.timeout(5):
        await app({**scope, "query_string": b"", "client": None}, receive, send)
    return sent


async def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that trickles or stops is answered 408 at the deadline, and let go."""
    monkeypatch.setattr("services.face._LINGER_SECONDS", 0.01)
    begun = {"type": "http.request", "body": b'{"te', "more_body": True}
    start, *bodies = await asked([begun])
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert json.loads(b"".join(body.get("body", b"") for body in bodies))["code"] == "bad_frame"


async def test_a_body_that_is_cut_off_is_no_error_of_ours(log: io.StringIO) -> None:
    """The client is gone; the log has a 400 and no traceback."""
    begun = {"type": "http.request", "body": b'{"te', "more_body": True}
    start, *_ = await asked([begun, {"type": "http.disconnect"}])
    assert start["status"] == 400
    (event,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (event["event"], event["status"]) == ("request", 400)


async def test_the_rest_of_a_refused_body_is_read_before_the_end() -> None:
    """The answer goes out whole first, then what is still coming is thrown away."""
    rest = [
        {"type": "http.request", "body": b" " * 10, "more_body": more} for more in (True, False)
    ]
    app = http.create_app("demo", ENDPOINTS, guard=Fixed(), max_body_bytes=5)
    order: list[str] = []

    async def receive() -> dict[str, Any]:
        order.append("receive")
        return rest.pop(0)

    async def send(message: Any) -> None:  # noqa: ANN401 - ASGI
        order.append(f"send {'more' if message.get('more_body') else message['type'][14:]}")

    headers = [(b"content-type", b"application/json"), (b"content-length", b"20")]
    scope = {"type": "http", "method": "POST", "path": "/v1/notes", "headers": headers}
    await app({**scope, "query_string": b"", "client": None}, receive, send)
    assert order == ["send start", "send more", "receive", "receive", "send body"]


async def test_who_asks_is_known_by_the_token(client: httpx.AsyncClient) -> None:
    """The guard is asked before the handler runs."""
    answer = await client.get("/v1/me", headers={"authorization": "bearer good"})
    assert answer.json() == {"sub": "u1"}


@pytest.mark.parametrize(
    "value", [None, "", "good", "Basic good", "Bearer", "Bearer ", "Bearer bad"]
)
async def test_without_a_good_token_nobody_gets_in(
    client: httpx.AsyncClient, value: str | None
) -> None:
    """401 says how to ask, and never what was sent."""
    headers = {} if value is None else {"authorization": value}
    answer = await client.get("/v1/me", headers=headers)
    is_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_application_without_a_guard_has_no_guarded_endpoint() -> None:
    """Forgetting the guard is found when the application is made, not by whoever gets in."""
    with pytest.raises(ValueError, match="there is no guard"):
        http.create_app("demo", ENDPOINTS)


def test_an_operation_is_declared_once() -> None:
    """Two endpoints of one method and path would hide each other."""
    twice = [ENDPOINTS[0], Endpoint("POST", "/v1/notes", gone, "Again.", auth=False)]
    with pytest.raises(ValueError, match="POST /v1/notes is declared twice"):
        http.create_app("demo", twice)


async def test_a_handler_reads_the_body_its_endpoint_declares() -> None:
    """Otherwise the document would promise another one: found by the first test of the endpoint."""

    async def other(request: Request) -> Response:
        return http.reply(await http.body(request, dict[str, int]))

    app = http.create_app("demo", [Endpoint("POST", "/x", other, "X.", request=Note, auth=False)])
    async with connected(app) as client:
        is_problem(await client.post("/x", json={}), 500, "internal")


async def test_values_of_path_and_query_are_checked(client: httpx.AsyncClient) -> None:
    """Good ones arrive as what they are; doubles of a list are dropped."""
    answer = await client.get(
        "/v1/rooms/r-1/42?limit=100&ids=a,b,a&by=me&q=12345", headers={"idempotency-key": "k!"}
    )
    assert answer.json() == {
        "room": "r-1",
        "seq": 42,
        "limit": 100,
        "before": None,
        "ids": ["a", "b"],
        "by": "me",
        "q": "12345",
        "key": "k!",
        "address": "203.0.113.9",
    }


@pytest.mark.parametrize(
    ("path", "code", "field"),
    [
        ("a%20b/1?ids=a", "bad_frame", "room"),
        ("a.b/1?ids=a", "bad_frame", "room"),
        (f"{'x' * 65}/1?ids=a", "bad_frame", "room"),
        ("r/x?ids=a", "bad_frame", "seq"),
        ("r/%D9%A1?ids=a", "bad_frame", "seq"),
        ("r/-1?ids=a", "invalid", "seq"),
        ("r/9007199254740993?ids=a", "invalid", "seq"),
        ("r/1?limit=-1&ids=a", "invalid", "limit"),
        ("r/1?limit=0&ids=a", "invalid", "limit"),
        ("r/1?limit=101&ids=a", "invalid", "limit"),
        ("r/1?limit=ten&ids=a", "bad_frame", "limit"),
        ("r/1?limit=&ids=a", "bad_frame", "limit"),
        (f"r/1?limit={'9' * 100}&ids=a", "bad_frame", "limit"),
        ("r/1?limit=1&limit=2&ids=a", "bad_frame", "limit"),
        ("r/1", "invalid", "ids"),
        ("r/1?ids=", "invalid", "ids"),
        ("r/1?ids=a,,b", "bad_frame", "ids"),
        ("r/1?ids=a,b;c", "bad_frame", "ids"),
        ("r/1?ids=a,b,c,d", "invalid", "ids"),
        (f"r/1?ids={'a' * 500}", "invalid", "ids"),
        ("r/1?ids=a&by=x%00", "bad_frame", "by"),
        ("r/1?ids=a&q=123456", "invalid", "q"),
    ],
)
async def test_wrong_values_of_path_and_query_are_refused(
    client: httpx.AsyncClient, path: str, code: str, field: str
) -> None:
    """What is not of its kind is `bad_frame`, what is out of bounds `invalid`; each is named."""
    problem = is_problem(await client.get(f"/v1/rooms/{path}"), 400, code)
    assert problem["field"] == field


@pytest.mark.parametrize("key", ["", "a b", "x" * 65, "ü"])
async def test_a_wrong_idempotency_key_is_refused(client: httpx.AsyncClient, key: str) -> None:
    """1 to 64 visible ASCII characters."""
    answer = await client.get(
        "/v1/rooms/r/1?ids=a", headers={b"idempotency-key": key.encode("latin-1")}
    )
    assert is_problem(answer, 400, "invalid")["field"] == "Idempotency-Key"


async def test_the_document_is_served_to_everyone(client: httpx.AsyncClient) -> None:
    """At its path, without a token, describing every endpoint."""
    document = (await client.get("/v1/demo/openapi.json")).json()
    declared = {(path, method) for path, item in document["paths"].items() for method in item}
    assert declared == {(endpoint.path, endpoint.method.lower()) for endpoint in ENDPOINTS}


@pytest.fixture
async def private() -> AsyncIterator[tuple[httpx.AsyncClient, Health]]:
    """A client of the private port, and the health it shows."""
    health = Health(cache_seconds=0)
    async with connected(http.create_private_app(health, Metrics("demo"))) as connection:
        yield connection, health


async def test_probes_tell_state_and_reason(private: tuple[httpx.AsyncClient, Health]) -> None:
    """Alive always; ready only when every check is, and 503 names the one that is not."""
    client, health = private
    assert (await client.get("/livez")).status_code == 200
    starting = await client.get("/readyz")
    assert (starting.status_code, starting.json()) == (
        503,
        {"ready": False, "checks": {"state": "starting"}},
    )
    health.state = State.READY
    assert (await client.get("/readyz")).status_code == 200

    async def lost() -> None:
        raise ConnectionError("no route")

    health.add("nats", lost)
    failed = await client.get("/readyz")
    assert failed.status_code == 503
    assert failed.json()["checks"] == {"state": "ok", "nats": "ConnectionError: no route"}
    assert (await client.get("/livez")).status_code == 200


async def test_metrics_are_on_the_private_port(
    private: tuple[httpx.AsyncClient, Health], log: io.StringIO
) -> None:
    """In the text format; probes and scrapes make no log lines, other methods are refused."""
    client, _ = private
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "parley_build_info" in answer.text
    is_problem(await client.post("/metrics"), 405, "bad_frame")
    is_problem(await client.get("/"), 404, "not_found")
    assert log.getvalue() == ""
