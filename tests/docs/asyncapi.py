"""The AsyncAPI 3.0 document of the socket, made from the contract; HTTP is OpenAPI's.

Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any, get_args

import msgspec

from proto import events, frames, limits, schema
from proto.encoding import ENCODINGS, MSGPACK
from tests.docs.protocol import definitions

Json = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
_MESSAGES = "#/components/messages/"
_CHANNEL = "#/channels/socket"
REQUESTS: Mapping[type[msgspec.Struct], type[msgspec.Struct]] = {
    frames.Send: frames.SendResult,
    frames.Sync: frames.SyncResult,
    frames.Watch: frames.WatchResult,
    frames.Auth: frames.AuthResult,
}
"""Requests, and what the `ok` to each holds."""
_ABOUT = (
    "The socket of Parley. Every message is one JSON object in one text frame, or on"
    f" `{MSGPACK.subprotocol}` one MessagePack map with the same fields in one binary frame, of at"
    f" most {limits.FRAME_BYTES} bytes from a client. The first one is `hello`, its answer `ready`."
    " Readers ignore fields and types that they do not know. docs/reference/protocol.md tells the"
    " rest in words."
)


def build() -> Json:
    """The document; the same every time."""
    sent, received = _names(frames.ClientFrame), _names(frames.ServerFrame, events.LogEvent)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Parley: the socket",
            "version": metadata.version("parley"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "public": {
                "host": "{host}",
                "protocol": "wss",
                "description": "Any gateway behind the load balancer; `ws` where there is no TLS.",
                "variables": {"host": {"description": "Name and port of the installation."}},
            }
        },
        "channels": {
            "socket": {
                "address": "/v1/ws",
                "description": "RFC 6455, subprotocol "
                + " or ".join(f"`{name}`" for name in ENCODINGS)
                + "; permessage-deflate (RFC 7692) where a client offers it.",
                "messages": {name: {"$ref": _MESSAGES + name} for name in sent + received},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            "fromClient": _operation("receive", "What a client may send.", sent),
            "toClient": _operation("send", "What a client is sent.", received),
            **{_request_name(kind): _request(kind) for kind in REQUESTS},
        },
        "components": {
            "messages": {name: _message(kind) for name, kind in _kinds()},
            "schemas": _schemas([*sent, *received]),
            "correlationIds": {
                "request": {
                    "description": "Chosen by the client; the one answer carries it.",
                    "location": "$message.payload#/id",
                }
            },
        },
        "x-close-codes": definitions()["CloseCode"]["oneOf"],
        "x-limits": {name.lower(): value for name, value in vars(limits).items() if name.isupper()},
    }


def text() -> str:
    """The content of docs/reference/asyncapi.json."""
    return msgspec.json.format(msgspec.json.encode(build()), indent=2).decode() + "\n"


def _operation(action: str, summary: str, names: list[str]) -> Json:
    return {
        "action": action,
        "channel": {"$ref": _CHANNEL},
        "summary": summary,
        "messages": [{"$ref": f"{_CHANNEL}/messages/{name}"} for name in names],
    }


def _request(kind: type[msgspec.Struct]) -> Json:
    """A request with its answers."""
    operation = _operation("receive", _summary(kind), [kind.__name__])
    answers = [{"$ref": f"{_CHANNEL}/messages/{name}"} for name in ("Ok", "Error")]
    operation["reply"] = {"channel": {"$ref": _CHANNEL}, "messages": answers}
    operation["description"] = f"The `result` of the `ok` is {REQUESTS[kind].__name__}."
    return operation


def _request_name(kind: type[msgspec.Struct]) -> str:
    return "request" + kind.__name__


def _kinds() -> Iterator[tuple[str, type[msgspec.Struct]]]:
    for union in (frames.ClientFrame, frames.ServerFrame, events.LogEvent):
        for kind in get_args(union):
            yield _name(kind), kind


def _names(*unions: Any) -> list[str]:  # noqa: ANN401 - a union of Structs
    return [_name(kind) for union in unions for kind in get_args(union)]


def _name(kind: type[msgspec.Struct]) -> str:
    full = schema._full(kind)
    return schema.RENAMED.get(full, kind.__name__)


def _message(kind: type[msgspec.Struct]) -> Json:
    name = _name(kind)
    message = {
        "name": str(kind.__struct_config__.tag),
        "title": name,
        "summary": _summary(kind),
        "payload": {"$ref": _SCHEMAS + name},
    }
    if kind in REQUESTS or kind in (frames.Ok, frames.Error):
        message["correlationId"] = {"$ref": "#/components/correlationIds/request"}
    return message


def _summary(kind: type[msgspec.Struct]) -> str:
    said: str = definitions()[_name(kind)]["description"]
    return said.partition("\n\n")[0]


def _schemas(names: list[str]) -> Json:
    """The definitions that the messages need, in JSON Schema draft 7, which AsyncAPI speaks."""
    known = definitions()
    needed: Json = {}
    waiting = [*names, "CloseCode"]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = _draft7(known[name])
            waiting += [ref.removeprefix(_SCHEMAS) for ref in _refs(needed[name])]
    return dict(sorted(needed.items()))


def _draft7(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same without what draft 7 reads over: words beside a reference."""
    if isinstance(value, list):
        return [_draft7(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        ref = {"$ref": value["$ref"].replace(schema.PREFIX, _SCHEMAS)}
        beside = {key: of for key, of in value.items() if key != "$ref"}
        return {"allOf": [ref], **beside} if beside else ref
    return {key: _draft7(of) for key, of in value.items()}


def _refs(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _refs(item)
