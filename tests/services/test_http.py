"""The application: its routes, its document and its private side, as a client sees them."""

import io
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from services import http
from services.health import Health, State
from services.http import Endpoint
from services.metrics_prometheus import Metrics
from tests.services.demo import ENDPOINTS, connected, demo_client, gone, is_problem, logged


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


async def test_a_request_is_answered_in_json(client: httpx.AsyncClient) -> None:
    """The body is decoded to its type, and the answer encoded with its status."""
    answer = await client.post("/v1/notes", json={"text": "hi"})
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"text": "hi", "room": "r1", "count": 0, "kind": "public"}


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
    assert (answer.status_code, answer.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS")
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


def test_an_application_without_a_guard_has_no_guarded_endpoint() -> None:
    """Forgetting the guard is found when the application is made, not by whoever gets in."""
    with pytest.raises(ValueError, match="there is no guard"):
        http.create_app("demo", ENDPOINTS)


def test_an_operation_is_declared_once() -> None:
    """Two endpoints of one method and path would hide each other."""
    twice = [ENDPOINTS[0], Endpoint("POST", "/v1/notes", gone, "Again.", auth=False)]
    with pytest.raises(ValueError, match="POST /v1/notes is declared twice"):
        http.create_app("demo", twice)


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
