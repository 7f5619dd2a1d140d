"""What a handler is given: the body, the path, the query and who asks, checked."""

import io
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from services import http
from services.http import Endpoint, Request, Response
from tests.services.demo import (
    ENDPOINTS,
    Fixed,
    Note,
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
        (b'{"text":"x","unknown":"\xff"}', "bad_frame", None),
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
    # The second handler never asks who: that it declares nothing else is enough to be guarded.
    for method in ("GET", "DELETE"):
        answer = await client.request(method, "/v1/me", headers=headers)
        is_problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_two_ways_to_say_who_asks_are_none(client: httpx.AsyncClient) -> None:
    """Of two good tokens, too, a proxy might have looked at the other one."""
    twice = [("authorization", "Bearer good"), ("authorization", "Bearer good")]
    is_problem(await client.get("/v1/me", headers=twice), 401, "unauthorized")


async def test_a_handler_reads_the_body_its_endpoint_declares() -> None:
    """Otherwise the document would promise another one: found by the first test of the endpoint."""

    async def other(request: Request) -> Response:
        return http.reply(await http.body(request, dict[str, int]))

    app = http.create_app("demo", [Endpoint("POST", "/x", other, "X.", request=Note, auth=False)])
    async with connected(app) as client:
        is_problem(await client.post("/x", json={}), 500, "internal")


@pytest.mark.parametrize("optional", [False, True])
async def test_an_empty_body_is_an_empty_object_where_the_endpoint_says_so(
    *, optional: bool
) -> None:
    """Elsewhere it is no JSON; in both places it has to say that it would be."""

    counts = dict[str, int]

    async def echo(request: Request) -> Response:
        return http.reply(await http.body(request, counts))

    endpoint = Endpoint(
        "POST", "/x", echo, "X.", request=counts, auth=False, body_optional=optional
    )
    async with connected(http.create_app("demo", [endpoint])) as client:
        is_problem(await client.post("/x"), 415, "bad_frame")
        answer = await client.post("/x", headers={"content-type": "application/json"})
        if optional:
            assert answer.json() == {}
        else:
            is_problem(answer, 400, "bad_frame")


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
        (f"r/1?limit={'9' * 100}&ids=a", "invalid", "limit"),
        (f"r/{'9' * 10_000}?ids=a", "invalid", "seq"),
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
