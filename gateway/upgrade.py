"""The HTTP side of a WebSocket's opening (RFC 6455 §4.2): reads the request, writes the answer.

It decides nothing: what a good request leads to is the gateway's to say.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import unquote, urlsplit

from proto.codes import ErrorCode
from services.face import problem_body
from services.problem import CONTENT_TYPE, Problem

Networks = Sequence[IPv4Network | IPv6Network]

VERSION: Final = "13"
_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A well-formed request to open a WebSocket.

    Names in `headers` are lower case; repeated ones are joined by ", ". `remote` is the client's
    address as the trusted proxies tell it, without a port. `path` is percent-decoded, `query` not.
    """

    path: str
    query: str
    headers: Mapping[str, str]
    subprotocols: tuple[str, ...]
    remote: str
    key: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer the request with problem details (RFC 9457) instead of a socket."""

    status: int
    code: str
    message: str
    retry_after_seconds: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def networks(addresses: Sequence[str]) -> Networks:
    """Parse addresses and networks of proxies that are trusted to name the client.

    Raises:
        ValueError: one is neither.
    """
    return tuple(ip_network(address, strict=False) for address in addresses)


def read_upgrade(request: bytes, peer: str, trusted: Networks) -> Upgrade | Refuse:
    """Read a request's head, which ends with its empty line; `peer` is who connected."""
    line, *fields = request.decode("latin-1").split("\r\n")
    method, target, _version = line.split(" ", 2)
    headers = _headers(fields)
    refusal = _refusal(method, headers)
    if refusal is not None:
        return refusal
    try:
        parts = urlsplit(target)
    except ValueError:
        return _bad("The request target is not a URL.")
    return Upgrade(
        path=unquote(parts.path),
        query=parts.query,
        headers=headers,
        subprotocols=_tokens(headers.get("sec-websocket-protocol", "")),
        remote=client_address(peer, headers.get("x-forwarded-for", ""), trusted),
        key=headers["sec-websocket-key"],
    )


def client_address(peer: str, forwarded_for: str, trusted: Networks) -> str:
    """The client's address: the last one in the chain that no trusted proxy vouches for.

    Each proxy appends whom it saw, so the chain is believed from its end, and only as far as
    trusted proxies wrote it; whatever a client put in front of that is ignored.
    """
    address = peer
    for hop in reversed([hop.strip() for hop in forwarded_for.split(",") if hop.strip()]):
        if not _is_trusted(address, trusted) or not _is_address(hop):
            break
        address = hop
    return address


def accepted(key: str, subprotocol: str | None, extensions: str | None = None) -> bytes:
    """The answer that makes the connection a WebSocket, and says what was agreed to."""
    # Not a signature: RFC 6455 §4.2.2 prescribes SHA-1 to prove that the request was understood.
    digest = sha1(key.encode("latin-1") + _MAGIC, usedforsecurity=False).digest()
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": b64encode(digest).decode(),
    }
    if subprotocol is not None:
        headers["Sec-WebSocket-Protocol"] = subprotocol
    if extensions is not None:
        headers["Sec-WebSocket-Extensions"] = extensions
    return _response(HTTPStatus.SWITCHING_PROTOCOLS, headers)


def refused(refusal: Refuse) -> bytes:
    """The answer that refuses, after which the connection is closed."""
    seconds = refusal.retry_after_seconds
    problem = Problem(
        ErrorCode(refusal.code),
        refusal.message,
        status=refusal.status,
        retry_after_ms=None if seconds is None else seconds * 1000,
    )
    body = problem_body(problem)
    headers = {
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(body)),
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
        **problem.headers,
        **refusal.headers,
    }
    return _response(HTTPStatus(refusal.status), headers) + body


def _refusal(method: str, headers: Mapping[str, str]) -> Refuse | None:
    if method != "GET":
        return Refuse(
            405, ErrorCode.BAD_FRAME, "A WebSocket opens with GET.", None, {"Allow": "GET"}
        )
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        return _bad("A request to open a WebSocket has no body.")
    if headers.get("sec-websocket-version") != VERSION:
        message = f"Sec-WebSocket-Version must be {VERSION}."
        wanted = {"Sec-WebSocket-Version": VERSION, "Upgrade": "websocket"}
        return Refuse(426, ErrorCode.BAD_FRAME, message, None, wanted)
    if not _is_key(headers.get("sec-websocket-key", "")):
        return _bad("Sec-WebSocket-Key must be 16 bytes in base64.")
    return None


def _bad(message: str) -> Refuse:
    return Refuse(400, ErrorCode.BAD_FRAME, message)


def _headers(fields: Sequence[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in fields:
        name, colon, value = line.partition(":")
        if colon:
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _tokens(value: str) -> tuple[str, ...]:
    return tuple(token for part in value.split(",") if (token := part.strip()))


def _is_key(key: str) -> bool:
    try:
        return len(b64decode(key.encode("latin-1"), validate=True)) == _KEY_BYTES
    except (binascii.Error, UnicodeEncodeError):
        return False


def _is_trusted(address: str, trusted: Networks) -> bool:
    if not trusted or not _is_address(address):
        return False
    found = ip_address(address)
    # A listener on :: sees IPv4 peers as ::ffff:a.b.c.d.
    plain = found.ipv4_mapped if isinstance(found, IPv6Address) and found.ipv4_mapped else found
    return any(plain in network for network in trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _response(status: HTTPStatus, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
