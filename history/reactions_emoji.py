"""What is an emoji, by Unicode's own list (UTS #51) in the package `emoji`; nobody reacts here."""

from __future__ import annotations

import functools
from typing import Final

import emoji

_VARIATION: Final = "\ufe0f"
_LONGEST: Final = 64
"""More characters than any emoji has, whatever Unicode adds."""


def canonical(text: str) -> str | None:
    """The emoji as it is kept, fully qualified, so that one is one however it was typed.

    None for what is no emoji, and for a piece of one: a skin tone or a style of hair by itself.
    """
    return _qualified().get(text.replace(_VARIATION, "")) if len(text) <= _LONGEST else None


@functools.cache
def _qualified() -> dict[str, str]:
    """Every fully qualified emoji by itself without the signs that ask for colours."""
    whole = emoji.STATUS["fully_qualified"]
    return {
        text.replace(_VARIATION, ""): text
        for text, data in emoji.EMOJI_DATA.items()
        if data["status"] == whole
    }
