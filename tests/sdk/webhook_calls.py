"""What the HTTP client asks about webhooks: a part of the table in `test_api`; no test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from parley_sdk import Api

BY = {"id": "u1", "username": "ada", "display_name": "Ada"}
WEBHOOK = {"id": "w1", "room": "r1", "kind": "incoming", "name": "CI", "by": BY, "created_ms": 5}
MADE = {"webhook": WEBHOOK, "secret": "s", "url": "http://parley/v1/hooks/w1/s"}
_PATH = "/v1/rooms/r1/webhooks"
WEBHOOK_CALLS: list[tuple[str, str, object, object, Callable[[Api], Awaitable[object]]]] = [
    (
        f"POST {_PATH}",
        "",
        {"name": "CI", "kind": "incoming"},
        MADE,
        lambda api: api.make_webhook("r1", "CI"),
    ),
    (f"GET {_PATH}", "", None, {"webhooks": [WEBHOOK]}, lambda api: api.webhooks("r1")),
    (f"POST {_PATH}/w1/secret", "", None, MADE, lambda api: api.renew_webhook("r1", "w1")),
    (f"DELETE {_PATH}/w1", "", None, None, lambda api: api.remove_webhook("r1", "w1")),
]
