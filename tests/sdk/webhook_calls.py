"""What the HTTP client asks about webhooks: a part of the table in `test_api`; no test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from parley_sdk import Api

BY = {"id": "u1", "username": "ada", "display_name": "Ada"}
WEBHOOK = {"id": "w1", "room": "r1", "kind": "incoming", "name": "CI", "by": BY, "created_ms": 5}
LETTER = {"seq": 7, "reason": "it answered 500", "failed_ms": 5}
MADE = {"webhook": WEBHOOK, "secret": "s", "url": "http://parley/v1/hooks/w1/s"}
_PATH = "/v1/rooms/r1/webhooks"
WEBHOOK_CALLS: list[tuple[str, str, object, object, Callable[[Api], Awaitable[object]]]] = [
    (
        f"POST {_PATH}",
        "",
        {"name": "CI", "kind": "incoming", "url": None},
        MADE,
        lambda api: api.make_webhook("r1", "CI"),
    ),
    (
        f"POST {_PATH}",
        "",
        {"name": "CI", "kind": "outgoing", "url": "https://x"},
        MADE,
        lambda api: api.make_webhook("r1", "CI", url="https://x"),
    ),
    (
        f"PATCH {_PATH}/w1",
        "",
        {"enabled": True},
        WEBHOOK,
        lambda api: api.switch_webhook("r1", "w1", on=True),
    ),
    (
        f"GET {_PATH}/w1/dead-letters",
        "",
        None,
        {"dead_letters": [LETTER]},
        lambda api: api.dead_letters("r1", "w1"),
    ),
    (
        f"POST {_PATH}/w1/dead-letters/replay",
        "",
        {"seqs": [7]},
        {"replayed": 1},
        lambda api: api.replay_dead_letters("r1", "w1", [7]),
    ),
    (
        f"POST {_PATH}/w1/dead-letters/replay",
        "",
        {"seqs": None},
        {"replayed": 1},
        lambda api: api.replay_dead_letters("r1", "w1"),
    ),
    (f"GET {_PATH}", "", None, {"webhooks": [WEBHOOK]}, lambda api: api.webhooks("r1")),
    (f"POST {_PATH}/w1/secret", "", None, MADE, lambda api: api.renew_webhook("r1", "w1")),
    (f"DELETE {_PATH}/w1", "", None, None, lambda api: api.remove_webhook("r1", "w1")),
]
