"""Rooms over HTTP: made, found, changed, ended, and what strangers are told of them."""

import asyncio
from typing import Any

import pytest

from proto import calls, events, subjects
from tests.history.client_httpx import refused
from tests.history.running import Auth, Peer, Replica, user

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_room_is_made_with_its_members_in_the_log(replica: Replica, peer: Peer) -> None:
    """201 when every member.joined is in the log, the maker's as owner first."""
    ada, bob = user(), user()
    form = {"kind": "private", "name": "  Tea  ", "topic": "hot", "members": [bob, ada, bob]}
    response = await replica.ask(ada, "POST", "/v1/rooms", form)
    assert response.status_code == 201, response.text
    made = response.json()
    joined = await peer.log_of(made["id"])
    assert all(isinstance(event, events.MemberJoined) for event in joined)
    assert [(event.user, event.by, event.role) for event in joined] == [
        (ada, ada, "owner"),
        (bob, ada, "member"),
    ]
    assert (made["name"], made["topic"], made["role"], made["members"]) == (
        "Tea",
        "hot",
        "owner",
        2,
    )
    assert (made["unread"], made["mentions"], made["peers"]) == (0, 0, [])
    assert made["read_seq"] == made["last_seq"] > 0
