"""The webhooks of a room in its settings: what others do to them is seen without a reload."""

from __future__ import annotations

import os

from parley_sdk import Api
from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.window import PASSWORD


async def test_the_list_is_asked_for_anew(window: Windows) -> None:
    """By a button, and by coming back to the window; one that is off says since when."""
    ada, name, room = await window(), f"ada-{os.urandom(4).hex()}", "Builds"
    await ada.sign_up(name)
    await ada.create_room(room)
    await ada.button("Room settings").click()
    await ada.page.get_by_role("tab", name="Webhooks").click()
    hooks = ada.page.get_by_role("list", name="Webhooks", exact=True).get_by_role("listitem")
    await expect(ada.button("Refresh")).to_be_visible()
    async with Api(ada.url) as api:
        await api.login(name, PASSWORD)
        place = ada.page.url.rpartition("/")[2]
        made = await api.make_webhook(place, "robot", url="https://robot.example/in")
        await ada.button("Refresh").click()
        await expect(hooks).to_contain_text(["robot"])
        await api.switch_webhook(place, made.webhook.id, on=False)
        await ada.page.evaluate("dispatchEvent(new Event('focus'))")
        await expect(hooks).to_contain_text(["Disabled since"])
