"""Bad requests about webhooks: rows of the table in `requests`, in the order of a `Call`."""

from __future__ import annotations

from typing import Any

from proto.codes import ErrorCode
from tests.bad_input.places import OWN, ROOM

INVALID, NONE = ErrorCode.INVALID, ErrorCode.NOT_FOUND
_OWN = f"/v1/rooms/{OWN}/webhooks"


def _to(url: str) -> dict[str, str]:
    return {"name": "CI", "kind": "outgoing", "url": url}


WEBHOOKS: tuple[tuple[Any, ...], ...] = (
    ("a webhook by a member", "POST", f"/v1/rooms/{ROOM}/webhooks", ErrorCode.FORBIDDEN, None,
     {"name": "CI"}),
    ("a webhook without a name", "POST", _OWN, INVALID, "name", {"name": " "}),
    ("a webhook of no kind there is", "POST", _OWN, INVALID, "kind",
     {"name": "CI", "kind": "sideways"}),
    ("an outgoing webhook without a URL", "POST", _OWN, INVALID, "url",
     {"name": "CI", "kind": "outgoing"}),
    ("an incoming webhook with a URL", "POST", _OWN, INVALID, "url",
     {"name": "CI", "url": "https://hooks.example"}),
    ("a webhook to no URL", "POST", _OWN, INVALID, "url", _to("hooks.example")),
    ("a webhook to a URL with a password", "POST", _OWN, INVALID, "url",
     _to("https://u:p@hooks.example")),
    ("a webhook without TLS", "POST", _OWN, INVALID, "url", _to("http://hooks.example")),
    ("a webhook to loopback", "POST", _OWN, INVALID, "url", _to("https://[::1]/")),
    ("a webhook to a cloud's metadata", "POST", _OWN, INVALID, "url",
     _to("https://169.254.169.254/latest")),
    ("dead letters of a webhook there is not", "GET", f"{_OWN}/none/dead-letters", NONE),
    ("dead letters of no places", "POST", f"{_OWN}/none/dead-letters/replay", INVALID, "seqs",
     {"seqs": [-1]}),
    ("a webhook to switch that is not there", "PATCH", f"{_OWN}/none", NONE, None,
     {"enabled": True}),
    ("another secret for a webhook there is not", "POST", f"{_OWN}/none/secret", NONE, None, {}),
    ("a post by a webhook there is not", "POST", "/v1/hooks/none/secret", NONE, None,
     {"text": "bad"}),
)  # fmt: skip
