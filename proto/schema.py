"""The contract as JSON Schema 2020-12, for those who write clients in other languages.

Not used at run time: `python -m proto.schema` writes `schema.json`, `--check` fails when it is
stale. The schema is what is *sent*: fields a server always writes are required in it. What a reader
takes such a field for, where a server of the version before does not know it, is its `x-absent`.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import msgspec

from proto import (
    audience,
    calls,
    codes,
    custom_emoji,
    deliveries,
    events,
    frames,
    identity,
    ids,
    limits,
    moderation,
    notifications,
    pages,
    passing,
    previews,
    shapes,
    webhooks,
)

Json = dict[str, Any]

PATH = Path(__file__).with_name("schema.json")
PREFIX = "#/$defs/"

UNIONS: Mapping[str, Any] = {
    "ClientFrame": frames.ClientFrame,
    "ServerFrame": frames.ServerFrame,
    "LogEvent": events.LogEvent,
}
"""What may stand on the socket: a client sends the first; a server the second and the third."""
ALIASES: Mapping[str, Any] = {
    "Id": ids.Id,
    "RequestId": ids.RequestId,
    "Seq": ids.Seq,
    "Milliseconds": shapes.Milliseconds,
    "Token": frames.Token,
    "RoomKind": shapes.RoomKind,
    "Role": shapes.Role,
    "Status": shapes.Status,
    "OwnStatus": shapes.OwnStatus,
    "Notify": shapes.Notify,
    "DirectFrom": shapes.DirectFrom,
}
"""Types that are used in many places and get a name of their own in the schema."""
RESULTS = (frames.SendResult, frames.SyncResult, frames.WatchResult, frames.AuthResult)
FROM_CLIENTS = (
    *get_args(frames.ClientFrame),
    shapes.Register,
    shapes.Login,
    shapes.Refresh,
    shapes.ProfilePatch,
    shapes.NewRoom,
    shapes.RoomPatch,
    shapes.NewMember,
    shapes.MemberPatch,
    moderation.NewSanction,
    moderation.NewInvite,
    webhooks.NewWebhook,
    webhooks.WebhookPatch,
    webhooks.Replay,
    webhooks.SlackText,
    webhooks.SlackBlock,
    webhooks.SlackField,
    webhooks.SlackAttachment,
    webhooks.SlackPayload,
    notifications.PushKeys,
    notifications.NewPushDevice,
    shapes.SettingsPatch,
    shapes.SetPreferences,
    shapes.NewMessage,
    shapes.MessagePatch,
    shapes.SetRead,
    shapes.SignMedia,
    identity.PasswordChange,
    identity.Deactivate,
    identity.InvitationRequest,
    identity.ResetRequest,
    identity.ResetConfirm,
    identity.EmailChange,
    identity.NewAccount,
    identity.AccountPatch,
    identity.NewInvitation,
    identity.NewBot,
    identity.NewApiToken,
)
"""What clients write, so that a field with a default may be left out."""
RENAMED = {"proto.events.Message": "MessageSent", "proto.shapes.Message": "Message"}
"""One word, two things: the log event, and the message with everything later applied."""


def build() -> Json:
    """Build the whole schema; the same bytes every time."""
    definitions = {**_structs(), **_unions(), **_named(), **_codes(), "Limits": _limits()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Parley protocol v1",
        "description": "One frame of the socket, either way. Readers ignore fields and types that"
        " they do not know.",
        "anyOf": [_ref(name) for name in UNIONS],
        "$defs": dict(sorted(definitions.items())),
    }


def text() -> str:
    """Give the content of `schema.json`."""
    return msgspec.json.format(msgspec.json.encode(build()), indent=2).decode() + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` say whether it is what would be written."""
    if arguments == ["--check"]:
        if PATH.is_file() and PATH.read_text(encoding="utf-8") == text():
            return 0
        sys.stderr.write(f"{PATH.name} is stale: run python -m proto.schema\n")
        return 1
    if arguments:
        sys.stderr.write("usage: python -m proto.schema [--check]\n")
        return 2
    PATH.write_text(text(), encoding="utf-8")
    return 0


def _structs() -> Json:
    """Every Struct of frames, events, shapes, accounts and calls by its name."""
    modules = (
        *(frames, events, shapes, pages, identity),
        *(moderation, previews, webhooks, notifications),
        *(custom_emoji, calls, deliveries, audience, passing),
    )
    found = [struct for module in modules for struct in _of(module)]
    _, components = msgspec.json.schema_components(found, ref_template=PREFIX + "{name}")
    structs = {_title(struct, components): struct for struct in found}
    definitions = {}
    for name, component in components.items():
        definition = _clean(component)
        _require(definition, structs[name])
        definitions[_name(name)] = definition
    definitions["Ok"]["properties"]["result"] = {"anyOf": [_ref(r.__name__) for r in RESULTS]}
    definitions["SyncResult"]["properties"]["events"]["items"] = _ref("LogEvent")
    for sent in ("Send", "NewMessage"):
        definitions[sent]["properties"]["key"] = _ref("MessageKey")
    for problem in ("Error", "Problem", "Failure"):
        definitions[problem]["properties"]["code"] = _ref("ErrorCode")
    return definitions


def _of(module: ModuleType) -> Iterator[type[msgspec.Struct]]:
    for value in vars(module).values():
        if not inspect.isclass(value) or value.__module__ != module.__name__:
            continue
        if issubclass(value, msgspec.Struct) and value is not events.Placed:
            yield value


def _title(struct: type[msgspec.Struct], components: Mapping[str, Any]) -> str:
    """The name msgspec gave it: its own, or the full one where two have the same."""
    return struct.__name__ if struct.__name__ in components else _full(struct)


def _full(struct: type[msgspec.Struct]) -> str:
    return f"{struct.__module__}.{struct.__qualname__}"


def _require(definition: Json, struct: type[msgspec.Struct]) -> None:
    """Demand what the sender always writes; a log event has its place once it is on the wire.

    A default is then not for who writes but for who reads what an older one wrote: `x-absent`.
    """
    if struct in FROM_CLIENTS or struct.__struct_config__.omit_defaults:
        return
    required = set(definition.get("required", ()))
    for field in msgspec.structs.fields(struct):
        placed = issubclass(struct, events.Placed) and field.name in ("seq", "prev")
        if field.default is not msgspec.UNSET or placed:
            required.add(field.encode_name)
            written = definition["properties"][field.encode_name]
            if "default" in written and not placed:
                written["x-absent"] = written["default"]
            written.pop("default", None)
    definition["required"] = [name for name in definition["properties"] if name in required]


def _unions() -> Json:
    return {
        name: {"anyOf": [_ref(RENAMED.get(_full(s), s.__name__)) for s in get_args(union)]}
        for name, union in UNIONS.items()
    }


def _named() -> Json:
    definitions = {name: _tidy(msgspec.json.schema(alias)) for name, alias in ALIASES.items()}
    definitions["MessageKey"] = {
        "description": "A UUIDv7 (RFC 9562 §5.7) that the sender makes once for each message.",
        "type": "string",
        "pattern": ids.KEY_PATTERN,
    }
    return definitions


def _codes() -> Json:
    said = _docstrings(codes)
    return {
        "ErrorCode": {
            "description": "What went wrong. `x-retry`: a send is repeated with the same key.",
            "oneOf": [
                _documented(
                    {"const": str(code), "x-retry": code in codes.RETRYABLE},
                    said.get(f"ErrorCode.{code.name}"),
                )
                for code in codes.ErrorCode
            ],
        },
        "CloseCode": {
            "description": "Why the server closed. `x-reconnect`: a client comes back by itself.",
            "oneOf": [
                _documented(
                    {
                        "const": int(code),
                        "title": code.name.lower(),
                        "x-reconnect": codes.should_reconnect(code),
                    },
                    said.get(f"CloseCode.{code.name}"),
                )
                for code in codes.CloseCode
            ],
        },
    }


def _limits() -> Json:
    """The numbers of `limits`, each a constant."""
    said = _docstrings(limits)
    values = {name: value for name, value in vars(limits).items() if name.isupper()}
    return {
        "description": "Numbers that both sides must agree on.",
        "type": "object",
        "properties": {
            name: _documented(
                {"const": list(value) if isinstance(value, tuple) else value}, said.get(name)
            )
            for name, value in values.items()
        },
    }


def _docstrings(module: ModuleType) -> dict[str, str]:
    """The string below each assignment of a module and of its classes, by (dotted) name."""
    found = {}
    tree = ast.parse(inspect.getsource(module))
    for prefix, body in [("", tree.body)] + [
        (f"{node.name}.", node.body) for node in tree.body if isinstance(node, ast.ClassDef)
    ]:
        for assignment, after in itertools.pairwise(body):
            match assignment, after:
                case (
                    ast.Assign(targets=[ast.Name(id=name)]),
                    ast.Expr(value=ast.Constant(value=str(words))),
                ):
                    found[prefix + name] = _flow(words)
    return found


def _documented(schema: Json, description: str | None) -> Json:
    return {**schema, "description": description} if description else schema


def _ref(name: str) -> Json:
    return {"$ref": PREFIX + name}


def _name(component: str) -> str:
    return RENAMED.get(component, component)


def _flow(words: str) -> str:
    """Prose with its line breaks undone, its paragraphs kept."""
    paragraphs = inspect.cleandoc(words).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)


def _tidy(schema: Json) -> Json:
    """One schema object, without looking into it: a tag as `const`, prose flowing, no title."""
    tidy = {key: value for key, value in schema.items() if key != "title"}
    if "description" in tidy:
        tidy["description"] = _flow(tidy["description"])
    if len(tidy.get("enum", ())) == 1:
        tidy["const"] = tidy.pop("enum")[0]
    if tidy.get("$ref", "").startswith(PREFIX):
        tidy["$ref"] = PREFIX + _name(tidy["$ref"].removeprefix(PREFIX))
    return tidy


def _clean(schema: Json) -> Json:
    """The schema with every use of a named type replaced by a reference to it."""
    for name, alias in _PLAIN.items():
        if _plain(schema) == alias:
            kept = {"default": schema["default"]} if "default" in schema else {}
            return _ref(name) | kept
    clean = _tidy(schema)
    for key in ("items", "propertyNames", "additionalProperties"):
        if key in clean:
            clean[key] = _clean(clean[key])
    if "anyOf" in clean:
        clean["anyOf"] = [_clean(choice) for choice in clean["anyOf"]]
    if "properties" in clean:
        clean["properties"] = {name: _clean(of) for name, of in clean["properties"].items()}
    return clean


def _plain(schema: Json) -> Json:
    """What decides whether two schemas are the same type; names of properties are strings anyway.

    msgspec leaves `type` out of `propertyNames`, and each use may have a default of its own.
    """
    if "pattern" in schema:
        schema = {"type": "string", **schema}
    return {key: value for key, value in schema.items() if key != "default"}


_PLAIN = {name: _plain(msgspec.json.schema(alias)) for name, alias in ALIASES.items()}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
