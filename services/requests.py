"""What a handler asks of its request, checked: body, path, query, token; it answers nothing."""

from __future__ import annotations

import functools
import re
from typing import Any, Final, TypeVar, cast

import msgspec
from starlette.requests import ClientDisconnect, Request

from proto import ids, limits, wire
from proto.codes import ErrorCode
from services.guard import Checker, Claims, Unauthorized
from services.openapi import Endpoint, Needs
from services.problem import Problem

T = TypeVar("T")

ENDPOINT: Final = "parley.endpoint"
_CLAIMS: Final = "parley.claims"
_JSON: Final = re.compile(r"application/(?:[\w.+-]+\+)?json\s*(?:;|$)", re.IGNORECASE)
_KEY: Final = re.compile(r"[\x21-\x7e]{1,64}")
_INTEGER: Final = re.compile(r"-?[0-9]+", re.ASCII)
_DIGITS: Final = 20
"""More than any bound has; Python refuses to read thousands of them."""


async def body(request: Request, type_: type[T]) -> T:
    """The JSON body as `type_`, which is the one its endpoint declares.

    Where the endpoint says `body_optional`, an empty one is taken for `{}`.

    Raises:
        Problem: 415 if it does not say it is JSON; `bad_frame` if it is not JSON or of wrong types;
            `invalid` if a value breaks a rule of its type; `too_large`; 408 if it comes too slowly.
    """
    endpoint = cast(Endpoint, request.scope[ENDPOINT])
    if endpoint.request is not type_:
        raise TypeError(f"{endpoint.method} {endpoint.path} declares another body than {type_!r}")
    if _JSON.match(request.headers.get("content-type", "")) is None:
        raise Problem(ErrorCode.BAD_FRAME, "the body must be application/json", status=415)
    raw = await raw_body(request)
    if endpoint.body_optional and not raw:
        raw = b"{}"
    try:
        if not raw.isascii():
            # msgspec reads over what no field takes, whatever its bytes are.
            raw.decode()
        return cast(T, _decoder(cast(Any, type_)).decode(raw))
    except msgspec.ValidationError as error:
        raise _refusal(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(ErrorCode.BAD_FRAME, f"the body is not JSON: {error}") from None


async def raw_body(request: Request) -> bytes:
    """The body as it came, whatever the request says that it is.

    Raises:
        Problem: `bad_frame` if it was cut off; `too_large`; 408 if it comes too slowly.
    """
    try:
        return await request.body()
    except ClientDisconnect:
        raise Problem(ErrorCode.BAD_FRAME, "the body was cut off") from None


async def claims(request: Request) -> Claims:
    """Who is asking, by the access token in `Authorization: Bearer`; checked once a request.

    Raises:
        Problem: `unauthorized`, or `unavailable` when no token can be checked now.
    """
    known: Claims | None = request.scope.get(_CLAIMS)
    if known is not None:
        return known
    guard: Checker = request.app.state.guard
    try:
        known = await guard.check(bearer(request))
    except Unauthorized as error:
        raise Problem(ErrorCode.UNAUTHORIZED, str(error)) from None
    request.scope[_CLAIMS] = known
    return known


def bearer(request: Request) -> str:
    """The token in `Authorization: Bearer`, which is sent once (RFC 9110 §5.3).

    Raises:
        Problem: `unauthorized` if there is none, or two: a proxy may have looked at the other one.
    """
    given = request.headers.getlist("authorization")
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        message = "a token is needed: Authorization: Bearer <token>"
        raise Problem(ErrorCode.UNAUTHORIZED, message)
    return token.strip()


def check_scope(who: Claims, needed: Needs | None) -> None:
    """Refuse a bot whose token is not good for what it asks.

    Raises:
        Problem: `forbidden`, with the name of the scope.
    """
    if needed == "person" and who.issuer:
        raise Problem(ErrorCode.FORBIDDEN, f"this is done where you signed in: {who.issuer}")
    if needed is None or who.scopes is None:
        return
    if needed == "person":
        raise Problem(ErrorCode.FORBIDDEN, "this is for people, not for bots")
    if not who.may(needed):
        message = f"this API token has no scope {needed}"
        raise Problem(ErrorCode.FORBIDDEN, message)


def path_id(request: Request, name: str) -> str:
    """An id in the path.

    Raises:
        Problem: `bad_frame` if it is no id.
    """
    return _id(request.path_params[name], name)


def path_int(request: Request, name: str, minimum: int = 0, maximum: int = limits.SEQ_MAX) -> int:
    """A whole number in the path, such as a seq.

    Raises:
        Problem: `bad_frame` if it is no number, `invalid` if it is out of bounds.
    """
    return _integer(request.path_params[name], name, minimum, maximum)


def query_text(
    request: Request, name: str, default: str | None = None, maximum_characters: int = 256
) -> str | None:
    """A text of the query string, or `default` if it is not there.

    Raises:
        Problem: `bad_frame` if it is given twice, `invalid` if it is too long.
    """
    values = request.query_params.getlist(name)
    if not values:
        return default
    if len(values) > 1:
        raise Problem(ErrorCode.BAD_FRAME, f"{name} is given more than once", field=name)
    if len(values[0]) > maximum_characters:
        message = f"{name} is longer than {maximum_characters} characters"
        raise Problem(ErrorCode.INVALID, message, field=name)
    return values[0]


def query_int(
    request: Request, name: str, default: T, minimum: int = 0, maximum: int = limits.SEQ_MAX
) -> int | T:
    """A whole number of the query string, or `default` if it is not there.

    Raises:
        Problem: `bad_frame` if it is no number, `invalid` if it is out of bounds.
    """
    raw = query_text(request, name)
    return default if raw is None else _integer(raw, name, minimum, maximum)


def query_flag(request: Request, name: str) -> bool:
    """`true` or `false` of the query string; False if it is not there.

    Raises:
        Problem: `bad_frame` if it is neither.
    """
    raw = query_text(request, name)
    if raw not in (None, "true", "false"):
        raise Problem(ErrorCode.BAD_FRAME, f"{name} is neither true nor false", field=name)
    return raw == "true"


def query_id(request: Request, name: str) -> str | None:
    """An id of the query string, or None if it is not there.

    Raises:
        Problem: `bad_frame` if it is no id.
    """
    raw = query_text(request, name)
    return None if raw is None else _id(raw, name)


def query_ids(request: Request, name: str, limit: int = limits.IDS_PER_QUERY) -> list[str]:
    """A comma list of at least one id, doubles removed, in the order given.

    Raises:
        Problem: `bad_frame` if one of them is no id, `invalid` if there are more than `limit` or
            the parameter is not there.
    """
    raw = query_text(request, name, maximum_characters=limit * (limits.ID_CHARACTERS + 1))
    if not raw:
        raise Problem(ErrorCode.INVALID, f"{name} is needed: ids with commas between", field=name)
    unique = list(dict.fromkeys(_id(part, name) for part in raw.split(",")))
    if len(unique) > limit:
        raise Problem(ErrorCode.INVALID, f"{name} takes at most {limit} ids", field=name)
    return unique


def idempotency_key(request: Request) -> str | None:
    """The `Idempotency-Key` header, or None; storing what it answered is the service's.

    Raises:
        Problem: `invalid` if it is not 1 to 64 visible ASCII characters.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and _KEY.fullmatch(key) is None:
        message = "Idempotency-Key is 1 to 64 visible ASCII characters"
        raise Problem(ErrorCode.INVALID, message, field="Idempotency-Key")
    return key


def address(request: Request) -> str:
    """The client's address, as told by a trusted proxy if there is one."""
    return "" if request.client is None else request.client.host


@functools.lru_cache(maxsize=256)
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401 - any type msgspec knows
    return msgspec.json.Decoder(type_)


def _refusal(error: msgspec.ValidationError) -> Problem:
    """The same reading of msgspec's words as the socket's: one fault has one code everywhere."""
    fault = wire.fault(error)
    return Problem(fault.code, fault.message, field=fault.field)


def _id(raw: str, name: str) -> str:
    if not ids.is_id(raw):
        raise Problem(ErrorCode.BAD_FRAME, f"{name} is not an id", field=name)
    return raw


def _integer(raw: str, name: str, minimum: int, maximum: int) -> int:
    if _INTEGER.fullmatch(raw) is None:
        raise Problem(ErrorCode.BAD_FRAME, f"{name} is not a whole number", field=name)
    if len(raw) <= _DIGITS and minimum <= (value := int(raw)) <= maximum:
        return value
    message = f"{name} must lie between {minimum} and {maximum}"
    raise Problem(ErrorCode.INVALID, message, field=name)
