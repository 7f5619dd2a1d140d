"""How large an image may be, and what sizes are made of it; it draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from proto.codes import ErrorCode
from proto.wire import Fault

EDGE: Final = 16_383
"""Longest edge in pixels: WebP has no more."""
PIXELS: Final = 50_000_000
"""Of one frame; a telephone takes as many."""
FRAMES: Final = 1_000
MOVING_PIXELS: Final = 100_000_000
"""Of all frames of an animated image together."""
EMOJI_PIXELS: Final = 4_000_000
"""Of one frame of what is to be a custom emoji."""
EMOJI_FRAMES: Final = 100
PREVIEW_EDGE: Final = 16
ICON_PIXELS: Final = 4_000_000
"""Of what is to be the icon of a link."""
ICON_EDGE: Final = 32
"""It is shown at half of that, on screens with two pixels in one."""
LINK_PIXELS: Final = 16_000_000
"""Of what is to be the thumbnail of a link; most have a million."""
LINK_EDGE: Final = 160

THUMBNAILS: Final[Mapping[str, int]] = MappingProxyType(
    {"small": 160, "medium": 480, "large": 1280}
)
"""The longest edge of each variant."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


class Painted(msgspec.Struct):
    """One file that was made."""

    variant: str
    path: str
    mime: str
    width: int
    height: int


class Painting(msgspec.Struct, tag_field="type", tag="painting"):
    """Everything that was made of an image, the original first.

    `preview` is small, and Base64: of what a link shows it is all there is.
    """

    parts: list[Painted]
    preview: str


class Refusal(msgspec.Struct, tag_field="type", tag="refusal"):
    """Why nothing was."""

    code: str
    message: str


def refusal(width: int, height: int, frames: int) -> Fault | None:
    """Why an image is not decoded; it is asked before anything of it is."""
    if width < 1 or height < 1:
        return Fault(ErrorCode.INVALID, "an image has at least one pixel", "file")
    if max(width, height) > EDGE:
        return Fault(ErrorCode.TOO_LARGE, f"an edge of an image has at most {EDGE} pixels", "file")
    if width * height > PIXELS:
        return Fault(ErrorCode.TOO_LARGE, f"an image has at most {PIXELS:,} pixels", "file")
    if frames > FRAMES:
        return Fault(ErrorCode.TOO_LARGE, f"an image has at most {FRAMES} frames", "file")
    if frames > 1 and width * height * frames > MOVING_PIXELS:
        text = f"all frames of an image have at most {MOVING_PIXELS:,} pixels together"
        return Fault(ErrorCode.TOO_LARGE, text, "file")
    return None


def emoji_refusal(width: int, height: int, frames: int) -> Fault | None:
    """Why an image does not become a custom emoji, which is shown often and small."""
    if width * height > EMOJI_PIXELS:
        text = f"the picture of an emoji has at most {EMOJI_PIXELS:,} pixels"
        return Fault(ErrorCode.TOO_LARGE, text, "file")
    if frames > EMOJI_FRAMES:
        text = f"the picture of an emoji has at most {EMOJI_FRAMES} frames"
        return Fault(ErrorCode.TOO_LARGE, text, "file")
    return refusal(width, height, frames)


def avatar_refusal(width: int, height: int, _frames: int) -> Fault | None:
    """Why an image does not become the picture of a person; of one that moves a frame does."""
    return refusal(width, height, 1)


def icon_refusal(width: int, height: int, _frames: int) -> Fault | None:
    """Why an image does not become the icon of a link; of one that moves the first frame does."""
    if width * height > ICON_PIXELS:
        text = f"an icon has at most {ICON_PIXELS:,} pixels"
        return Fault(ErrorCode.TOO_LARGE, text, "file")
    return refusal(width, height, 1)


def link_refusal(width: int, height: int, _frames: int) -> Fault | None:
    """Why an image does not become the thumbnail of a link; it is as with icons."""
    if width * height > LINK_PIXELS:
        text = f"the picture of a page has at most {LINK_PIXELS:,} pixels"
        return Fault(ErrorCode.TOO_LARGE, text, "file")
    return refusal(width, height, 1)


def fitted(size: Size, edge: int) -> Size:
    """The same picture with its longest edge as long as `edge`; never larger than it is."""
    longest = max(size)
    if longest <= edge:
        return size
    return Size(
        max(1, round(size.width * edge / longest)), max(1, round(size.height * edge / longest))
    )


def thumbnails(size: Size) -> list[tuple[str, Size]]:
    """The variants to make of an image, the smallest first: those that are smaller than it is."""
    return [
        (variant, fitted(size, edge)) for variant, edge in THUMBNAILS.items() if max(size) > edge
    ]
