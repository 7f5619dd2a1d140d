"""One person in two tabs of one browser: what they say of themselves holds in both."""

from __future__ import annotations

import os

from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.window import WAIT_MS, Window
from tests.local_stack import LocalStack


async def test_what_one_says_and_is_in_one_tab_is_so_in_all(
    stack: LocalStack, window: Windows
) -> None:
    """Each message is there once, in both tabs and for others. Invisible in one tab is so in both:
    the liveliest connection counts, and a tab that stayed online would show the person."""
    word = os.urandom(4).hex()
    ada, bob = await window(), await window()
    await ada.sign_up(f"ada-{word}")
    await ada.create_room(f"Tea {word}")
    await bob.sign_up(f"bob-{word}")
    await bob.join(f"Tea {word}")
    other = Window(await ada.page.context.new_page(), stack.url, None)
    await other.page.goto(ada.page.url)
    await other.is_connected()
    await ada.say("from the first tab")
    await other.say("from the second tab")
    for one in (ada, other, bob):
        await one.sees("from the first tab")
        await one.sees("from the second tab")
        await expect(one.messages).to_have_count(2)
    shown = bob.members.filter(has_text=f"ada-{word}")
    await expect(shown).to_have_accessible_name(f"ada-{word}, online", timeout=WAIT_MS)
    await ada.page.get_by_label("Status", exact=True).select_option("invisible")
    await expect(shown).to_have_accessible_name(f"ada-{word}, offline", timeout=WAIT_MS)
    await expect(other.page.get_by_label("Status", exact=True)).to_have_value("invisible")
    await ada.page.close()
    await expect(shown).to_have_accessible_name(f"ada-{word}, offline")
    assert other.complaints == []
