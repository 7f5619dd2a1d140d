"""Bad requests over HTTP: answered as documented, with nothing done, while others talk on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from tests.bad_input.bodies import AUTHORIZATION, BODIES
from tests.bad_input.places import BAD_IDS, OTHER, ROOM, fill
from tests.bad_input.requests import (
    BAD_NAMES,
    ID_PLACES,
    NAME_PLACES,
    NOT_IN_A_PATH,
    PAGES,
    TABLE,
    Call,
    IdPlace,
    NamePlace,
)
from tests.bad_input.scene import Scene, scene
from tests.docs.openapi import SERVICES, documents
from tests.local_stack import LocalStack
from tests.trust import trust

pytestmark = pytest.mark.asyncio(loop_scope="module")
Json = dict[str, Any]
PROBLEM = "application/problem+json"


def operations() -> Iterator[tuple[str, str, Json]]:
    """Every operation of every service: method, path with parameters, what is said of it."""
    for service in SERVICES:
        for path, item in documents()[service]["paths"].items():
            for method, operation in item.items():
                if path != "/v1/ws":
                    yield method.upper(), path, operation


OPERATIONS = list(operations())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(stack: LocalStack) -> AsyncIterator[Scene]:
    """The witnesses, and the one who errs."""
    async with scene(stack) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(place: Scene) -> AsyncIterator[httpx.AsyncClient]:
    """Their way in, signed in as the one who errs."""
    headers = {"authorization": f"Bearer {place.token}"}
    async with httpx.AsyncClient(
        base_url=place.stack.url, headers=headers, verify=trust(), timeout=30
    ) as client:
        yield client


def documented(method: str, path: str) -> Json | None:
    """What the OpenAPI documents say of a request; None if there is no such operation."""
    wanted = path.partition("?")[0].split("/")
    for known, template, operation in OPERATIONS:
        parts = template.split("/")
        same = len(parts) == len(wanted) and all(
            part == given or part.startswith("{") for part, given in zip(parts, wanted, strict=True)
        )
        if known == method and same:
            return operation
    return None


def check(answer: httpx.Response, status: int, code: str, field: str | None, path: str) -> None:
    """The answer is the problem that it should be, and one that the documents know of."""
    problem = answer.json()
    found = (answer.status_code, problem["code"], problem.get("field"))
    assert found == (status, code, field), problem
    assert answer.headers["content-type"] == PROBLEM
    assert problem["status"] == status
    assert 0 < len(problem["detail"]) < 250
    operation = documented(answer.request.method, path)
    if operation is not None and status not in (404, 405):
        assert code in operation["responses"][str(status)]["description"]


@pytest.mark.parametrize(
    "call", [pytest.param(call, id=call.name) for calls in TABLE.values() for call in calls]
)
async def test_a_bad_request_is_answered(place: Scene, http: httpx.AsyncClient, call: Call) -> None:
    """With its status, its code and the field, as the documents of the services have it."""
    known = place.known
    async with place.witnesses.undisturbed():
        path = fill(call.path, known)
        body = fill(call.json, known)
        answer = await http.request(
            call.method, path, json=body, headers=dict(call.headers), content=call.content
        ) if call.json is not None else await http.request(call.method, path)  # fmt: skip
        check(answer, call.status, call.code, call.field, path)


async def test_a_bad_page_is_answered(place: Scene, http: httpx.AsyncClient) -> None:
    """Every list, with every limit and cursor that is none."""
    async with place.witnesses.undisturbed():
        for call in PAGES:
            path = fill(call.path, place.known)
            check(await http.get(path), call.status, call.code, call.field, path)


@pytest.mark.parametrize("where", [pytest.param(where, id=where.name) for where in ID_PLACES])
async def test_what_is_no_id_is_refused(
    place: Scene, http: httpx.AsyncClient, where: IdPlace
) -> None:
    """`bad_frame` before it touches a subject, a key or a query; what makes another path is 404."""
    known = place.known
    in_body = "{}" not in where.path
    async with place.witnesses.undisturbed():
        for name, bad in BAD_IDS.items():
            path = fill(where.path, known).replace("{}", quote(bad, safe=""))
            body = fill(where.json, {**known, "{}": bad})
            answer = await http.request(where.method, path, json=body)
            if "?" in path and name == "10 KB":
                # Longer than as many ids as may be asked for, whatever stands in it.
                check(answer, 400, "invalid", where.field, path)
            elif not in_body and "?" not in path and name in NOT_IN_A_PATH:
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
            else:
                check(answer, 400, "bad_frame", where.field, path)


@pytest.mark.parametrize("where", [pytest.param(where, id=where.name) for where in NAME_PLACES])
async def test_a_bad_name_is_refused(
    place: Scene, http: httpx.AsyncClient, where: NamePlace
) -> None:
    """Control characters, bidirectional overrides, too long, blank: `invalid`, and nothing done."""
    bad = {**BAD_NAMES, "too long": "x" * where.too_long}
    if not where.may_be_blank:
        bad |= {"empty": "", "blank": " \u3000", "invisible": "\u200b\u2060"}
    known = {**place.known, "{key}": place.known["{key}"][-12:]}
    path = fill(where.path, known)
    rooms = (await http.get("/v1/rooms")).json()["rooms"]
    me = (await http.get("/v1/auth/me")).json()
    async with place.witnesses.undisturbed():
        for name in bad.values():
            body = {**fill(where.json, known), where.field: name}
            if where.method == "PATCH" and path.startswith("/v1/rooms"):
                own = await http.post("/v1/rooms", json={"kind": "private", "name": "own"})
                path = f"/v1/rooms/{own.json()['id']}"
            check(await http.request(where.method, path, json=body), 400, "invalid",
                  where.field, path)  # fmt: skip
            if path.startswith("/v1/rooms/"):
                assert (await http.get(path)).json()["name"] == "own"
                assert (await http.delete(path)).status_code == 204
    assert (await http.get("/v1/auth/me")).json() == me
    after = (await http.get("/v1/rooms")).json()["rooms"]
    assert {room["id"] for room in after} == {room["id"] for room in rooms}
    if "password" in where.json:
        sign_in = fill(where.json, known)
        assert (await http.post("/v1/auth/login", json=sign_in)).status_code == 401


def concrete(template: str, known: dict[str, str]) -> str:
    """A path of the documents with parameters of the scene."""
    filled = template.replace("{room}", known[ROOM]).replace("{user}", known[OTHER])
    filled = filled.replace("{webhook}", "none")
    return filled.replace("{seq}", "1").replace("{emoji}", quote("👍"))


ADMINS = ("/v1/auth/admin/", "/v1/auth/bots", "/v1/emoji")


@pytest.mark.parametrize("name", BODIES)
async def test_a_bad_body_is_refused(place: Scene, http: httpx.AsyncClient, name: str) -> None:
    """By every operation that takes one: 415 if it is not said to be JSON, 400 if it is none.

    Where a form is wanted that is the wrong kind, whatever it is.
    """
    content, headers, wanted_of_json = BODIES[name]
    async with place.witnesses.undisturbed():
        tried = 0
        for method, template, operation in OPERATIONS:
            if "requestBody" not in operation:
                continue
            content_types = operation["requestBody"]["content"]
            if "application/x-www-form-urlencoded" in content_types:
                continue  # read whatever it says it is, and that after its secret
            path = concrete(template, place.known)
            is_json = "application/json" in content_types
            status = wanted_of_json if is_json else 415
            answer = await http.request(method, path, content=content, headers=headers)
            # Who is no admin is refused before anything they bring is read.
            wanted = (403, "forbidden") if path.startswith(ADMINS) else (status, "bad_frame")
            assert (answer.status_code, answer.json()["code"]) == wanted, path
            assert str(status) in operation["responses"]
            tried += 1
        assert tried > 5


@pytest.mark.parametrize("name", AUTHORIZATION)
async def test_a_bad_authorization_is_refused(place: Scene, name: str) -> None:
    """By every operation that asks for one: 401, with the way in, and nothing done."""
    values = [value.replace(b"{token}", place.token.encode()) for value in AUTHORIZATION[name]]
    headers = [(b"authorization", value) for value in values]
    async with (
        place.witnesses.undisturbed(),
        httpx.AsyncClient(base_url=place.stack.url, verify=trust(), timeout=30) as http,
    ):
        tried = 0
        for method, template, operation in OPERATIONS:
            if {"access_token": []} not in operation["security"]:
                continue
            answer = await http.request(method, concrete(template, place.known), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), template
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "401" in operation["responses"]
            tried += 1
        assert tried > 10


async def test_a_scheme_may_be_in_any_case(place: Scene) -> None:
    """And spaces may stand between: so it is not for these that others are refused."""
    async with httpx.AsyncClient(base_url=place.stack.url, verify=trust(), timeout=30) as http:
        for form in ("Bearer {}", "bearer {}", "BEARER   {}"):
            headers = {"authorization": form.format(place.token)}
            assert (await http.get("/v1/auth/me", headers=headers)).status_code == 200


async def test_a_wrong_method_is_told_the_right_ones(place: Scene, http: httpx.AsyncClient) -> None:
    """405 with `Allow`, on every path."""
    methods: dict[str, set[str]] = {}
    for method, template, _ in OPERATIONS:
        methods.setdefault(template, set()).add(method)
    async with place.witnesses.undisturbed():
        for template, known in methods.items():
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - known:
                answer = await http.request(method, concrete(template, place.known))
                assert (answer.status_code, answer.json()["code"]) == (405, "bad_frame")
                allowed = set(answer.headers["allow"].split(", "))
                assert known <= allowed
                assert method not in allowed


async def test_a_request_id_that_is_none_is_replaced(http: httpx.AsyncClient) -> None:
    """A good one comes back; anything else does not get into the logs."""
    for given, kept in (("r-1", True), ("a b", False), ("x" * 65, False), ("${jndi:x}", False)):
        answer = await http.get("/v1/auth/me", headers={"x-request-id": given})
        assert (answer.headers["x-request-id"] == given) is kept


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE users; --",
        "<img src=x onerror=alert(1)>",
        "%' OR '1'='1",
        "\\x00 ${7*7} {{7*7}} %s",
        "\u05d0\u05d1\u05d2 \U0001f469\u200d\U0001f680",
    ],
)
async def test_a_text_is_a_text(place: Scene, http: httpx.AsyncClient, text: str) -> None:
    """SQL, HTML and templates in every text field: stored and given back as they were written."""
    async with place.witnesses.undisturbed():
        me = (await http.patch("/v1/auth/me", json={"display_name": text})).json()
        assert me["display_name"] == text
        (seen,) = (await http.get(f"/v1/users?ids={me['id']}")).json()["users"]
        assert seen["display_name"] == text
        found = await http.get("/v1/users/search", params={"q": text})
        assert me["id"] in [user["id"] for user in found.json()["users"]]
        made = await http.post("/v1/rooms", json={"kind": "public", "name": text, "topic": text})
        room = made.json()
        assert (room["name"], room["topic"]) == (text, text)
        listed = await http.get("/v1/rooms/public", params={"q": text})
        assert room["id"] in [found["id"] for found in listed.json()["rooms"]]
        assert {found["name"] for found in listed.json()["rooms"]} == {text}
        renamed = await http.patch(f"/v1/rooms/{room['id']}", json={"name": text + "!"})
        assert renamed.json()["name"] == text + "!"
        assert (await http.delete(f"/v1/rooms/{room['id']}")).status_code == 204
