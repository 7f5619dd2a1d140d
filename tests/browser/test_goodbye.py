"""What one reads who is put out of the room that one looks at."""

from __future__ import annotations

import os
import time

from parley_sdk import Api
from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.window import PASSWORD
from tests.local_stack import LocalStack


async def test_one_who_is_banned_from_a_private_room_reads_why(
    stack: LocalStack, window: Windows
) -> None:
    """By whom, until when and for what; and the room is gone from the list."""
    tag = os.urandom(4).hex()
    bob = await window()
    await bob.sign_up(f"bob-{tag}")
    async with Api(stack.url) as ada:
        await ada.register(f"ada-{tag}", PASSWORD, "Ada")
        (found,) = await ada.search_users(f"bob-{tag}")
        room = (await ada.create_room("private", name=f"Tea {tag}", members=[found.id])).id
        await bob.rooms.filter(has_text=f"Tea {tag}").click()
        await expect(bob.field("Message")).to_be_visible()
        until = time.time_ns() // 1_000_000 + 7 * 86_400_000
        await ada.ban(room, found.id, until_ms=until, reason="too loud")
        told = bob.page.get_by_text(f"Ada banned you from Tea {tag} until ")
        await expect(told).to_contain_text(": too loud")
        await expect(bob.rooms.filter(has_text=f"Tea {tag}")).to_have_count(0)
        await bob.picture("banned")
