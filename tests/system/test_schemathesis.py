"""Each service tried by its own OpenAPI document: whatever is sent, the answer is one it names.

What each bad input is answered with in particular is in test_bad_input_requests.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from proto.codes import ErrorCode
from services.problem import CONTENT_TYPE
from tests.docs.openapi import documents
from tests.local_stack import LocalStack
from tests.system.conftest import PASSWORD
from tests.system.raw import key

# The gateway's document has the socket alone, which is no request with an answer.
SERVICES = ("auth", "history", "presence", "media", "notify")
EXAMPLES = 5
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# They end the session that asks, or all of the person's: another one's, whom nobody else needs.
ENDS_A_SESSION = {
    ("POST", "/v1/auth/logout"),
    ("POST", "/v1/auth/deactivate"),
    ("POST", "/v1/auth/password"),
    ("DELETE", "/v1/auth/sessions"),
}
# Tried as somebody who is no admin: an admin could shut the others out, and turn the keys.
ADMINS = ("/v1/auth/admin/", "/v1/auth/bots")
OPERATIONS = [
    pytest.param(service, method.upper(), path, id=f"{method.upper()} {path}")
    for service in SERVICES
    for path, item in documents()[service]["paths"].items()
    for method in item
]


class Place:
    """People who are signed in, and what they have made for the requests to name."""

    def __init__(self, url: str, http: httpx.Client) -> None:
        self.url = url
        self.http = http
        self.own = self.register("eve")
        self.leaver = self.register("lea")
        self.other: str = self.register("ada")["user"]["id"]

    def register(self, name: str) -> dict[str, Any]:
        """Somebody new, as they are told when they sign in."""
        name = f"{name}-{os.urandom(4).hex()}"
        form = {"username": name, "display_name": name, "password": PASSWORD}
        return self.post("/v1/auth/register", form, {})

    def post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """What a request that must be right is answered."""
        answer = self.http.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def known(self, path: str) -> dict[str, str]:
        """Parameters of a path that mean something: a room of this path's own, as it may end."""
        signed_in = bearer(self.own)
        known = {"user": self.other, "emoji": "👍", "seq": "1"}
        if "{room}" in path or "{code}" in path or "{webhook}" in path:
            form = {"kind": "private", "name": "Tried", "members": [self.other]}
            room = known["room"] = self.post("/v1/rooms", form, signed_in)["id"]
        if "{seq}" in path:
            said = {"text": "something to spoil", "key": key()}
            made = self.post(f"/v1/rooms/{room}/messages", said, signed_in)
            known["seq"] = str(made["seq"])
        if "{code}" in path:
            invite = self.post(f"/v1/rooms/{room}/invites", {}, signed_in)
            known["code"] = invite["code"]
        if "{webhook}" in path:
            made = self.post(f"/v1/rooms/{room}/webhooks", {"name": "Tried"}, signed_in)
            known["webhook"], known["secret"] = made["webhook"]["id"], made["secret"]
        return {name: value for name, value in known.items() if f"{{{name}}}" in path}


def bearer(signed_in: dict[str, Any]) -> dict[str, str]:
    """The header of somebody who is signed in."""
    return {"authorization": f"Bearer {signed_in['access_token']}"}


@pytest.fixture(scope="module")
def place(stack: LocalStack) -> Iterator[Place]:
    """The people of all these tests."""
    with httpx.Client(base_url=stack.url, timeout=30) as http:
        yield Place(stack.url, http)


@cache
def schema(url: str, service: str) -> schemathesis.BaseSchema:
    """The document as the service gives it."""
    document = httpx.get(f"{url}/v1/{service}/openapi.json", timeout=30).json()
    found = schemathesis.openapi.from_dict(document)
    found.config.update(base_url=url)
    return found


def cases(
    operation: APIOperation[Any, Any, Any, Any], known: dict[str, str]
) -> st.SearchStrategy[Case[Any]]:
    """Requests that the document allows, to places that are there and to any; and others."""
    places: dict[str, Any] = {"path_parameters": known} if known else {}
    found = [operation.as_strategy(GenerationMode.POSITIVE, **places)]
    if known:
        found.append(operation.as_strategy(GenerationMode.POSITIVE))
    if operation.body:
        found.append(operation.as_strategy(GenerationMode.NEGATIVE, **places))
    return st.one_of(found)


@pytest.mark.parametrize(("service", "method", "path"), OPERATIONS)
def test_every_answer_is_as_documented(place: Place, service: str, method: str, path: str) -> None:
    """No 5xx; status, content type and body as the document has them; errors as problems."""
    operation = schema(place.url, service)[path][method]
    known = place.known(path)
    who = place.leaver if (method, path) in ENDS_A_SESSION else place.own

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation, known))
    def answered(case: Case[Any]) -> None:
        answer = case.call_and_validate(headers=bearer(who), checks=CHECKS)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == [CONTENT_TYPE]
            assert answer.json()["code"] in set(ErrorCode)
        if path.startswith(ADMINS):
            # Among the bad requests are some without the token.
            signed_in = "authorization" in answer.request.headers
            assert answer.status_code == (403 if signed_in else 401), answer.text

    answered()
