"""Which passwords are taken, and their bytes; it hashes nothing and keeps nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from proto import limits
from proto.codes import ErrorCode
from proto.wire import Fault

_MINIMUM, _MAXIMUM = limits.PASSWORD_CHARACTERS
_RULE = f"a password is {_MINIMUM} to {_MAXIMUM} characters"


_COMMON = "this password is among the commonest, which are tried first; take another one"
_OWN_NAME = "the username is no password; take another one"


def choose(raw: str, username: str, commonest: Collection[str]) -> bytes | Fault:
    """The bytes of a password that somebody chooses, or what is wrong with it.

    Refused is one of `commonest`, which are in lower case, and the username itself (NIST SP 800-63B
    §5.1.1.2); in any case. What was chosen before such a rule stays good: see `parse`.
    """
    taken = parse(raw)
    if isinstance(taken, Fault):
        return taken
    folded = raw.casefold()
    if folded in commonest:
        return Fault(ErrorCode.INVALID, _COMMON, "password")
    return Fault(ErrorCode.INVALID, _OWN_NAME, "password") if folded == username else taken


def parse(raw: str) -> bytes | Fault:
    """The bytes to hash for a password, or what is wrong with it. Any character is allowed.

    Composed to NFC (RFC 8265 §4.2.2), because keyboards differ in how they send an accented
    letter. The length is that of the composed text. Hashing takes bytes with a length, so a NUL
    ends nothing.
    """
    text = unicodedata.normalize("NFC", raw) if len(raw) <= 4 * _MAXIMUM else raw
    if not _MINIMUM <= len(text) <= _MAXIMUM:
        return Fault(ErrorCode.INVALID, _RULE, "password")
    try:
        return text.encode()
    except UnicodeEncodeError:
        return Fault(ErrorCode.INVALID, "a password is Unicode text", "password")
