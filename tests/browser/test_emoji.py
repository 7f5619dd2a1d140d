"""Custom emoji in the browser client: added by an admin, said, reacted with by another, removed."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.window import Window
from tests.local_stack import COMMAND, LocalStack
from tests.media import pictures_pillow as pictures


async def _make_admin(stack: LocalStack, username: str) -> None:
    words = ("admin", "--data", str(stack.data), "role", username, "admin")
    await asyncio.to_thread(subprocess.run, [*COMMAND, *words], check=True, capture_output=True)


async def _emoji_settings(one: Window) -> None:
    await one.button("Settings").click()
    await one.page.get_by_role("tab", name="Custom emoji", exact=True).click()


async def _load_anew(one: Window) -> None:
    """Ask for the picker where it is not there, and take what is offered."""
    await one.page.route("**/assets/Panel-*", lambda route: route.abort())
    await one.button("Emoji").click()
    anew = one.button("Load the page anew")
    await expect(anew).to_be_visible()
    await one.page.unroute("**/assets/Panel-*")
    await anew.click()


async def test_custom_emoji_are_added_said_reacted_with_and_removed(
    window: Windows, stack: LocalStack, tmp_path: Path
) -> None:
    """The other person sees the picture without a reload, finds it in the picker, and has no page
    to add any; of one that is removed the name stays. A page that cannot load the picker, as one
    from before an upgrade, offers to be loaded anew."""
    ada, bob = await window(), await window()
    unique = os.urandom(4).hex()
    admin, room, name = f"ada-{unique}", f"Tea-{unique}", f"party_{unique}"
    code, path = f":{name}:", tmp_path / f"{name}.gif"
    path.write_bytes(pictures.moving("GIF"))
    await ada.sign_up(admin)
    await _make_admin(stack, admin)
    await bob.sign_up(f"bob-{unique}")
    await ada.create_room(room)
    await bob.join(room)

    await _emoji_settings(ada)
    await ada.page.get_by_label("Picture", exact=True).set_input_files(path)
    await expect(ada.field("Name")).to_have_value(name)
    await ada.button("Add emoji").click()
    listed = ada.page.get_by_role("list", name="Custom emoji", exact=True)
    await expect(listed.get_by_role("img", name=code)).to_have_js_property("naturalWidth", 40)
    await ada.picture("emoji-settings")
    await ada.page.keyboard.press("Escape")

    await ada.field("Message").press_sequentially(f"done :{name[:9]}")
    await ada.page.get_by_role("option", name=code).click()
    await ada.button("Send").click()
    for one in (ada, bob):
        shown = one.messages.get_by_role("img", name=code, exact=True)
        await expect(shown).to_have_js_property("naturalWidth", 40)

    await _load_anew(bob)
    await bob.messages.last.hover()
    await bob.button("Add reaction").click()
    search = bob.page.get_by_label("Search emoji", exact=True)
    await search.fill("thumbs")
    found = bob.page.get_by_role("dialog").get_by_role("gridcell")
    await expect(found.first).to_have_accessible_name("thumbs up")
    await search.fill(name)
    picked = bob.page.get_by_role("dialog").get_by_role("img", name=code, exact=True)
    await expect(picked).to_be_visible()
    await bob.picture("emoji-picker")
    await picked.click()
    await ada.button(f"{code} 1").click()
    await expect(bob.button(f"{code} 2").get_by_role("img")).to_be_visible()
    await bob.picture("emoji-said")

    await bob.button("Settings").click()
    await expect(bob.page.get_by_role("tab", name="Keyboard")).to_be_visible()
    await expect(bob.page.get_by_role("tab", name="Custom emoji")).to_have_count(0)
    await _emoji_settings(ada)
    await ada.button(f"Remove {code}").click()
    await ada.button("Remove it").click()
    await expect(listed.get_by_role("img", name=code)).to_have_count(0)
    await ada.page.keyboard.press("Escape")
    await ada.sees(f"done {code}")
    await expect(ada.button(f"{code} 2")).to_have_text(f"{code} 2")
    await expect(ada.messages.get_by_role("img", name=code)).to_have_count(0)
