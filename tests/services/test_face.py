"""What surrounds every request: its id, its limits, its log line, its refusal."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import httpx
import pytest

from services import http
from services.metrics_prometheus import Metrics
from tests.services.demo import (
    ENDPOINTS,
    Fixed,
    connected,
    demo_client,
    is_problem,
    logged,
)


@pytest.fixture(autouse=True)
def log() -> Iterator[io.StringIO]:
    """Everything logged, as JSON lines."""
    with logged() as stream:
        yield stream


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the demo application."""
    async with demo_client() as connection:
        yield connection


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
    async with asyncio.timeout(20):
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


async def test_a_body_that_is_cut_off_is_no_error_of_ours(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client is gone; the log has a 400 and no traceback."""
    monkeypatch.setattr("services.face._LINGER_SECONDS", 0.01)
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
