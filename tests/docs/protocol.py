"""The made parts of docs/reference/protocol.md: frames, events, shapes, codes, limits, paths."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import Any, get_args

import msgspec

from proto import (
    codes,
    custom_emoji,
    events,
    frames,
    identity,
    limits,
    moderation,
    notifications,
    pages,
    previews,
    schema,
    shapes,
    webhooks,
)
from tests.docs.markdown import anchor, code, number, table
from tests.docs.openapi import documents

Json = dict[str, Any]
Kind = type[msgspec.Struct]

INNER = frozenset(
    (
        "DEDUPE_WINDOW_MS",
        "DEDUPE_MARGIN_MS",
        "LEASE_MS",
        "LEASE_RENEW_SECONDS",
        "LINGER_MS",
        "TAIL_BYTES",
    )
)
"""Limits that services keep among themselves, and no client sees."""
TYPES = (*schema.ALIASES, "MessageKey")
_SECTIONS = {"ErrorCode": "#error-codes", "LogEvent": "#log-events"}
"""What has a section of the page for itself."""
_OF_FRAMES = (frames.ReadyUser, frames.ReadyLimits, previews.LinkPreview)


@cache
def definitions() -> Json:
    """Everything the contract names, as JSON Schema."""
    found: Json = schema.build()["$defs"]
    return found


def from_clients() -> str:
    """What a client may send."""
    return _sections(get_args(frames.ClientFrame))


def to_clients() -> str:
    """What a server sends, but for log events."""
    return _sections(get_args(frames.ServerFrame))


def results() -> str:
    """What an `ok` holds, by what was asked."""
    return _sections(schema.RESULTS)


def log_events() -> str:
    """What happens in a room."""
    return _sections(get_args(events.LogEvent))


def common_shapes() -> str:
    """Objects inside frames, answers and bodies."""
    modules = (shapes, pages, identity, moderation, webhooks, notifications, custom_emoji)
    return _sections([*_OF_FRAMES, *(kind for one in modules for kind in _structs(one))])


def types() -> str:
    """Simple types with a name."""
    rows = []
    for name in TYPES:
        known = definitions()[name]
        rows.append(
            (f'<a id="{_id(name)}"></a>{name}', _shown(known), known.get("description", ""))
        )
    return table(("type", "is", ""), rows)


def error_codes() -> str:
    """Every code of an `error` and of a problem over HTTP."""
    said = schema._docstrings(codes)
    return table(
        ("code", "over HTTP", "may have happened", "means"),
        [
            (
                code(one.value),
                str(codes.HTTP_STATUS[one]),
                "yes" if one in codes.RETRYABLE else "no",
                said[f"ErrorCode.{one.name}"],
            )
            for one in codes.ErrorCode
        ],
    )


def close_codes() -> str:
    """Every code that a server closes with."""
    said = schema._docstrings(codes)
    return table(
        ("code", "name", "reconnect by yourself", "means"),
        [
            (
                str(int(one)),
                code(one.name.lower()),
                "yes" if codes.should_reconnect(one) else "no",
                said[f"CloseCode.{one.name}"],
            )
            for one in codes.CloseCode
        ],
    )


def limit_table() -> str:
    """Every number that a client can meet."""
    said = schema._docstrings(limits)
    values = {name: value for name, value in vars(limits).items() if name.isupper()}
    return table(
        ("limit", "", "what it bounds"),
        [
            (code(name), _value(value), said[name])
            for name, value in values.items()
            if name not in INNER
        ],
    )


def paths() -> str:
    """Every operation over HTTP."""
    rows = []
    for service, document in documents().items():
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if path != "/v1/ws":
                    rows.append(_operation(service, method, path, operation))
    return table(("", "takes", "answers", "what it does"), rows)


def _operation(service: str, method: str, path: str, operation: Json) -> tuple[str, ...]:
    good = [(status, answer) for status, answer in operation["responses"].items() if status < "400"]
    statuses = " or ".join(status for status, _ in good)
    content = good[0][1].get("content", {})
    queries = [given["name"] for given in operation["parameters"] if given["in"] == "query"]
    body = operation.get("requestBody", {}).get("content", {})
    form = body.get("multipart/form-data", {}).get("schema", {}).get("properties", {})
    taken = [_of_content(body), *([f"a form: {', '.join(form)}"] if form else [])]
    taken += ["?" + "&".join(queries)] if queries else []
    open_to_all = "" if {"access_token": []} in operation["security"] else " No token."
    name = f"[{method.upper()} {path}](openapi/{service}.json)"
    return (
        name,
        " ".join(part if part.startswith("[") else code(part) for part in taken if part),
        f"{statuses} {_of_content(content)}".strip(),
        operation["summary"] + open_to_all,
    )


def _of_content(content: Json) -> str:
    ref: str = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    name = ref.rpartition("/")[2]
    return _link(name) if name in definitions() else ""


def _sections(structs: Iterable[Kind]) -> str:
    return "\n\n".join(map(_section, structs))


def _section(struct: Kind) -> str:
    """One frame, event or shape: its type, what it is, and its fields."""
    name = schema._name(_component(struct))
    known = definitions()[name]
    tag = struct.__struct_config__.tag
    heading = f"### {name}" + (f" `{tag}`" if tag else "")
    said = _field_docs(inspect.getmodule(struct))
    rows = [
        (
            code(field),
            _shown(of),
            "" if field in known.get("required", ()) else _left_out(of),
            said.get(f"{struct.__name__}.{field}", said.get(f"{struct.__name__}.{field}_", "")),
        )
        for field, of in known["properties"].items()
        if field != "type" or not tag
    ]
    fields = (
        _filled(("field", "is", "if left out", ""), rows) if rows else "It has no other fields."
    )
    return f'<a id="{_id(name)}"></a>\n\n{heading}\n\n{known["description"]}\n\n{fields}'


def _filled(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table without the columns in which nothing stands."""
    kept = [n for n in range(len(head)) if any(row[n] for row in rows)]
    return table([head[n] for n in kept], [[row[n] for n in kept] for row in rows])


def _component(struct: Kind) -> str:
    full = schema._full(struct)
    return full if full in schema.RENAMED else struct.__name__


def _left_out(of: Json) -> str:
    default = of.get("default")
    return "it may be" if default in (None, [], {}) else _json(default)


def _shown(of: Json) -> str:
    """A type in words, with its bounds."""
    match of:
        case {"$ref": ref}:
            return _link(ref.removeprefix(schema.PREFIX))
        case {"anyOf": choices}:
            return " or ".join(map(_shown, choices))
        case {"enum": values}:
            return " ".join(map(_json, values))
        case {"const": value}:
            return _json(value)
        case {"type": "null"}:
            return "`null`"
        case {"type": "array", "items": items}:
            most = f", at most {of['maxItems']:,}" if "maxItems" in of else ""
            return f"a list of {_shown(items)}{most}"
        case {"type": "object", "additionalProperties": value, "propertyNames": key}:
            most = f", at most {of['maxProperties']:,}" if "maxProperties" in of else ""
            return f"an object from {_shown(key)} to {_shown(value)}{most}"
        case {"type": "object", "additionalProperties": value}:
            return f"an object from a text to {_shown(value)}"
        case {"type": "string"}:
            return _string(of)
        case {"type": "integer"}:
            return "a whole number" + _range(of.get("minimum"), of.get("maximum"))
        case {"type": "number"}:
            return "a number"
        case {"type": "boolean"}:
            return "`true` or `false`"
    raise ValueError(f"no words for {of}")


def _string(of: Json) -> str:
    if "pattern" in of:
        return f"a text like `{of['pattern']}`"
    least, most = of.get("minLength", 0), of.get("maxLength")
    return "a text" if most is None else f"a text of {least} to {most:,} characters"


def _range(least: int | None, most: int | None) -> str:
    if least is None and most is None:
        return ""
    return f", {least} to " + ("2^53" if most == 2**53 else str(most))


def _link(name: str) -> str:
    return f"[{name}]({_SECTIONS.get(name, '#' + _id(name))})"


def _id(name: str) -> str:
    """The anchor of a definition, apart from those that headings get."""
    return "of-" + anchor(name)[1:]


def _json(value: object) -> str:
    return code(msgspec.json.encode(value).decode())


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return " to ".join(map(str, value))
    if value == 2**53:
        return "2^53"
    return number(value) if isinstance(value, int) and value >= 10_000 else f"{value:g}"


def _structs(module: ModuleType) -> Iterator[Kind]:
    for value in vars(module).values():
        ours = inspect.isclass(value) and value.__module__ == module.__name__
        if ours and issubclass(value, msgspec.Struct):
            yield value


@cache
def _field_docs(module: ModuleType | None) -> dict[str, str]:
    """The string below a field of a class, by `Class.field`."""
    found = {}
    for node in ast.parse(inspect.getsource(module)).body if module else ():
        if not isinstance(node, ast.ClassDef):
            continue
        for field, words in zip(node.body, node.body[1:], strict=False):
            match field, words:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[f"{node.name}.{name}"] = schema._flow(text)
    return found
