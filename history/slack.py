"""What Slack's clients write, in Parley's words: payloads and mrkdwn; it posts nothing.

A sender that writes Markdown already is left alone, as far as the two can be told apart. Linear in
the length of the text. Source: https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs

import msgspec

from proto import ids, limits, wire
from proto.codes import ErrorCode
from proto.webhooks import SlackAttachment, SlackPayload, SlackValue
from proto.wire import Fault

_CODE: Final = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_TOKEN: Final = re.compile(r"<([^<>\n]+)>")
_BOLD: Final = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*)(?<=\S)\*(?![\w*])")
_STRUCK: Final = re.compile(r"(?<![\w~])~(?=[^\s~])([^~\n]*)(?<=\S)~(?![\w~])")
_QUOTE: Final = re.compile(r"^>(?![ >])", re.MULTILINE)
_ADDRESS: Final = re.compile(r"(?:https?://|mailto:)[^\s|]+", re.IGNORECASE)
_EVERYONE: Final = {"here": "@here", "channel": "@room", "everyone": "@room", "group": "@room"}
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))  # `&` last: `&amp;lt;` is `&lt;`
_HOLE: Final = "\ue000"
"""Stands for a token while what is around it is read; a text's own ones are taken out."""
# In a name these would be marks, or call somebody.
_MARKS: Final = str.maketrans(dict.fromkeys("*_~`[]<>@", ""))
_payload: Final = msgspec.json.Decoder(SlackPayload)


def read(raw: bytes) -> SlackPayload | Fault:
    """The payload of a body: JSON, or a form whose field `payload` is JSON.

    What the request says of its type does not matter: `curl --data` calls everything a form.
    """
    try:
        text = raw.decode()
        if not text.lstrip().startswith("{"):
            given = parse_qs(text, max_num_fields=20).get("payload")
            if not given:
                return Fault(ErrorCode.BAD_FRAME, "neither JSON nor a form with `payload`")
            text = given[0]
        return _payload.decode(text)
    except msgspec.ValidationError as error:
        return wire.fault(error)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        return Fault(ErrorCode.BAD_FRAME, f"the payload is not JSON: {error}")


def message(payload: SlackPayload, name: str) -> str | Fault:
    """The text of a message: who posts it in bold, what is said below; `name` is the webhook's."""
    blocks = "\n".join(
        block.text.text
        for block in payload.blocks or ()
        if block.type in ("section", "header") and block.text is not None and block.text.text
    )
    parts = [blocks or payload.text or ""]
    parts += ["\n".join(_attachment(one)) for one in payload.attachments or ()]
    said = "\n".join(markdown(part) for part in parts if part.strip())
    if not said.strip():
        return Fault(ErrorCode.INVALID, "a message needs a text", "text")
    who = plain(payload.username or "") or plain(name)
    return f"**{who}**\n{said}" if who else said


def plain(name: str) -> str:
    """A name as it may stand in a text: one line, no marks, and it calls nobody."""
    one_line = " ".join(name.translate(_MARKS).split())
    kept = "".join(character for character in one_line if ids.is_clean(character))
    return kept[: limits.DISPLAY_NAME_CHARACTERS[1]].strip()


def markdown(text: str) -> str:
    """Slack's mrkdwn as Parley's Markdown."""
    pieces = _CODE.split(text.replace(_HOLE, ""))
    return "".join(
        _code(piece) if place % 2 else _prose(piece) for place, piece in enumerate(pieces)
    ).strip("\n")


def _code(piece: str) -> str:
    inside = piece.removeprefix("```").removesuffix("```") if piece.startswith("```") else None
    if inside is None:
        return _decoded(piece)
    inside = _decoded(inside).strip("\n")
    return f"\n```\n{inside}\n```\n"


def _prose(piece: str) -> str:
    tokens = iter([_token(match.group(1)) for match in _TOKEN.finditer(piece)])
    piece = _TOKEN.sub(_HOLE, piece)
    piece = _BOLD.sub(r"**\1**", piece)
    piece = _STRUCK.sub(r"~~\1~~", piece)
    piece = _QUOTE.sub("> ", _decoded(piece))
    return re.sub(_HOLE, lambda _: next(tokens), piece)


def _token(inside: str) -> str:
    """What stands between angle brackets: a link, or somebody who is called."""
    target, _, label = inside.partition("|")
    label = _decoded(label).strip()
    match target[:1]:
        case "@":
            return f"@{label.removeprefix('@') or target[1:]}"
        case "#":
            return f"#{label.removeprefix('#') or target[1:]}"
        case "!":
            return _called(target[1:], label)
    target = _decoded(target)
    if not _ADDRESS.fullmatch(target):
        return label or f"<{target}>"
    if not label or label == target:
        return target
    shown = label.replace("[", "(").replace("]", ")")
    return f"[{shown}]({target.replace('(', '%28').replace(')', '%29')})"


def _called(what: str, label: str) -> str:
    """A group of people, or a date that is written out."""
    if what.startswith("subteam^"):
        return f"@{label.removeprefix('@')}" if label else ""
    return _EVERYONE.get(what, label)


def _attachment(given: SlackAttachment) -> Iterator[str]:
    """Its lines; the texts of one are joined before they are read as mrkdwn."""
    found = False
    if given.title and given.title_link:
        shown = given.title.replace("<", "&lt;").replace(">", "&gt;")
        title = f"*<{given.title_link}|{shown}>*"
    else:
        title = f"*{given.title}*" if given.title else ""
    for line in (given.pretext, title, given.text):
        if line:
            found = True
            yield line
    for field in given.fields or ():
        name, value = _shown(field.title), _shown(field.value)
        if name or value:
            found = True
            yield f"*{name}*: {value}".rstrip() if name else value
    if not found and given.fallback:
        yield given.fallback


def _shown(value: SlackValue) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decoded(text: str) -> str:
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text
