"""Which bytes of a file a `Range` header asks for (RFC 9110 §14); it reads no file."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_ONE: Final = re.compile(r"bytes=(?:(\d{1,18})-(\d{1,18})?|-(\d{1,18}))", re.ASCII)


class Part(NamedTuple):
    """`length` bytes from `start` on; `asked`: a range that is honoured, though it be all (206)."""

    start: int
    length: int
    asked: bool = False


def asked(header: str | None, size: int) -> Part | None:
    """The part that is asked for, None if there is no such part in `size` bytes.

    Without a header all of it. So also with one that is malformed, or asks for several parts: a
    server may give the whole to either (RFC 9110 §14.2), and no number of overlapping parts costs
    more than one. A good range that is all of the file is honoured as any: Safari plays nothing of
    a server that answers it with 200.
    """
    found = None if header is None else _ONE.fullmatch(header.strip())
    if found is None:
        return Part(0, size)
    first, last, tail = found.groups()
    if tail is not None:
        length = min(int(tail), size)
        return Part(size - length, length, True) if length else None  # noqa: FBT003 - a field
    start = int(first)
    end = size - 1 if last is None else min(int(last), size - 1)
    if last is not None and int(last) < start:
        return Part(0, size)
    return Part(start, end - start + 1, True) if start < size else None  # noqa: FBT003 - a field


def content_range(part: Part, size: int) -> str:
    """The value of `Content-Range` for a part."""
    return f"bytes {part.start}-{part.start + part.length - 1}/{size}"
