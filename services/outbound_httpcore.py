"""HTTP for strangers: connects only where `outbound` allows it, and takes no more than is wanted.

Each request has a connection of its own. A name is resolved once; all its addresses are judged;
the connection goes to one of those, so that a name that changes where it leads gains nothing. TLS
is still checked for the name. No proxy of the environment is used, and no cookie kept.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import httpcore

from services.outbound import Allowed, Answer, OutboundError, Target, TooLong, Unreachable
from services.outbound import redirect as redirected
from services.outbound import target as read_target

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Answers all addresses of a host, in the order to try them.

Raises:
    OSError: there is no such host.
"""

AT_ONCE: Final = 32
"""Requests of one process at a time; more wait, and their time runs."""
ADDRESSES: Final = 4
"""Of one name, as many are tried at most."""
HEADER_FIELDS: Final = 100
_OWN: Final = ("there is no such host", "nobody answers")
_FAILED: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    ssl.SSLError,
    OSError,
)


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


class Outbound:
    """Asks other people's servers; it holds nothing, so it is no part to be started."""

    def __init__(
        self,
        allowed: Allowed,
        *,
        agent: str = "Parley",
        at_once: int = AT_ONCE,
        resolve: Resolve = resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """`agent` is what `User-Agent` says; `trust` whose certificates are good (the system's)."""
        self._agent = agent
        self._places = asyncio.Semaphore(at_once)
        self._backend = _Backend(allowed, resolve)
        self._trust = trust or ssl.create_default_context()

    async def ask(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        redirects: int = 0,
        cut: bool = False,
    ) -> Answer:
        """Send one request and return the answer, whatever its status; cancelling is safe.

        All of it, from the first name to the last byte, has `seconds`. At most `redirects`
        redirects are followed, by GET, each judged as the first; one more is the answer. `headers`
        go to each of them: no credentials belong into them. A body longer than `max_bytes` is
        `cut` or is TooLong; it comes as it is sent, and none is asked for compressed.

        Raises:
            Refused: the URL, or where it leads, is not allowed.
            Unreachable: no whole answer in time.
            TooLong: see above.
        """
        wanted = _Wanted(method, headers or {}, body, max_bytes, cut)
        found = read_target(url)
        try:
            async with asyncio.timeout(seconds), self._places:
                while True:
                    answer = await self._once(found, wanted)
                    following = redirected(found, answer.status, answer.headers)
                    if following is None or redirects == 0 or method not in ("GET", "HEAD"):
                        return answer
                    redirects -= 1
                    found = following
        except TimeoutError:
            raise Unreachable(f"{found.host}: no whole answer within {seconds:g} s") from None

    async def _once(self, found: Target, wanted: _Wanted) -> Answer:
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._trust,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=self._backend,
        )
        headers = {"user-agent": self._agent, "accept": "*/*", "accept-encoding": "identity"}
        headers |= {name.lower(): value for name, value in wanted.headers.items()}
        headers |= {"host": found.authority, "connection": "close"}
        if wanted.body or wanted.method not in ("GET", "HEAD"):
            headers["content-length"] = str(len(wanted.body))
        asked = httpcore.URL(
            scheme=found.scheme.encode(),
            host=found.host.encode(),
            port=found.port,
            target=found.path.encode(),
        )
        try:
            async with (
                pool,
                pool.stream(
                    wanted.method, asked, headers=raw(headers), content=wanted.body
                ) as response,
            ):
                return await _read(found, response, wanted)
        except OutboundError:
            raise
        except _FAILED as error:
            raise Unreachable(f"{found.host}: {said(error)}") from None


class _Wanted(NamedTuple):
    """One request, whoever is asked, and how much of the answer is read."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    max_bytes: int
    cut: bool


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to an address that was judged; the rest is httpcore's own."""

    def __init__(self, allowed: Allowed, resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers.

        Raises:
            Refused: one of them is not allowed.
            ConnectError: there is none, or nobody answers.
        """
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("there is no such host") from None
        self._allowed.check(host, addresses)
        for address in addresses[:ADDRESSES]:
            try:
                return await self._plain.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError:
                continue
        raise httpcore.ConnectError("nobody answers")


async def _read(found: Target, response: httpcore.Response, wanted: _Wanted) -> Answer:
    """The answer whose head has come, with as much of its body as is wanted."""
    if len(response.headers) > HEADER_FIELDS:
        raise Unreachable(f"{found.host}: more than {HEADER_FIELDS} header fields")
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
    }
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > wanted.max_bytes:
            if not wanted.cut:
                raise TooLong(f"{found.host}: more than {wanted.max_bytes} bytes")
            del body[wanted.max_bytes :]
            return Answer(found.url, response.status, headers, bytes(body), cut=True)
    return Answer(found.url, response.status, headers, bytes(body), cut=False)


def raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Header fields as httpcore wants them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def said(error: Exception) -> str:
    """What went wrong, without an address: the library's own words are passed on for TLS alone."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    match error:
        case httpcore.TimeoutException():
            return "no answer in time"
        case httpcore.ProtocolError():
            return "what it says is not HTTP"
        case httpcore.ConnectError():
            return str(error) if str(error) in _OWN else "no connection"
    return "the connection broke"
