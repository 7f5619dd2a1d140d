"""What the signature of a file says, by puremagic's list of them; what follows is `kind`'s."""

from __future__ import annotations

import puremagic

from media import kind


def of(head: bytes) -> str:
    """The media type of a file that begins with `head`."""
    return kind.of(_guess(head), head)


def _guess(head: bytes) -> str | None:
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return None
    # The likeliest first; some signatures have no media type.
    return next((one.mime_type for one in found if one.mime_type), None)
