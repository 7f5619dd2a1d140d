"""What a mail address is, as far as one is kept here, and its domain; it sends none."""

from __future__ import annotations

import re
from typing import Final

from proto.codes import ErrorCode
from proto.wire import Fault

CHARACTERS: Final = 254
"""The longest address that SMTP takes (RFC 5321 §4.5.3.1.3)."""
_ADDRESS: Final = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
)
_RULE: Final = "a mail address is name@domain, of ASCII"


def parse(raw: str) -> str | Fault:
    """The address in lower case, or what is wrong with it.

    What HTML calls a valid e-mail address, without those of one label. Nothing that could end a
    line of a mail's head is in it.
    """
    address = raw.strip().lower() if len(raw) <= CHARACTERS else ""
    if _ADDRESS.fullmatch(address) is None or len(address) > CHARACTERS:
        return Fault(ErrorCode.INVALID, _RULE, "email")
    return address


def domain(address: str) -> str:
    """The part of an address that says whose it is."""
    return address.rpartition("@")[2]
