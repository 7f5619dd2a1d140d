"""The webhooks of a room in its settings: what others do to them is seen without a reload."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

from parley_sdk import Api
from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.test_shell import violations
from tests.browser.window import PASSWORD

WAIT_SECONDS = 60.0


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
        # Said while it is on, and tried again while it is off.
        await api.post(place, "built")
        await _until(lambda: _fails(api, place))
        await api.switch_webhook(place, made.webhook.id, on=False)
        await ada.page.evaluate("dispatchEvent(new Event('focus'))")
        await expect(hooks).to_contain_text(["Disabled since"])

        # What it was not told is listed, and delivered once somebody says so.
        await _until(lambda: api.dead_letters(place, made.webhook.id))
        await ada.button("Refresh").click()
        await hooks.get_by_text("1 not delivered").click()
        letters = hooks.get_by_role("list", name="Not delivered").get_by_role("listitem")
        await expect(letters).to_contain_text(["the webhook was disabled"])
        await ada.picture("undelivered")
        assert await violations(ada.page) == []
        await expect(ada.button("Deliver again")).to_have_count(0)
        await api.switch_webhook(place, made.webhook.id, on=True)
        await ada.button("Refresh").click()
        await ada.button("Deliver again").click()
        await expect(hooks.get_by_text("not delivered")).to_have_count(0)
        assert await api.dead_letters(place, made.webhook.id) == []


async def _fails(api: Api, room: str) -> bool:
    return any(webhook.reason for webhook in await api.webhooks(room))


async def _until(there: Callable[[], Awaitable[object]]) -> None:
    """Ask until something is there: nobody tells of it."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not await there():  # noqa: ASYNC110 - a server has no event of it
            await asyncio.sleep(0.1)
