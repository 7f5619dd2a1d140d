"""Bytes that are no good HTTP/1.1 request: refused by whoever reads them, and the connection ends.

The load balancer refuses most of them before it knows a path, in its own plain words; past it,
each service answers problem details.
"""

from __future__ import annotations

from typing import NamedTuple


class Head(NamedTuple):
    """`sent` as it goes over the wire; any of `statuses` is an answer."""

    name: str
    sent: bytes
    statuses: frozenset[int]


def _post(headers: bytes, body: bytes = b"") -> bytes:
    return (
        b"POST /v1/auth/login HTTP/1.1\r\nHost: chat.example\r\n"
        b"Content-Type: application/json\r\n" + headers + b"\r\n\r\n" + body
    )


def _get(path: bytes, headers: bytes = b"Host: chat.example\r\n") -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + headers + b"\r\n"


_400, _401, _431 = frozenset({400}), frozenset({401}), frozenset({431})
HEADS = (
    Head("no HTTP", b"hello, is this the chat?\r\n\r\n", _400),
    Head("a method there is not", b"FOO /v1/rooms HTTP/1.1\r\nHost: x\r\n\r\n",
         frozenset({400, 405})),
    Head("bad percent-encoding in the path", _get(b"/v1/rooms/%zz"),
         frozenset({400, 401, 404})),
    Head("a control character in the path", _get(b"/v1/rooms/\x01"), _400),
    Head("a NUL in a header", _get(b"/v1/rooms", b"Host: x\r\nX-A: a\0b\r\n"), _400),
    Head("a space before a colon", _get(b"/v1/rooms", b"Host: x\r\nX-A : b\r\n"), _400),
    Head("a length below 0", _post(b"Content-Length: -5"), _400),
    Head("a length that is a word", _post(b"Content-Length: five"), _400),
    Head("two lengths", _post(b"Content-Length: 2\r\nContent-Length: 3", b"{}x"), _400),
    Head("a header of 40 KB", _get(b"/v1/rooms", b"Host: x\r\nX-A: " + b"a" * 40_000 + b"\r\n"),
         _431),
    Head("1,200 headers",
         _get(b"/v1/rooms", b"Host: x\r\n" + b"X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 1_200),
         _431),
    Head("a path of 70 KB", _get(b"/v1/rooms/" + b"a" * 70_000), _431),
    Head("a search of 1 MB", _get(b"/v1/search?q=" + b"a" * 1_000_000), _431),
    Head("a query of 70 KB", _get(b"/v1/users?ids=" + b"a" * 70_000), _431),
)  # fmt: skip
