"""What the HTTP client asks about invitations: a part of the table in `test_api`; no test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from parley_sdk import Api

USER = {"id": "u1", "username": "ada", "display_name": "Ada"}
ROOM = {"id": "r1", "kind": "public", "name": "General"}
INVITE = {
    "code": "c1",
    "url": "http://parley/invite/c1",
    "room": "r1",
    "by": USER,
    "created_ms": 5,
    "expires_ms": 9,
    "uses_left": None,
}
INVITE_CALLS: list[tuple[str, str, object, object, Callable[[Api], Awaitable[object]]]] = [
    (
        "POST /v1/rooms/r1/invites",
        "",
        {"expires_in": 604800, "uses": None},
        INVITE,
        lambda api: api.invite("r1"),
    ),
    (
        "POST /v1/rooms/r1/invites",
        "",
        {"expires_in": 60, "uses": 3},
        INVITE,
        lambda api: api.invite("r1", expires_in=60, uses=3),
    ),
    ("GET /v1/rooms/r1/invites", "", None, {"invites": [INVITE]}, lambda api: api.invites("r1")),
    (
        "DELETE /v1/rooms/r1/invites/c1",
        "",
        None,
        None,
        lambda api: api.revoke_invite("r1", "c1"),
    ),
    (
        "GET /v1/invites/c1",
        "",
        None,
        {"room": ROOM | {"topic": "", "members": 2}, "by": USER},
        lambda api: api.invitation("c1"),
    ),
    ("POST /v1/invites/c1/join", "", None, ROOM, lambda api: api.join_by_invite("c1")),
]
