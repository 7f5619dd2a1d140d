"""What a display name is; where it is shown is not known here."""

from __future__ import annotations

import unicodedata

from proto import ids, limits
from proto.codes import ErrorCode
from proto.wire import Fault

_MINIMUM, _MAXIMUM = limits.DISPLAY_NAME_CHARACTERS
_RULE = (
    f"a display name is {_MINIMUM} to {_MAXIMUM} characters,"
    " at least one of them visible, without control characters and bidirectional overrides"
)


def parse(raw: str) -> str | Fault:
    """The display name that `raw` means: composed (NFC), without spaces around it."""
    # Composing joins at most a few characters into one; far beyond the limit it is not tried.
    name = unicodedata.normalize("NFC", raw.strip()) if len(raw) <= 8 * _MAXIMUM else raw
    bounded = _MINIMUM <= len(name) <= _MAXIMUM
    if not bounded or not ids.is_clean(name) or not ids.is_visible(name) or any(map(_none, name)):
        return Fault(ErrorCode.INVALID, _RULE, "display_name")
    return name


def _none(character: str) -> bool:
    """Say whether it is one of the 66 noncharacters (Unicode §23.7), which are not for exchange."""
    point = ord(character)
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
