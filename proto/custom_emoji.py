"""Custom emoji: how one is called, how it stands in a text, how it is listed; media has them."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Struct

from proto.ids import Id
from proto.shapes import Milliseconds

NAME_PATTERN: Final = r"^[a-z0-9_]{2,32}(?!\n)$"
"""Without colons. Python's `$` also matches before a final newline, hence the look-ahead."""
_NAME: Final = re.compile(NAME_PATTERN)

EmojiAdders = Literal["admins", "everyone"]
"""Who may add custom emoji: admins alone, or every person."""


class CustomEmoji(Struct, frozen=True):
    """An emoji that somebody added to this installation; `:name:` stands for it."""

    name: Annotated[str, msgspec.Meta(pattern=NAME_PATTERN)]
    url: str
    """Of its picture, a WebP; without a token, and the same as long as the emoji is there."""
    width: int
    height: int
    added_by: Id
    added_ms: Milliseconds


class CustomEmojis(Struct, frozen=True):
    """`GET /v1/emoji`: all there are, by name, and who may add one."""

    emoji: list[CustomEmoji]
    may_add: EmojiAdders


class EmojiCall(Struct, frozen=True):
    """Whether there is a custom emoji of this name (`subjects.MEDIA_EMOJI`)."""

    name: str


class EmojiReply(Struct, frozen=True):
    """The answer to an `EmojiCall`."""

    known: bool


def is_name(text: str) -> bool:
    """Say whether a custom emoji may be called so."""
    return _NAME.match(text) is not None


def shortcode(name: str) -> str:
    """What stands for a custom emoji, in a text as in a reaction."""
    return f":{name}:"


def name_in(text: str) -> str | None:
    """The name that a shortcode holds; None if `text` is not one shortcode and nothing else."""
    if len(text) < 2 or text[0] != ":" or text[-1] != ":":
        return None
    name = text[1:-1]
    return name if is_name(name) else None
