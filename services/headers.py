"""The header block of a NATS message (`NATS/1.0 [status]`, then lines); pure, no connection.

The numbers of the hot path are found in the raw bytes: a dict of all headers costs ten times that.
Source: NATS ADR-4 (headers) and ADR-31 (direct get).
"""

from __future__ import annotations

import calendar
import re
from typing import Final

_SEQUENCE: Final = b"\r\nNats-Sequence: "
_LAST: Final = b"\r\nNats-Last-Sequence: "
_PENDING: Final = b"\r\nNats-Num-Pending: "
_STAMP: Final = b"\r\nNats-Time-Stamp: "
_SUBJECT: Final = b"\r\nNats-Subject: "
_ID: Final = b"\r\nNats-Msg-Id: "
_FORBIDDEN: Final = re.compile(r"[\r\n]")


def status(raw: bytes) -> tuple[int, str]:
    """Return the status and its text of an inline status message, (0, "") of any other."""
    if raw[8:9] != b" ":
        return 0, ""
    line = raw[9 : raw.find(b"\r\n")]
    code, _, text = line.partition(b" ")
    return (int(code), text.decode()) if code.isdigit() else (0, "")


def fields(raw: bytes) -> dict[str, str]:
    """Return every header; of repeated names the last."""
    found = {}
    for line in raw.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            found[name.decode("utf-8", "replace")] = value.strip().decode("utf-8", "replace")
    return found


def encode(headers: dict[str, str]) -> bytes:
    """Return the block for `headers`.

    Raises:
        ValueError: a name or value holds a line break, or a name a colon.
    """
    lines = ["NATS/1.0"]
    for name, value in headers.items():
        if ":" in name or _FORBIDDEN.search(name) or _FORBIDDEN.search(value):
            raise ValueError(f"header {name!r} holds a line break or a colon")
        lines.append(f"{name}: {value}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def sequence(raw: bytes) -> int:
    """Return `Nats-Sequence`, 0 if it is not there."""
    return _number(raw, _SEQUENCE)


def last_sequence(raw: bytes) -> int:
    """Return `Nats-Last-Sequence`, 0 if it is not there."""
    return _number(raw, _LAST)


def pending(raw: bytes) -> int:
    """Return `Nats-Num-Pending`, 0 if it is not there."""
    return _number(raw, _PENDING)


def subject(raw: bytes) -> str:
    """Return `Nats-Subject`, the subject under which the message is stored, "" if not there."""
    return _text(raw, _SUBJECT).decode()


def message_id(raw: bytes) -> str:
    """Return `Nats-Msg-Id`, "" if it is not there."""
    return _text(raw, _ID).decode()


def stored_ms(raw: bytes) -> int:
    """Return `Nats-Time-Stamp` in milliseconds since the epoch, 0 if it is not there."""
    stamp = _text(raw, _STAMP)
    return stamp_ms(stamp.decode()) if stamp else 0


def stamp_ms(stamp: str) -> int:
    """Return milliseconds since the epoch of an RFC 3339 time in UTC, as the server writes it."""
    days = (int(stamp[0:4]), int(stamp[5:7]), int(stamp[8:10]))
    clock = (int(stamp[11:13]), int(stamp[14:16]), int(stamp[17:19]))
    # The server leaves out trailing zeros of the fraction, and the point with them.
    fraction = stamp[20:].rstrip("Z")[:3].ljust(3, "0")
    return calendar.timegm((*days, *clock)) * 1000 + int(fraction)


def _number(raw: bytes, mark: bytes) -> int:
    text = _text(raw, mark)
    return int(text) if text.isdigit() else 0


def _text(raw: bytes, mark: bytes) -> bytes:
    # From the right: the server appends its own after the publisher's, so these cannot be forged.
    start = raw.rfind(mark)
    if start < 0:
        return b""
    start += len(mark)
    return raw[start : raw.find(b"\r\n", start)]
