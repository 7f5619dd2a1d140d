"""One person in two tabs of one browser: what they say of themselves holds in both."""

from __future__ import annotations

import os

from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.window import WAIT_MS, Window
from tests.local_stack import LocalStack


async def test_who_turns_invisible_in_one_tab_is_so_in_all(
    stack: LocalStack, window: Windows
) -> None:
    """The liveliest connection counts: a tab that stayed online would show the person."""
    word = os.urandom(4).hex()
    ada, bob = await window(), await window()
    await ada.sign_up(f"ada-{word}")
    await ada.create_room(f"Tea {word}")
    await bob.sign_up(f"bob-{word}")
    await bob.join(f"Tea {word}")
    other = Window(await ada.page.context.new_page(), stack.url, None)
    await other.open()
    await other.is_connected()
    shown = bob.members.filter(has_text=f"ada-{word}")
    await expect(shown).to_have_accessible_name(f"ada-{word}, online", timeout=WAIT_MS)
    await ada.page.get_by_label("Status", exact=True).select_option("invisible")
    await expect(shown).to_have_accessible_name(f"ada-{word}, offline", timeout=WAIT_MS)
    await expect(other.page.get_by_label("Status", exact=True)).to_have_value("invisible")
    await ada.page.close()
    await expect(shown).to_have_accessible_name(f"ada-{word}, offline")
    assert other.complaints == []
