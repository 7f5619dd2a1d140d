"""One window and its forms: answers that get lost, and who signs in after somebody else."""

from __future__ import annotations

import os

from playwright.async_api import Route, expect

from tests.browser.conftest import Windows
from tests.browser.window import PASSWORD


def _name(word: str) -> str:
    return f"{word}-{os.urandom(4).hex()}"


async def test_a_room_is_made_once_though_its_answer_was_lost(window: Windows) -> None:
    """Pressing again after an error opens the room that was made the first time."""
    ada, room, keys = await window(), _name("Tea"), []
    await ada.sign_up(_name("ada"))

    async def answer_lost(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        await route.fetch()  # the server has done it; nobody learns of it
        await route.abort()

    await ada.page.route("**/v1/rooms", answer_lost, times=1)
    await ada.field("Room name").fill(room)
    await ada.button("Create room").click()
    await expect(ada.page.get_by_role("alert")).to_contain_text("can't be reached")
    async with ada.page.expect_request("**/v1/rooms") as again:
        await ada.button("Create room").click()
    await expect(ada.page.get_by_role("heading", name=room, exact=True)).to_be_visible()
    assert (await again.value).headers["idempotency-key"] == keys[0]
    await expect(ada.rooms).to_have_text([room])

    async with ada.page.expect_request("**/v1/rooms") as another:
        await ada.create_room(room)
    await expect(ada.rooms).to_have_text([room, room])
    assert (await another.value).headers["idempotency-key"] != keys[0]


async def test_a_form_that_misses_its_name_says_so(window: Windows) -> None:
    """An alert that goes when one types, and the field is where one types next."""
    ada = await window()
    await ada.sign_up(_name("ada"))
    await ada.button("Create room").click()
    alert = ada.page.get_by_role("alert")
    await expect(alert).to_have_text("Give the room a name first.")
    await expect(ada.field("Room name")).to_be_focused()
    await ada.field("Room name").press_sequentially("T")
    await expect(alert).to_have_count(0)


async def test_a_text_that_is_too_long_is_refused_aloud(window: Windows) -> None:
    """It stays in the field with an alert, and can be sent once it is shorter."""
    ada = await window()
    await ada.sign_up(_name("ada"))
    await ada.create_room(_name("Tea"))
    alert = ada.page.get_by_role("alert")
    await ada.field("Message").fill("x" * 16_385)
    await expect(ada.page.get_by_text("Too long by 1 byte")).to_be_visible()
    await expect(alert).to_have_count(0)
    await ada.button("Send").click()
    await expect(alert).to_have_text("Too long by 1 byte")
    await expect(ada.messages).to_have_count(0)
    await ada.field("Message").press("Backspace")
    await expect(alert).to_have_count(0)
    await ada.button("Send").click()
    await expect(ada.messages).to_have_count(1)


async def test_who_signs_in_after_somebody_else_starts_at_home(window: Windows) -> None:
    """Signed out from another tab: the room of the one before is not even in the address."""
    ada, ada_name, bob_name = await window(), _name("ada"), _name("bob")
    await ada.sign_up(ada_name)
    await ada.create_room(_name("Secret"), private=True)
    room = ada.page.url
    tab = await ada.page.context.new_page()
    await tab.goto(ada.url)
    await tab.get_by_role("button", name="Sign out", exact=True).click()
    await expect(ada.page.get_by_role("alert")).to_contain_text("You were signed out.")
    assert ada.page.url == room  # the same person goes on where they were

    await ada.field("Username").fill(bob_name)
    await ada.page.get_by_label("Password", exact=True).fill(PASSWORD)
    await ada.button("Create account").click()
    await ada.is_connected()
    await expect(ada.page.get_by_role("heading", name=f"Hello, {bob_name}")).to_be_visible()
    assert ada.page.url.rstrip("/") == ada.url.rstrip("/")
    await expect(ada.rooms).to_have_count(0)
