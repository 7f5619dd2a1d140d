"""What a custom emoji may be called, and who may add and remove it; it keeps none."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final, Literal

from proto import custom_emoji, limits
from proto.codes import ErrorCode
from proto.custom_emoji import EmojiAdders
from proto.wire import Fault

IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What a picture of one may be, by its content."""
Outcome = Literal["kept", "taken", "full"]
"""What came of adding one."""


def name_refusal(name: str, standard: AbstractSet[str]) -> Fault | None:
    """Why none may be called so; `standard` are the names that Unicode's emoji have already."""
    if not custom_emoji.is_name(name):
        text = "an emoji's name has 2 to 32 of a-z 0-9 _, without colons"
        return Fault(ErrorCode.INVALID, text, "name")
    if name in standard:
        text = f"{custom_emoji.shortcode(name)} is an emoji that everybody has"
        return Fault(ErrorCode.CONFLICT, text, "name")
    return None


def adding_refusal(adders: EmojiAdders, *, admin: bool) -> Fault | None:
    """Why somebody may add none."""
    if admin or adders == "everyone":
        return None
    return Fault(ErrorCode.FORBIDDEN, "only admins add custom emoji here")


def removing_refusal(adders: EmojiAdders, user: str, added_by: str, *, admin: bool) -> Fault | None:
    """Why somebody may not remove one: whoever may add takes back their own, an admin any."""
    if admin or (adders == "everyone" and user == added_by):
        return None
    return Fault(ErrorCode.FORBIDDEN, "only admins remove what others added")


def outcome_refusal(outcome: Outcome) -> Fault | None:
    """Why one was not added after all."""
    if outcome == "kept":
        return None
    if outcome == "taken":
        return Fault(ErrorCode.CONFLICT, "there is an emoji of this name", "name")
    most = limits.CUSTOM_EMOJI
    return Fault(ErrorCode.CONFLICT, f"there are {most:,} custom emoji: remove one first")
