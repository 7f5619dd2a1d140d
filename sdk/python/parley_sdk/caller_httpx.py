"""One call over HTTP (protocol.md §8) and what its answer becomes; which there are is `Api`'s."""

from __future__ import annotations

import functools
import ssl
from types import TracebackType
from typing import Self, TypeVar

import httpx
import msgspec

from parley_sdk.errors import ApiError
from parley_sdk.tokens import TokenSource
from proto import shapes, wire
from proto.codes import HTTP_STATUS, ErrorCode

T = TypeVar("T")

TIMEOUT_SECONDS = 30.0


class Caller:
    """Connections to one Parley, and the token that goes with each call.

    Every call raises `ApiError` and nothing else. A 401 is answered by one refresh of the token and
    one more try.
    """

    def __init__(self, url: str, tokens: TokenSource | None = None) -> None:
        self.url = url.rstrip("/")
        self._tokens = tokens
        self._http = httpx.AsyncClient(
            base_url=self.url, timeout=TIMEOUT_SECONDS, verify=_trust(self.url)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; the session lives on. Idempotent."""
        await self._http.aclose()

    @property
    def tokens(self) -> TokenSource:
        """The signed-in user's tokens, for a `Client`.

        Raises:
            ApiError: nobody is signed in.
        """
        if self._tokens is None:
            raise ApiError(ErrorCode.UNAUTHORIZED, "sign in first: register, login or login_bot")
        return self._tokens

    async def _public(self, path: str, body: object, type_: type[T]) -> T:
        return _decode(await self._request("POST", path, body, None, {}), type_)

    async def _trade(self, api_token: str) -> shapes.SignedIn:
        """Trade a bot's API token for an access token."""
        content = await self._request("POST", "/v1/auth/token", None, api_token, {})
        return _decode(content, shapes.SignedIn)

    async def _get(self, path: str, type_: type[T], **query: str | int | None) -> T:
        return _decode(await self._call("GET", path, None, query), type_)

    async def _send(self, method: str, path: str, body: object | None, type_: type[T]) -> T:
        return _decode(await self._call(method, path, body), type_)

    async def _upload(
        self,
        path: str,
        fields: dict[str, str],
        file: tuple[str, bytes],
        type_: type[T],
        method: str = "POST",
    ) -> T:
        """Send a form with a file."""
        # Made whole first: it is sent a second time where the token was turned down.
        form = self._http.build_request(method, path, data=fields, files={"file": file})
        return _decode(await self._call(method, path, form), type_)

    async def _call(
        self,
        method: str,
        path: str,
        body: object | None = None,
        query: dict[str, str | int | None] | None = None,
    ) -> bytes:
        """Call as the signed-in user; a token that was turned down is refreshed once."""
        token = await self.tokens.access()
        try:
            return await self._request(method, path, body, token, query or {})
        except ApiError as error:
            if error.code != ErrorCode.UNAUTHORIZED:
                raise
            fresh = await self.tokens.access(fresh=True)
            if fresh == token:
                raise
            return await self._request(method, path, body, fresh, query or {})

    async def _request(
        self,
        method: str,
        path: str,
        body: object | None,
        token: str | None,
        query: dict[str, str | int | None],
    ) -> bytes:
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        content = None
        if isinstance(body, httpx.Request):
            content, headers["Content-Type"] = body.read(), body.headers["Content-Type"]
        elif body is not None:
            content, headers["Content-Type"] = wire.encode(body), "application/json"
        try:
            response = await self._http.request(
                method,
                path,
                content=content,
                headers=headers,
                params={name: value for name, value in query.items() if value is not None},
            )
        except httpx.TimeoutException as error:
            raise ApiError(
                ErrorCode.TIMEOUT, f"no answer to {method} {self.url}{path} in time"
            ) from error
        except httpx.HTTPError as error:
            detail = f"{method} {self.url}{path}: {type(error).__name__} {error}".strip()
            raise ApiError(ErrorCode.UNAVAILABLE, detail) from error
        if response.is_success:
            return response.content
        raise _problem(response)


@functools.cache
def _trust_store() -> ssl.SSLContext:
    """The system's authorities; read once, for it takes some 20 ms each time."""
    return ssl.create_default_context()


def _trust(url: str) -> ssl.SSLContext | bool:
    return _trust_store() if url.startswith("https:") else False


def _decode(content: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ApiError(ErrorCode.INTERNAL, f"the answer is unreadable: {error}") from error


def _problem(response: httpx.Response) -> ApiError:
    """The error of an answer, also of one that came from a proxy and is no problem document."""
    try:
        problem = msgspec.json.decode(response.content, type=shapes.Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ApiError(
            _CODES.get(response.status_code, ErrorCode.INTERNAL),
            f"HTTP {response.status_code}",
            status=response.status_code,
            retry_after_ms=_retry_after_ms(response),
        )
    return ApiError(
        problem.code,
        problem.detail,
        status=response.status_code,
        field=problem.field,
        retry_after_ms=problem.retry_after_ms or _retry_after_ms(response),
        server_time_ms=problem.server_time_ms,
    )


def _retry_after_ms(response: httpx.Response) -> int | None:
    """`Retry-After` in seconds (RFC 9110 §10.2.3); its other form, a date, is not used here."""
    text = response.headers.get("Retry-After", "")
    return int(text) * 1000 if text.isdecimal() and len(text) < 8 else None


_CODES = {status: code for code, status in list(HTTP_STATUS.items())[::-1]} | {
    502: ErrorCode.UNAVAILABLE
}
