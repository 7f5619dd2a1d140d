"""Bad requests about webhooks: rows of the table in `requests`, in the order of a `Call`."""

from __future__ import annotations

from typing import Any

from proto.codes import ErrorCode
from tests.bad_input.places import OWN, ROOM

INVALID, NONE = ErrorCode.INVALID, ErrorCode.NOT_FOUND
_OWN = f"/v1/rooms/{OWN}/webhooks"
WEBHOOKS: tuple[tuple[Any, ...], ...] = (
    ("a webhook by a member", "POST", f"/v1/rooms/{ROOM}/webhooks", ErrorCode.FORBIDDEN, None,
     {"name": "CI"}),
    ("a webhook without a name", "POST", _OWN, INVALID, "name", {"name": " "}),
    ("a webhook of no kind there is", "POST", _OWN, INVALID, "kind",
     {"name": "CI", "kind": "sideways"}),
    ("another secret for a webhook there is not", "POST", f"{_OWN}/none/secret", NONE, None, {}),
    ("a post by a webhook there is not", "POST", "/v1/hooks/none/secret", NONE, None,
     {"text": "bad"}),
)  # fmt: skip
