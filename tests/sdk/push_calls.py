"""What the HTTP client asks about push messages: a part of the table in `test_api`; no test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from parley_sdk import Api

from proto import notifications

DEVICE = {"id": "p1", "label": "l", "created_ms": 1, "used_ms": 2, "current": True}
BROWSER = {"endpoint": "https://p/x", "keys": {"p256dh": "a", "auth": "b"}, "label": "l"}
NEW_DEVICE = notifications.NewPushDevice("https://p/x", notifications.PushKeys("a", "b"), "l")
PUSH_CALLS: list[tuple[str, str, object, object, Callable[[Api], Awaitable[object]]]] = [
    (
        "GET /v1/notify/push",
        "",
        None,
        {"public_key": "BPk", "devices": [DEVICE]},
        lambda api: api.push_settings(),
    ),
    ("PUT /v1/notify/push", "", BROWSER, DEVICE, lambda api: api.subscribe_push(NEW_DEVICE)),
    ("DELETE /v1/notify/push/p1", "", None, None, lambda api: api.unsubscribe_push("p1")),
]
