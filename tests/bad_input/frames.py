"""Messages on a living conversation that are answered by `error`, and cost nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from proto import limits
from proto.codes import ErrorCode
from tests.bad_input.places import BAD_IDS, KEY, LATE_KEY, PRIVATE, PUBLIC, ROOM

Sent = dict[str, Any] | str | bytes


class Case(NamedTuple):
    """`sent` is a frame, or text or bytes as they go over the wire; `code` is the answer's."""

    name: str
    sent: Sent
    code: ErrorCode
    field: str | None = None

    @property
    def request(self) -> str | None:
        """The `id` that the answer must carry: the one sent, where it could be read."""
        request = self.sent.get("id") if isinstance(self.sent, dict) else None
        readable = isinstance(request, str) and 1 <= len(request) <= limits.REQUEST_ID_CHARACTERS
        return request if readable else None


def send(**fields: object) -> dict[str, Any]:
    """A message that would be good, but for the fields given."""
    good = {"type": "send", "id": "1", "room": ROOM, "key": KEY, "text": "bad"}
    return {**good, **fields}


def sync(**fields: object) -> dict[str, Any]:
    """A good `sync`, but for the fields given."""
    return {"type": "sync", "id": "1", "room": ROOM, "after": 0, **fields}


def without(frame: dict[str, Any], name: str) -> dict[str, Any]:
    """The frame without a field."""
    return {field: value for field, value in frame.items() if field != name}


BAD = ErrorCode.BAD_FRAME
INVALID = ErrorCode.INVALID

UNREADABLE = (
    Case("not JSON", "{", BAD),
    Case("nothing", "", BAD),
    Case("a comma too many", '{"type":"ping",}', BAD),
    Case("two frames in one message", '{"type":"ping"}{"type":"ping"}', BAD),
    Case("`NaN`, which JSON does not have", '{"type":"ping","x":NaN}', BAD),
    Case("a byte order mark", '\ufeff{"type":"ping"}', BAD),
    Case("half a surrogate pair", '{"type":"send","text":"\\ud800"}', BAD),
    Case("a line break inside a string", '{"type":"ping","x":"a\nb"}', BAD),
    Case("an array", "[]", BAD),
    Case("a string", '"ping"', BAD),
    Case("a number", "7", BAD),
    Case("`null`", "null", BAD),
    Case("33 deep", '{"type":"ping","x":' + "[" * 32 + "]" * 32 + "}", BAD),
    Case("30,000 deep", "[" * 30_000, BAD),
    Case("binary", b'{"type":"ping"}', BAD),
    Case("binary and empty", b"", BAD),
)
PACKED = (
    Case("nothing", b"", BAD),
    Case("a text message", '{"type":"ping"}', BAD),
    Case("JSON", b'{"type":"ping"}', BAD),
    Case("a frame cut short", b"\x81\xa4type\xa4pin", BAD),
    Case("a byte that means nothing (`0xc1`)", b"\xc1", BAD),
    Case("two frames in one message", b"\x81\xa4type\xa4ping" * 2, BAD),
    Case("a `type` that is not UTF-8", b"\x81\xa4type\xa1\xff", BAD),
    Case("a name of a field that is a number", b"\x82\xa4type\xa4ping\x01\x02", BAD),
    Case("an array", b"\x91\xa4ping", BAD),
    Case("a room that is bytes",
         b"\x83\xa4type\xa4read\xa4room\xc4\x01r\xa3seq\x01", BAD, "room"),
    Case("a seq that is a fraction",
         b"\x83\xa4type\xa4read\xa4room\xa1r\xa3seq\xca\x3f\x80\x00\x00", BAD, "seq"),
    Case("a seq of -1", b"\x83\xa4type\xa4read\xa4room\xa1r\xa3seq\xff", INVALID, "seq"),
    Case("an unknown type", b"\x81\xa4type\xa5shout", ErrorCode.UNKNOWN_TYPE, "type"),
    Case("33 deep", b"\x82\xa4type\xa4ping\xa1x" + b"\x91" * 32 + b"\xc0", BAD),
    Case("60,000 deep", b"\x91" * 60_000, BAD),
    Case("four thousand million people to watch, of whom none is there",
         b"\x83\xa4type\xa5watch\xa2id\xa11\xa5users\xdd\xff\xff\xff\xff", BAD),
)  # fmt: skip
"""Messages of `parley.v1.msgpack`; what else is wrong with a frame is wrong in any encoding."""
TYPES = (
    Case("no `type`", {"id": "1"}, BAD, "type"),
    Case("a `type` that is a number", {"type": 7, "id": "1"}, BAD, "type"),
    Case("a `type` that is an array", {"type": ["ping"]}, BAD, "type"),
    Case("an unknown type", {"type": "shout", "id": "1"}, ErrorCode.UNKNOWN_TYPE, "type"),
    Case("an empty type", {"type": ""}, ErrorCode.UNKNOWN_TYPE, "type"),
    Case("a type in capitals", {"type": "PING", "id": "1"}, ErrorCode.UNKNOWN_TYPE, "type"),
    Case("a type only servers send", {"type": "ready", "id": "1"}, ErrorCode.UNKNOWN_TYPE, "type"),
    Case("a type of 10 KB", {"type": "x" * 10_000}, ErrorCode.UNKNOWN_TYPE, "type"),
    Case("two types in one object", '{"type":"ping","type":"send"}', INVALID, "type"),
)
WRONG_TYPES = (
    *(Case(f"`send` without `{name}`", without(send(), name), BAD) for name in ("room", "key")),
    *(Case(f"`sync` without `{name}`", without(sync(), name), BAD) for name in ("id", "after")),
    Case("`auth` without `token`", {"type": "auth", "id": "1"}, BAD),
    Case("`status` without a status", {"type": "status"}, BAD),
    Case("`read` without `seq`", {"type": "read", "room": ROOM}, BAD),
    Case("a room that is a number", send(room=7), BAD, "room"),
    Case("a room that is `null`", send(room=None), BAD, "room"),
    Case("a key that is a number", send(key=7), BAD, "key"),
    Case("a text that is an object", send(text={"b": 1}), BAD, "text"),
    Case("a text that is `null`", send(text=None), BAD, "text"),
    Case("a place that is a string", send(reply_to="1"), BAD, "reply_to"),
    Case("a place with a fraction", send(thread=1.5), BAD, "thread"),
    Case("a limit that is a string", sync(limit="1"), BAD, "limit"),
    Case("attachments that are a string", send(attachments="m"), BAD, "attachments"),
    Case("`active` that is a string",
         {"type": "typing", "room": ROOM, "active": "yes"}, BAD, "active"),
    Case("a seq that is `true`", {"type": "read", "room": ROOM, "seq": True}, BAD, "seq"),
    Case("users that are an object", {"type": "watch", "id": "1", "users": {}}, BAD, "users"),
    Case("a token that is a number", {"type": "auth", "id": "1", "token": 7}, BAD, "token"),
    Case("a request id that is a number", send(id=7), BAD, "id"),
    Case("an empty request id", send(id=""), BAD, "id"),
    Case("a request id of 65 characters", send(id="x" * 65), BAD, "id"),
    Case("a request id of 10 KB", send(id="x" * 10_000), BAD, "id"),
)  # fmt: skip
OUT_OF_BOUNDS = (
    Case("a place below 0", send(reply_to=-1), INVALID, "reply_to"),
    Case("a place above 2^53", send(thread=2**53 + 1), INVALID, "thread"),
    Case("a place of 400 digits", sync(after=10**400), INVALID, "after"),
    Case("a place before the first", sync(after=-1), INVALID, "after"),
    Case("a limit of 0", sync(limit=0), INVALID, "limit"),
    Case("a limit of -1", sync(limit=-1), INVALID, "limit"),
    Case("a limit of 201", sync(limit=limits.SYNC_EVENTS + 1), INVALID, "limit"),
    Case("a seq below 0", {"type": "read", "room": ROOM, "seq": -1}, INVALID, "seq"),
    Case("a status there is not", {"type": "status", "status": "away"}, INVALID, "status"),
    Case("a status of 10 KB", {"type": "status", "status": "x" * 10_000}, INVALID, "status"),
    Case("501 people to watch",
         {"type": "watch", "id": "1", "users": ["u"] * (limits.WATCH_USERS + 1)},
         INVALID, "users"),
    Case("11 attachments", send(attachments=["m"] * (limits.ATTACHMENTS + 1)),
         INVALID, "attachments"),
    Case("an empty token", {"type": "auth", "id": "1", "token": ""}, INVALID, "token"),
    Case("a token of 8 KB and more",
         {"type": "auth", "id": "1", "token": "x" * (limits.TOKEN_CHARACTERS + 1)},
         INVALID, "token"),
    Case("a bad token", {"type": "auth", "id": "1", "token": "a.b.c"}, ErrorCode.UNAUTHORIZED),
    Case("a second `hello`", {"type": "hello", "token": "a.b.c"}, ErrorCode.CONFLICT),
)  # fmt: skip
_UUID4 = "2f1d6c5e-8d3b-4b0e-9a51-0f6f0b6a7c11"
SENDS = (
    Case("a key that is no UUID", send(key="no key"), ErrorCode.BAD_KEY, "key"),
    Case("an empty key", send(key=""), ErrorCode.BAD_KEY, "key"),
    Case("a key of 10 KB", send(key="0" * 10_000), ErrorCode.BAD_KEY, "key"),
    Case("a key that is a UUIDv4", send(key=_UUID4), ErrorCode.BAD_KEY, "key"),
    Case("a key without hyphens", send(key="019a0000000070008000000000000000"),
         ErrorCode.BAD_KEY, "key"),
    Case("a key that is all zeros", send(key="0" * 8 + "-0000-0000-0000-" + "0" * 12),
         ErrorCode.BAD_KEY, "key"),
    Case("a key with a line break behind it", send(key=KEY + "\n"), ErrorCode.BAD_KEY, "key"),
    Case("a key 65 s ahead of the clock", send(key=LATE_KEY), ErrorCode.BAD_KEY, "key"),
    Case("a key of the year 10889", send(key="ffffffff-ffff-7fff-bfff-ffffffffffff"),
         ErrorCode.BAD_KEY, "key"),
    Case("no text", without(send(), "text"), INVALID, "text"),
    Case("an empty text", send(text=""), INVALID, "text"),
    Case("a text of white space", send(text=" \t\n\u3000"), INVALID, "text"),
    Case("a text with a NUL", send(text="a\0b"), INVALID, "text"),
    Case("a text of 16,385 letters", send(text="x" * (limits.TEXT_BYTES + 1)),
         ErrorCode.TOO_LARGE, "text"),
    Case("a text of 16,386 bytes in fewer letters", send(text="€" * 5_462),
         ErrorCode.TOO_LARGE, "text"),
    Case("an attachment there is not", send(attachments=["m1"]),
         ErrorCode.NOT_FOUND, "attachments"),
    Case("into a private room of others", send(room=PRIVATE), ErrorCode.NOT_FOUND),
    Case("into a room there is not", send(room="nowhere"), ErrorCode.NOT_FOUND),
    Case("into a public room, not joined", send(room=PUBLIC), ErrorCode.FORBIDDEN),
    Case("`sync` of a private room of others", sync(room=PRIVATE), ErrorCode.NOT_FOUND),
    Case("`sync` of a room there is not", sync(room="nowhere"), ErrorCode.NOT_FOUND),
    Case("`sync` of a public room, not joined", sync(room=PUBLIC), ErrorCode.FORBIDDEN),
)  # fmt: skip


def _ids() -> Iterator[Case]:
    """Every field of the socket that takes an id, with everything that is none."""
    for name, bad in BAD_IDS.items():
        yield Case(f"`send.room`: {name}", send(room=bad), BAD, "room")
        yield Case(f"`send.attachments`: {name}", send(attachments=[bad]), BAD, "attachments")
        yield Case(f"`sync.room`: {name}", sync(room=bad), BAD, "room")
        yield Case(f"`read.room`: {name}", {"type": "read", "room": bad, "seq": 1}, BAD, "room")
        typing = {"type": "typing", "room": bad, "active": True}
        yield Case(f"`typing.room`: {name}", typing, BAD, "room")
        watch = {"type": "watch", "id": "1", "users": ["u", bad]}
        yield Case(f"`watch.users`: {name}", watch, BAD, "users")


IDS = tuple(_ids())
IGNORED: dict[str, Sent] = {
    f"`{kind}` in {name}": {"type": kind, "room": room, **rest}
    for kind, rest in (("typing", {"active": True}), ("read", {"seq": 1}))
    for name, room in (
        ("a private room of others", PRIVATE),
        ("a public room, not joined", PUBLIC),
        ("a room there is not", "nowhere"),
    )
}
"""Frames that have no answer, of rooms one is not in: nobody hears of them."""
TABLE: dict[str, tuple[Case, ...]] = {
    "Frames that cannot be read": UNREADABLE,
    "The type of a frame": TYPES,
    "Missing fields and wrong types": WRONG_TYPES,
    "Values out of bounds": OUT_OF_BOUNDS,
    "Messages and rooms": SENDS,
    "Ids on the socket": IDS,
}
"""Every case by what it is about, in the order of the documentation."""


def encoded(sent: Sent) -> str | bytes:
    """What goes over the wire; a frame without white space and in UTF-8."""
    if isinstance(sent, dict):
        return json.dumps(sent, ensure_ascii=False, separators=(",", ":"))
    return sent
