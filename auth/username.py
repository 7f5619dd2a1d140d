"""What a username is, and how text is folded to compare it; it knows no account."""

from __future__ import annotations

import re
import unicodedata

from proto import limits
from proto.codes import ErrorCode
from proto.wire import Fault

_MINIMUM, _MAXIMUM = limits.USERNAME_CHARACTERS
_ALLOWED = re.compile(r"[a-z0-9_.-]+")
_RULE = f"a username is {_MINIMUM} to {_MAXIMUM} of a-z 0-9 _ . - (capitals are folded)"


def fold(text: str) -> str:
    """Make texts equal that differ in case, width or composition alone.

    NFKC around case folding, as toNFKC_Casefold of Unicode §3.13 without its removal of ignorables.
    Idempotent.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


_LOOKS = str.maketrans("01_.", "ol--")


def skeleton(name: str) -> str:
    """What a username looks like: two with the same one are taken for each other.

    Of the confusables of Unicode (UTS 39 §4) those that a username can hold: 0 and o, 1 and l, m
    and rn; and the three marks between words count as one. The migrations say the same in SQL.
    """
    return name.translate(_LOOKS).replace("m", "rn")


def parse(raw: str) -> str | Fault:
    """The username that `raw` means, or what is wrong with it.

    Folding comes before the check (as RFC 8265 §3.3 has it), so a name typed with capitals or with
    a full-width keyboard is the same name, and what is kept is ASCII whatever was sent.
    """
    # Folding never makes text shorter: what is too long stays so, and costs nothing.
    name = fold(raw) if len(raw) <= _MAXIMUM else raw
    if not _MINIMUM <= len(name) <= _MAXIMUM or _ALLOWED.fullmatch(name) is None:
        return Fault(ErrorCode.INVALID, _RULE, "username")
    return name
