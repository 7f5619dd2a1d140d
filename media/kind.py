"""What sort of file it is by what is in it; neither its name nor what its sender says counts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

HEAD_BYTES: Final = 4_096
"""So much of the beginning is looked at."""
UNKNOWN: Final = "application/octet-stream"
TEXT: Final = "text/plain"

IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
"""Images that are shown."""
_PLAYED: Final = frozenset(
    {
        *("video/mp4", "video/webm", "video/ogg", "video/quicktime"),
        *("audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/flac", "audio/webm"),
    }
)
INLINE: Final = IMAGES | _PLAYED
"""What a browser may show or play; all else is saved, whatever it is."""

_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "audio/wave": "audio/wav",
        "audio/x-wav": "audio/wav",
        "audio/x-flac": "audio/flac",
        "application/x-gzip": "application/gzip",
        "image/x-ms-bmp": "image/bmp",
    }
)
# What begins like this and is text is a page or a picture that could act.
_MARKUP: Final = ((b"<?php", "text/x-php"), (b"<svg", "image/svg+xml"))
_PAGE: Final = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<iframe")


def of(guess: str | None, head: bytes) -> str:
    """The media type of a file that begins with `head`; `guess` is what its signature says.

    A text is a text, also where it begins as a picture would: scripts hide so.
    """
    lower = head.lower()
    if is_text(head):
        return _of_text(guess, lower)
    if head.startswith(b"PK\x03\x04"):
        # Office documents are archives too, and only a look into them would tell.
        return "application/zip"
    if head[4:8] == b"ftyp":
        return _of_boxes(guess, head[8:12])
    if guess == "application/ogg":
        return "video/ogg" if b"theora" in lower else "audio/ogg"
    return _ALIASES.get(guess or UNKNOWN, guess or UNKNOWN)


def is_text(head: bytes) -> bool:
    """Say whether it reads as UTF-8 without control characters, up to a character cut in two."""
    if not head:
        return False
    if any(byte < 9 or 13 < byte < 27 or 27 < byte < 32 or byte == 127 for byte in head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and error.end >= len(head)
    return True


def is_shown(mime: str) -> bool:
    """Say whether a browser may show or play it in place."""
    return mime in INLINE


def served(mime: str) -> str:
    """The `Content-Type` that it is given out with: what is saved is bytes to every browser."""
    return mime if mime in INLINE else UNKNOWN


def _of_text(guess: str | None, lower: bytes) -> str:
    for mark, mime in _MARKUP:
        if mark in lower:
            return mime
    if any(mark in lower for mark in _PAGE):
        return "text/html"
    return "application/pdf" if guess == "application/pdf" else TEXT


def _of_boxes(guess: str | None, brand: bytes) -> str:
    """An ISO base media file by its major brand (ISO/IEC 14496-12 §4.3)."""
    if brand in {b"avif", b"avis"}:
        return "image/avif"
    if brand in {b"heic", b"heix", b"mif1", b"msf1"}:
        return "image/heic"
    if brand == b"M4A ":
        return "audio/mp4"
    if brand == b"qt  ":
        return "video/quicktime"
    return guess if guess is not None and guess.startswith("video/") else "video/mp4"
