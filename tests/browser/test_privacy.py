"""Who comes in by a link, and what one keeps to oneself: blocking, privacy, signing out."""

from __future__ import annotations

import os

from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.test_shell import violations
from tests.browser.window import PASSWORD, Window


def _name(word: str) -> str:
    return f"{word}-{os.urandom(4).hex()}"


async def _settings(window: Window, tab: str) -> None:
    await window.button("Settings").click()
    await window.page.get_by_role("tab", name=tab, exact=True).click()


async def _pins_fold(ada: Window, who: str) -> None:
    """What is pinned of somebody blocked says neither what it is nor whose."""
    await ada.button("Pinned messages").click()
    pins = ada.page.get_by_role("list", name="Pinned messages").get_by_role("listitem")
    await expect(pins).to_contain_text(["Message of a blocked person"])
    await expect(pins.filter(has_text="I am here.")).to_have_count(0)
    await expect(pins.filter(has_text=who)).to_have_count(0)
    await ada.page.keyboard.press("Escape")


async def _search_folds(ada: Window) -> None:
    """Found words are folded too, and a search that is opened afresh asks once it can."""
    address = ada.page.url
    await ada.page.goto(f"{ada.url}/search?q=here")
    hits = ada.page.get_by_role("list", name="Messages found").get_by_role("listitem")
    await expect(hits).to_contain_text(["Message of a blocked person"])
    await expect(ada.page.get_by_role("alert")).to_have_count(0)
    await ada.page.goto(address)


async def _register(invited: Window, name: str) -> None:
    """Make an account where one is told of the invitation."""
    await expect(invited.page.get_by_text("You are invited into a room.")).to_be_visible()
    await invited.field("Username").fill(name)
    await invited.page.get_by_label("Password", exact=True).fill(PASSWORD)
    await invited.button("Create account").click()


async def test_a_link_leads_a_stranger_into_the_room_and_who_is_blocked_is_folded(
    window: Windows,
) -> None:
    """By the link one registers and is in; a second use is none; blocking and privacy stay, and
    hold for pins and hits, too."""
    tea, bob_name = _name("Tea"), _name("bob")
    ada, bob = await window(), await window()
    await ada.sign_up(_name("ada"))
    await ada.create_room(tea, private=True)
    await ada.button("Room settings").click()
    await ada.page.get_by_role("tab", name="Invite links", exact=True).click()
    await ada.page.get_by_label("It is good for").select_option(label="1 person")
    await ada.button("Make a link").click()
    url = await ada.field("Invite link").input_value()
    wrong = {"invite links": await violations(ada.page)}
    await ada.page.keyboard.press("Escape")

    await bob.page.goto(url)
    await _register(bob, bob_name)
    await expect(bob.page.get_by_role("heading", name=tea, exact=True)).to_be_visible()
    wrong["invite"] = await violations(bob.page)
    await bob.button("Join").click()
    await bob.say("I am here.")
    await ada.sees("I am here.")
    said = ada.messages.filter(has_text="I am here.")
    await said.get_by_role("button", name="Pin", exact=True).click()
    await expect(said.get_by_role("button", name="Unpin", exact=True)).to_be_attached()
    await bob.page.goto(url)
    await expect(bob.page.get_by_role("heading", name="not good any more")).to_be_visible()

    folded = ada.messages.filter(has_text="Message of a blocked person")
    await ada.messages.get_by_role("button", name=bob_name).click()
    await ada.button("Block").click()
    await expect(folded).to_have_count(1)
    await ada.page.keyboard.press("Escape")
    await _pins_fold(ada, bob_name)
    await _settings(ada, "Privacy")
    receipts = ada.page.get_by_role("checkbox", name="Show others how far I have read")
    await expect(receipts).to_be_checked()
    await receipts.click()
    await expect(receipts).not_to_be_checked()
    await ada.page.get_by_role("radio", name="Nobody").click()
    await expect(ada.page.get_by_role("radio", name="Nobody")).to_be_checked()
    wrong["privacy"] = await violations(ada.page)

    await ada.page.reload()
    await ada.is_connected()
    await expect(folded).to_have_count(1)
    wrong["folded"] = await violations(ada.page)
    await _search_folds(ada)
    await folded.get_by_role("button", name="Show").click()
    await ada.sees("I am here.")
    await _settings(ada, "Privacy")
    await expect(receipts).not_to_be_checked()
    await expect(ada.page.get_by_role("radio", name="Nobody")).to_be_checked()
    await ada.button(f"Unblock {bob_name}").click()
    await expect(ada.page.get_by_text("You have blocked nobody.")).to_be_visible()
    assert {view: found for view, found in wrong.items() if found} == {}


async def test_signing_out_everywhere_ends_this_device_and_the_others(window: Windows) -> None:
    """Both windows of one person ask who they are then, and a reload brings nobody back."""
    ada_name = _name("ada")
    here, there = await window(), await window()
    await here.sign_up(ada_name)
    await there.sign_in(ada_name)
    await _settings(here, "Devices")
    await here.button("Sign out everywhere").click()
    await here.button("Sign me out").click()
    for one in (here, there):
        await expect(one.button("Sign in")).to_be_visible()
    await here.page.reload()
    await expect(here.button("Sign in")).to_be_visible()
