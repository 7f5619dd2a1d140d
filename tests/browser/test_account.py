"""One's own account in the settings: whom to ask about a lost password, and leaving."""

from __future__ import annotations

import os

from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.window import PASSWORD


async def test_who_deactivates_their_account_is_out_everywhere(window: Windows) -> None:
    """Only with the password, after being asked once more; nobody signs in to it any more."""
    ada, other, name = await window(), await window(), f"ada-{os.urandom(4).hex()}"
    await ada.sign_up(name)
    await other.sign_in(name)
    await ada.button("Settings").click()
    await ada.page.get_by_role("tab", name="Account").click()
    await expect(ada.page.get_by_text("ask whoever runs this place")).to_be_visible()
    await ada.page.get_by_label("Your password, to leave").fill("not my password")
    await ada.button("Deactivate my account").click()
    await ada.button("Deactivate it").click()
    alert = ada.page.get_by_role("dialog").get_by_role("alert")
    await expect(alert).to_contain_text("That is not your password.")
    await ada.page.get_by_label("Your password, to leave").fill(PASSWORD)
    await ada.button("Deactivate it").click()
    for one in (ada, other):
        await expect(one.page.get_by_text("You were signed out")).to_be_visible()
    await ada.field("Username").fill(name)
    await ada.page.get_by_label("Password", exact=True).fill(PASSWORD)
    await ada.button("Sign in").click()
    await expect(ada.page.get_by_text("This account is out of use.")).to_be_visible()
