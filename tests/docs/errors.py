"""The made parts of docs/reference/errors.md: everything a client may get wrong, and its answer."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from tests.bad_input import connections, frames, heads, requests, tokens_jwt
from tests.bad_input.bodies import AUTHORIZATION, BODIES
from tests.bad_input.places import BAD_IDS
from tests.docs.markdown import code, table

_SYSTEM = "../../tests/system/"


def _tried(name: str) -> str:
    """A link to where it is tried; the file has to be there."""
    path = Path(__file__).parent.parent / "system" / f"{name}.py"
    if not path.is_file():
        raise ValueError(f"{path} is not there")
    return f"Tried by [{name}.py]({_SYSTEM}{name}.py)."


def on_the_socket() -> str:
    """Frames that are answered, with the conversation going on."""
    parts = [_tried("test_bad_input_frames")]
    for about, cases in frames.TABLE.items():
        if cases is frames.IDS:
            continue
        rows = [
            (case.name, code(case.code.value), code(case.field) if case.field else "")
            for case in cases
        ]
        parts.append(f"### {about}\n\n" + table(("sent", "code", "field"), rows))
    rows = [
        (case.name, code(case.code.value), code(case.field) if case.field else "")
        for case in frames.PACKED
    ]
    parts.append(
        f"### On `parley.v1.msgpack`\n\n{_tried('test_encodings')}\n\n"
        + table(("sent", "code", "field"), rows)
    )
    fields = sorted({case.name.partition(":")[0] for case in frames.IDS})
    where = ", ".join([*fields, "`hello.resume`"])
    parts.append(
        f"### Ids\n\n`bad_frame`, with the field, in {where}: {', '.join(BAD_IDS)}."
        " So it is over HTTP."
    )
    ignored = ", ".join(frames.IGNORED)
    parts.append(f"### Ignored\n\nNo answer, and nobody hears of it: {ignored}.")
    return "\n\n".join(parts)


def first_frames() -> str:
    """What comes instead of a good `hello`."""
    rows = [
        (
            case.name,
            code(case.code.value) if case.code else "none",
            code(case.field) if case.field else "",
            str(int(case.close)),
        )
        for case in connections.FIRST
        if not case.name.startswith("`hello.resume`:")
    ]
    head = table(("first frame", "`error` before", "field", "closed with"), rows)
    return f"{_tried('test_bad_input_connections')}\n\n{head}"


def tokens() -> str:
    """Tokens that are refused, on the socket and over HTTP."""
    return ", ".join(tokens_jwt.BAD) + "."


def violations() -> str:
    """What ends a connection without an `error`."""
    rows = [(case.name, str(int(case.close))) for case in connections.VIOLATIONS]
    return table(("sent", "closed with"), rows)


def over_http() -> str:
    """Requests that are refused."""
    parts = [_tried("test_bad_input_requests")]
    for about, calls in requests.TABLE.items():
        rows = [
            (call.name, code(f"{call.method} {_short(call.path)}"), str(call.status),
             code(call.code.value), code(call.field) if call.field else "")
            for call in calls
        ]  # fmt: skip
        head = ("what", "asked", "status", "code", "field")
        parts.append(f"### {about}\n\n" + table(head, rows))
    return "\n\n".join(parts)


def _short(path: str) -> str:
    """A path that fits into a line."""
    return path if len(path) <= 60 else path[:50] + "…"


def names() -> str:
    """Names that are refused, and where."""
    where = ", ".join(f"{place.name} (`{place.field}`)" for place in requests.NAME_PLACES)
    return f"`invalid`, with the field, for {where}: {', '.join(requests.BAD_NAMES)}, and too long."


def pages() -> str:
    """The `limit` of a page."""
    rows = [
        (code(shown if len(shown) < 20 else f"{len(shown)} nines"), code(found.value))
        for shown, found in requests.BAD_LIMITS.items()
    ]
    return table(("`?limit=`", "code"), rows)


def bodies() -> str:
    """Bodies that no operation takes."""
    rows = [(name, str(status)) for name, (_, _, status) in BODIES.items()]
    return table(("body", "status"), rows)


def authorizations() -> str:
    """What does not say who asks."""
    return ", ".join(AUTHORIZATION) + "."


def no_http() -> str:
    """Bytes that are no request."""
    rows = []
    for case in heads.HEADS:
        statuses = sorted(case.statuses)
        shown = " or ".join(f"{status} {HTTPStatus(status).phrase}" for status in statuses)
        rows.append((case.name, shown))
    return f"{_tried('test_bad_input_bytes')}\n\n" + table(("sent", "status"), rows)
