"""What a file is called when it is given out; where it is kept has nothing to do with it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from proto import ids, limits

NAMELESS: Final = "file"
_ENDING_CHARACTERS: Final = 16
_SEPARATORS: Final = re.compile(r"[/\\]")


def clean(given: str) -> str:
    """A name that every screen and every disk takes, from whatever came.

    The last part of a path; without control characters and bidirectional overrides, which would
    show another ending than there is (Unicode TR36 §2); at most `limits.FILE_NAME_CHARACTERS` long,
    its ending kept.
    """
    last = _SEPARATORS.split(given)[-1]
    shown = "".join(character for character in last if ids.is_clean(character))
    name = unicodedata.normalize("NFC", shown).strip(" .")
    if not name or not ids.is_visible(name):
        return NAMELESS
    return _short(name)


def disposition(name: str, *, inline: bool) -> str:
    """The value of `Content-Disposition` (RFC 6266), the name also in ASCII for old clients."""
    kind = "inline" if inline else "attachment"
    plain = "".join(one if one.isascii() and one not in '"\\%;' else "_" for one in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{_escaped(name)}"


def _short(name: str) -> str:
    most = limits.FILE_NAME_CHARACTERS
    if len(name) <= most:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem or len(ending) > _ENDING_CHARACTERS:
        return name[:most]
    return stem[: most - len(ending) - 1] + dot + ending


def _escaped(name: str) -> str:
    """A name as RFC 8187 writes it."""
    safe = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in name.encode())
