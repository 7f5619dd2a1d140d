"""What every list here takes in its query string; it reads no table."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from history import page
from proto import ids, limits
from proto.codes import ErrorCode
from services.http import Problem, Request, query_int, query_text
from services.openapi import Query

T = TypeVar("T")

CURSOR_CHARACTERS: Final = 1_024
PAGING: Final = (
    Query("cursor", "The `next` of the page before."),
    Query("limit", f"1 to {limits.PAGE_ITEMS}, the default.", int),
)


def limit_of(request: Request) -> int:
    """How many items are asked for.

    Raises:
        Problem: `bad_frame` or `invalid`.
    """
    return query_int(request, "limit", limits.PAGE_ITEMS, 1, limits.PAGE_ITEMS)


def cursor(request: Request, type_: type[T]) -> T | None:
    """What the cursor holds; None on the first page.

    Raises:
        Problem: `invalid`, if it is not one that a page gave.
    """
    raw = query_text(request, "cursor", maximum_characters=CURSOR_CHARACTERS)
    if raw is None:
        return None
    held: Any = page.decode_cursor(raw, type_)
    parts = held if isinstance(held, tuple) else (held,)
    # Anyone can write a cursor: only what a query takes gets through.
    if not all(
        0 <= part <= limits.SEQ_MAX
        if isinstance(part, int)
        else part is not None and ids.is_clean(part)
        for part in parts
    ):
        raise Problem(ErrorCode.INVALID, "this cursor is not one that a page gave", field="cursor")
    return held  # type: ignore[no-any-return]
