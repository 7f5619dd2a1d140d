"""Somebody who is in many rooms: how soon the client can be used after the sign-in."""

from __future__ import annotations

from bench.signin import somebody, usable_ms
from tests.browser.conftest import Windows
from tests.local_stack import LocalStack

ROOMS = 300
# The promise is one second on a machine that does nothing else (`python -m bench signin`); this
# one runs other tests beside it.
LATEST_MS = 20_000


async def test_sign_in_to_usable_with_many_rooms(stack: LocalStack, window: Windows) -> None:
    """The list of 300 rooms is whole, the connection stands and a room opens soon after."""
    username = await somebody(stack.url, ROOMS)
    ada = await window()
    assert await usable_ms(ada.page, ada.url, username, ROOMS) < LATEST_MS
    await ada.is_connected()
