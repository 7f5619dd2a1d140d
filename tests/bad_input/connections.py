"""What ends a connection: bad first frames, violations of RFC 6455, too much of a thing."""

from __future__ import annotations

from typing import NamedTuple

from gateway.frame import BINARY, CLOSE, CONTINUATION, PING, TEXT
from proto import limits
from proto.codes import CloseCode, ErrorCode
from tests.bad_input.places import BAD_IDS
from tests.gateway.peer import fragmented, masked


class First(NamedTuple):
    """A first frame that is no good `hello`; an `error` with `code` comes before the close."""

    name: str
    sent: dict[str, object] | str | bytes
    code: ErrorCode | None
    close: CloseCode = CloseCode.PROTOCOL
    field: str | None = None


class Violation(NamedTuple):
    """Bytes after `ready` that end the connection with a code, without an `error`."""

    name: str
    sent: bytes
    close: CloseCode


def hello(**fields: object) -> dict[str, object]:
    """A `hello` that is read before its token is looked at."""
    return {"type": "hello", "token": "a.b.c", **fields}


_BAD, _INVALID = ErrorCode.BAD_FRAME, ErrorCode.INVALID
FIRST = (
    First("`ping`", {"type": "ping"}, None),
    First("`send`", {"type": "send", "id": "1", "room": "r", "key": "k", "text": "x"}, None),
    First("`auth` instead of `hello`", {"type": "auth", "id": "1", "token": "x"}, None),
    First("an unknown type", {"type": "login"}, ErrorCode.UNKNOWN_TYPE, field="type"),
    First("not JSON", "GET / HTTP/1.1", _BAD),
    First("nothing", "", _BAD),
    First("binary", b'{"type":"hello"}', _BAD),
    First("`hello` without a token", {"type": "hello"}, _BAD),
    First("a token that is a number", hello(token=7), _BAD, field="token"),
    First("an empty token", hello(token=""), _INVALID, field="token"),
    First("a token of more than 8,192 characters",
          hello(token="x" * (limits.TOKEN_CHARACTERS + 1)), _INVALID, field="token"),
    First("a status there is not", hello(status="away"), _INVALID, field="status"),
    First("a client's name of 129 characters",
          hello(client="x" * (limits.CLIENT_NAME_CHARACTERS + 1)), _INVALID, field="client"),
    First("a resume that is an array", hello(resume=["r"]), _BAD, field="resume"),
    First("a resume from below 0", hello(resume={"r": -1}), _INVALID, field="resume"),
    First("a resume from a string", hello(resume={"r": "1"}), _BAD, field="resume"),
    First("a resume of 1,001 rooms",
          hello(resume={f"r{n}": 1 for n in range(limits.RESUME_ROOMS + 1)}),
          _INVALID, field="resume"),
    *(First(f"`hello.resume`: {name}", hello(resume={bad: 1}), _BAD, field="resume")
      for name, bad in BAD_IDS.items()),
)  # fmt: skip

_LONG = b'{"type":"ping","x":"' + b"x" * limits.FRAME_BYTES + b'"}'
_HALF = b"x" * (limits.FRAME_BYTES // 2 + 1)
_PROTOCOL, _LARGE, _UTF8 = (
    CloseCode.PROTOCOL_ERROR,
    CloseCode.FRAME_TOO_LARGE,
    CloseCode.NOT_UTF8,
)
VIOLATIONS = (
    Violation("a text of more than 64 KiB", masked(TEXT, _LONG), _LARGE),
    Violation("a binary message of more than 64 KiB", masked(BINARY, _LONG), _LARGE),
    Violation("more than 64 KiB in fragments", fragmented(TEXT, _HALF, _HALF), _LARGE),
    Violation("a frame that says it has 2^62 bytes",
              b"\x81\xff" + (1 << 62).to_bytes(8, "big"), _LARGE),
    Violation("text that is not UTF-8", masked(TEXT, b'{"type":"\xff"}'), _UTF8),
    Violation("half a surrogate pair in UTF-8", masked(TEXT, b"\xed\xa0\x80"), _UTF8),
    Violation("not UTF-8 in the second fragment", fragmented(TEXT, b'{"', b"\xc3\x28"), _UTF8),
    Violation("a reserved bit", masked(TEXT, b"{}", reserved=4), _PROTOCOL),
    Violation("all reserved bits", masked(TEXT, b"{}", reserved=7), _PROTOCOL),
    Violation("an opcode there is not", masked(3), _PROTOCOL),
    Violation("a frame that is not masked", b"\x81\x02{}", _PROTOCOL),
    Violation("a continuation of nothing", masked(CONTINUATION, b"{}"), _PROTOCOL),
    Violation("a message within a message",
              masked(TEXT, b"{", fin=False) + masked(TEXT, b"}"), _PROTOCOL),
    Violation("a ping of 126 bytes", masked(PING, b"x" * 126), _PROTOCOL),
    Violation("a ping in fragments", masked(PING, b"x", fin=False), _PROTOCOL),
    Violation("a close code that may not be sent",
              masked(CLOSE, (1006).to_bytes(2, "big")), _PROTOCOL),
    Violation("a close of one byte", masked(CLOSE, b"\x03"), _PROTOCOL),
)  # fmt: skip
