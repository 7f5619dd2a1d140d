"""The table of endpoints of a service and its OpenAPI 3.1 document; it serves no request."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib import metadata
from typing import Any, Final, Literal

import msgspec

from proto import shapes
from proto.codes import HTTP_STATUS, ErrorCode
from services.problem import CONTENT_TYPE

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Needs = Literal["by method", "read", "send", "moderate", "admin", "person"]

_PARAMETER: Final = re.compile(r"{(\w+)}")
_REF_TEMPLATE: Final = "#/components/schemas/{name}"

_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Made once for this request and repeated on every retry, which is then answered"
    " with what the first one made; with another body it is a `conflict`.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,64}$"},
}


@dataclass(frozen=True, slots=True)
class Query:
    """One parameter of a query string."""

    name: str
    description: str
    type: Any = str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that is a form with files, read as it comes: how long in all, and its parts' names.

    It may take `seconds` as a whole; between two pieces no longer than any other body takes.
    """

    max_bytes: int
    seconds: float
    fields: Sequence[str]
    files: Sequence[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status of refusal that needs a word: with which codes, when, and what headers it has."""

    status: int
    codes: Sequence[ErrorCode]
    when: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Their names, and what each says."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation: what the server routes and what the document says, declared once.

    `auth` asks for an access token before the handler runs. A bot's must have `scope`, which is
    `read` for GET and `send` for everything else unless it is said; `person` is for people alone
    (None where the handler sees to it). `also` are further statuses of success
    with the same response (a repeated create answers 200, say). `errors` need not repeat what
    follows from the rest: 401 of `auth`, 400 of a query, 400, 408, 413 and 415 of a body;
    `refusals` say more of a status, and stand for whatever is known of it otherwise.
    `idempotency_key` says that the handler heeds that header, `body_optional` that an empty body
    means `{}`. `takes_cookie` is the name of a cookie that may stand for a token in the body;
    `sets_cookie` tells when the answer sets or clears one. `media_type` is that of the response.
    `upload` stands for `request` where the body is a form with files. `form_field`: the JSON of
    `request` may come as that field of a form too, and its type is not asked for.
    """

    method: Method
    path: str
    handler: Callable[[Any], Awaitable[Any]]
    summary: str
    request: Any = None
    response: Any = None
    status: int = 200
    also: Sequence[int] = ()
    errors: Sequence[ErrorCode] = ()
    refusals: Sequence[Refusal] = ()
    query: Sequence[Query] = ()
    auth: bool = True
    scope: Needs | None = "by method"
    idempotency_key: bool = False
    body_optional: bool = False
    takes_cookie: str = ""
    sets_cookie: str = ""
    media_type: str = "application/json"
    upload: Upload | None = None
    form_field: str = ""

    @property
    def needs(self) -> Needs | None:
        """What a bot's token must be good for."""
        if self.scope == "by method":
            return "read" if self.method == "GET" else "send"
        return self.scope


def document(service: str, endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The OpenAPI 3.1 description of `endpoints`, as plain data ready for JSON.

    Source: https://spec.openapis.org/oas/v3.1.0
    """
    types = list(_types(endpoints))
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF_TEMPLATE)
    by_type = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Parley: {service}", "version": metadata.version("parley")},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "access_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                **{
                    endpoint.takes_cookie: {
                        "type": "apiKey",
                        "in": "cookie",
                        "name": endpoint.takes_cookie,
                    }
                    for endpoint in endpoints
                    if endpoint.takes_cookie
                },
            },
        },
    }


def _types(endpoints: Iterable[Endpoint]) -> Iterable[Any]:
    """Every type the document needs, each once."""
    seen: dict[str, Any] = {repr(shapes.Problem): shapes.Problem, repr(str): str}
    for endpoint in endpoints:
        for kind in (
            endpoint.request,
            endpoint.response,
            *(query.type for query in endpoint.query),
        ):
            if kind is not None:
                seen.setdefault(repr(kind), kind)
    return seen.values()


def _operation(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": operation_id(endpoint),
        "parameters": _parameters(endpoint, schemas),
        "responses": _responses(endpoint, schemas),
        "security": _security(endpoint),
    }
    if endpoint.auth and endpoint.needs is not None:
        operation["x-scope"] = endpoint.needs
    if endpoint.request is not None:
        operation["requestBody"] = {
            "required": not endpoint.body_optional,
            "content": {"application/json": {"schema": schemas[repr(endpoint.request)]}},
        }
    if endpoint.form_field:
        field = {"type": "string", "contentMediaType": "application/json"}
        operation["requestBody"]["content"]["application/x-www-form-urlencoded"] = {
            "schema": {
                "type": "object",
                "properties": {endpoint.form_field: field},
                "required": [endpoint.form_field],
            }
        }
    if endpoint.upload is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": _form(endpoint.upload)}},
        }
    return operation


def _form(upload: Upload) -> dict[str, Any]:
    """A form with files, as OpenAPI 3.1 has it (§4.8.14.3)."""
    return {
        "type": "object",
        "properties": {
            **{name: {"type": "string"} for name in upload.fields},
            **{
                name: {"type": "string", "contentMediaType": "application/octet-stream"}
                for name in upload.files
            },
        },
        "required": [*upload.fields, *upload.files],
    }


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.auth:
        return [{"access_token": []}]
    # An empty requirement beside another one makes it optional.
    return [{endpoint.takes_cookie: []}, {}] if endpoint.takes_cookie else []


def operation_id(endpoint: Endpoint) -> str:
    """A name for generated clients, unique because method and path are."""
    words = re.sub(r"\W+", "_", endpoint.path).strip("_")
    return f"{endpoint.method.lower()}_{words}"


def _parameters(endpoint: Endpoint, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(endpoint.path)
    ]
    query = [
        {
            "name": query.name,
            "in": "query",
            "required": query.required,
            "description": query.description,
            "schema": schemas[repr(query.type)],
        }
        for query in endpoint.query
    ]
    return path + query + ([_IDEMPOTENCY_KEY] if endpoint.idempotency_key else [])


def _responses(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status in (endpoint.status, *endpoint.also):
        responses[str(status)] = {"description": HTTPStatus(status).phrase}
        if endpoint.response is not None:
            content = {endpoint.media_type: {"schema": schemas[repr(endpoint.response)]}}
            responses[str(status)]["content"] = content
        if endpoint.sets_cookie:
            responses[str(status)]["headers"] = {
                "Set-Cookie": {
                    "description": endpoint.sets_cookie,
                    "schema": {"type": "string"},
                }
            }
    problem = {CONTENT_TYPE: {"schema": schemas[repr(shapes.Problem)]}}
    for status, codes in sorted(_refusals(endpoint).items()):
        responses[str(status)] = {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(sorted(codes))}",
            "content": problem,
        }
    for refusal in endpoint.refusals:
        named = ", ".join(sorted(refusal.codes))
        responses[str(refusal.status)] = {
            "description": f"{HTTPStatus(refusal.status).phrase}: {named}. {refusal.when}",
            "content": problem,
        }
        if refusal.headers:
            responses[str(refusal.status)]["headers"] = {
                name: {"description": said, "schema": {"type": "string"}}
                for name, said in refusal.headers.items()
            }
    return responses


def _refusals(endpoint: Endpoint) -> dict[int, set[str]]:
    """The statuses of refusal and the codes that come with each."""
    codes = {*endpoint.errors, ErrorCode.INTERNAL}
    if endpoint.auth:
        codes |= {ErrorCode.UNAUTHORIZED, ErrorCode.UNAVAILABLE}
        if endpoint.needs is not None:
            codes.add(ErrorCode.FORBIDDEN)
    if _PARAMETER.search(endpoint.path):
        codes.add(ErrorCode.BAD_FRAME)
    if endpoint.query:
        codes |= {ErrorCode.BAD_FRAME, ErrorCode.INVALID}
    has_body = endpoint.request is not None or endpoint.upload is not None
    if has_body:
        codes |= {ErrorCode.BAD_FRAME, ErrorCode.INVALID, ErrorCode.TOO_LARGE}
    refusals: dict[int, set[str]] = {}
    for code in codes:
        refusals.setdefault(HTTP_STATUS[code], set()).add(code.value)
    if has_body:
        refusals[408] = {ErrorCode.BAD_FRAME.value}
    if has_body and not endpoint.form_field:
        refusals[415] = {ErrorCode.BAD_FRAME.value}
    return refusals
