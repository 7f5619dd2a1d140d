"""The OpenAPI document: valid, complete, and made from the endpoints alone."""

import json
import re
from typing import Annotated, Any

import msgspec

from proto.codes import ErrorCode
from services.openapi import Endpoint, Query, Refusal, document, operation_id


class Room(msgspec.Struct):
    """A room."""

    id: str
    peers: list["Person"]


class Person(msgspec.Struct):
    """Someone in a room."""

    name: str


class Rename(msgspec.Struct):
    """What is to change."""

    name: Annotated[str, msgspec.Meta(max_length=80)]


async def handler(_request: object) -> None:
    """Nothing: the document never calls it."""


ENDPOINTS = [
    Endpoint(
        "PATCH",
        "/v1/rooms/{room}",
        handler,
        "Rename a room.",
        request=Rename,
        response=Room,
        errors=[ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND],
    ),
    Endpoint(
        "GET",
        "/v1/rooms",
        handler,
        "My rooms.",
        response=dict[str, list[Room]],
        query=[Query("limit", "How many.", int), Query("q", "What for.", required=True)],
    ),
    Endpoint(
        "POST", "/v1/login", handler, "Log in.", request=Rename, status=201, also=[200], auth=False
    ),
    Endpoint(
        "POST", "/v1/rooms", handler, "Make.", request=Rename, status=201, idempotency_key=True
    ),
    Endpoint("DELETE", "/v1/rooms/{room}", handler, "Remove.", status=204),
    Endpoint(
        "POST",
        "/v1/renew",
        handler,
        "Renew.",
        request=Rename,
        auth=False,
        body_optional=True,
        takes_cookie="demo_token",
        sets_cookie="The next `demo_token`.",
    ),
]
DOCUMENT = json.loads(msgspec.json.encode(document("demo", ENDPOINTS)))


def operation(method: str, path: str) -> dict[str, Any]:
    """One operation of the document."""
    found: dict[str, Any] = DOCUMENT["paths"][path][method]
    return found


def test_the_document_says_what_it_is() -> None:
    """Version of the specification, title and our own version are required fields."""
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"] == {"title": "Parley: demo", "version": "0.1.0"}


def test_every_reference_leads_somewhere() -> None:
    """No `$ref` points to a schema that is not there, nested ones included."""
    references = set(
        re.findall(
            r'"\$ref":"#/components/schemas/(\w+)"', json.dumps(DOCUMENT, separators=(",", ":"))
        )
    )
    assert {"Room", "Person", "Rename", "Problem"} == references
    assert references <= DOCUMENT["components"]["schemas"].keys()


def test_every_operation_has_what_the_specification_requires() -> None:
    """A unique id, at least one response, each with a description; path parameters all declared."""
    seen = set()
    for path, item in DOCUMENT["paths"].items():
        for method, found in item.items():
            assert method in {"get", "post", "put", "patch", "delete"}
            assert found["operationId"] not in seen
            seen.add(found["operationId"])
            assert found["responses"]
            assert all(response["description"] for response in found["responses"].values())
            declared = {entry["name"] for entry in found["parameters"] if entry["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path))
            assert all(entry["required"] for entry in found["parameters"] if entry["in"] == "path")


def test_bodies_and_answers_have_their_schemas() -> None:
    """Request and response are those the endpoint declares; 204 has none."""
    patch = operation("patch", "/v1/rooms/{room}")
    assert patch["requestBody"]["required"] is True
    sent = patch["requestBody"]["content"]["application/json"]["schema"]
    assert sent == {"$ref": "#/components/schemas/Rename"}
    answered = patch["responses"]["200"]["content"]["application/json"]["schema"]
    assert answered == {"$ref": "#/components/schemas/Room"}
    assert "content" not in operation("delete", "/v1/rooms/{room}")["responses"]["204"]
    assert DOCUMENT["components"]["schemas"]["Rename"]["properties"]["name"]["maxLength"] == 80


def test_an_answer_has_the_media_type_of_its_endpoint() -> None:
    """JSON unless it says otherwise; what refuses is a problem in any case."""
    keys = Endpoint("GET", "/keys", handler, "Keys.", response=Room, media_type="application/k")
    responses = document("demo", [keys])["paths"]["/keys"]["get"]["responses"]
    assert list(responses["200"]["content"]) == ["application/k"]
    assert list(responses["500"]["content"]) == ["application/problem+json"]


def test_refusals_follow_from_the_declaration() -> None:
    """Those declared, and those that a token, a parameter or a body bring along."""
    assert set(operation("patch", "/v1/rooms/{room}")["responses"]) == {
        *("200", "400", "401", "403", "404", "408", "413", "415", "500", "503"),
    }
    assert set(operation("post", "/v1/login")["responses"]) == {
        *("200", "201", "400", "408", "413", "415", "500"),
    }
    refused = operation("get", "/v1/rooms")["responses"]["401"]
    assert refused["description"] == "Unauthorized: unauthorized"
    assert refused["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }


def test_a_refusal_that_needs_a_word_has_it() -> None:
    """When it comes and with which headers, in the place of what is known of the status else."""
    full = Refusal(503, [ErrorCode.UNAVAILABLE], "It is full.", {"Retry-After": "When to come."})
    late = Refusal(426, [ErrorCode.BAD_FRAME], "No upgrade.")
    one = Endpoint("GET", "/s", handler, "Open.", refusals=[full, late], auth=True)
    responses = document("demo", [one])["paths"]["/s"]["get"]["responses"]
    assert set(responses) == {"200", "401", "403", "426", "500", "503"}
    problem = responses["500"]["content"]
    assert responses["503"] == {
        "description": "Service Unavailable: unavailable. It is full.",
        "content": problem,
        "headers": {"Retry-After": {"description": "When to come.", "schema": {"type": "string"}}},
    }
    assert responses["426"] == {
        "description": "Upgrade Required: bad_frame. No upgrade.",
        "content": problem,
    }


def test_who_needs_a_token_says_so() -> None:
    """And who does not says that too."""
    assert operation("get", "/v1/rooms")["security"] == [{"access_token": []}]
    assert operation("post", "/v1/login")["security"] == []
    assert DOCUMENT["components"]["securitySchemes"]["access_token"]["scheme"] == "bearer"


def test_who_takes_or_sets_a_cookie_says_so() -> None:
    """The cookie is one way in and not the only one; a body that may be empty is not required."""
    renew = operation("post", "/v1/renew")
    assert renew["security"] == [{"demo_token": []}, {}]
    assert renew["requestBody"]["required"] is False
    assert renew["responses"]["200"]["headers"]["Set-Cookie"] == {
        "description": "The next `demo_token`.",
        "schema": {"type": "string"},
    }
    scheme = DOCUMENT["components"]["securitySchemes"]["demo_token"]
    assert scheme == {"type": "apiKey", "in": "cookie", "name": "demo_token"}
    assert "headers" not in operation("post", "/v1/login")["responses"]["200"]


def test_query_parameters_have_types() -> None:
    """As declared, with their descriptions."""
    assert operation("get", "/v1/rooms")["parameters"] == [
        {
            "name": "limit",
            "in": "query",
            "required": False,
            "description": "How many.",
            "schema": {"type": "integer"},
        },
        {
            "name": "q",
            "in": "query",
            "required": True,
            "description": "What for.",
            "schema": {"type": "string"},
        },
    ]


def test_a_header_that_is_heeded_is_declared() -> None:
    """A client's author learns from the document alone that a retry can be made safe."""
    [parameter] = operation("post", "/v1/rooms")["parameters"]
    assert (parameter["name"], parameter["in"]) == ("Idempotency-Key", "header")
    assert parameter["required"] is False
    pattern = parameter["schema"]["pattern"]
    assert re.search(pattern, "a~" * 32)
    for wrong in ("", "a b", "a" * 65, "é"):
        assert not re.search(pattern, wrong)
    assert operation("post", "/v1/login")["parameters"] == []


def test_an_operation_is_named_after_method_and_path() -> None:
    """A name that a generated client can use."""
    assert operation_id(ENDPOINTS[0]) == "patch_v1_rooms_room"
