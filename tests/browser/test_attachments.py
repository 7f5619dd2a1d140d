"""Files in the browser client: added, sent, seen by another, looked at, refused and taken back."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.media import pictures_pillow as pictures


def _name(word: str) -> str:
    return f"{word}-{os.urandom(4).hex()}"


async def test_a_picture_is_attached_seen_and_looked_at(window: Windows, tmp_path: Path) -> None:
    """By the button, and by dropping it; the other person sees it without a reload, and a file
    that is no picture is there to be saved."""
    ada, bob = await window(), await window()
    room = _name("Tea")
    await ada.sign_up(_name("ada"))
    await bob.sign_up(_name("bob"))
    await ada.create_room(room)
    await bob.join(room)
    cat, notes, broken = tmp_path / "cat.jpg", tmp_path / "notes.txt", tmp_path / "broken.png"
    cat.write_bytes(pictures.photograph())
    notes.write_bytes(b"hello")
    broken.write_bytes(pictures.picture("PNG")[:200])
    waiting = ada.page.get_by_role("list", name="Files to send", exact=True)

    async with ada.page.expect_file_chooser() as choosing:
        await ada.button("Attach file").click()
    await (await choosing.value).set_files([cat, notes, broken])
    await expect(waiting.get_by_role("listitem")).to_have_count(3)
    await expect(waiting.get_by_role("alert")).to_contain_text("broken image")
    await ada.button("Send").click()
    await expect(ada.page.get_by_text("Not every file is uploaded yet")).to_be_visible()
    await ada.button("Remove broken.png").click()
    await expect(waiting.get_by_role("progressbar")).to_have_count(0)
    await ada.picture("uploads")
    await ada.button("Send").click()
    await expect(waiting).to_have_count(0)

    for one in (ada, bob):
        image = one.messages.get_by_role("img", name="cat.jpg", exact=True)
        await expect(image).to_have_js_property("naturalWidth", 300)
        link = one.messages.get_by_role("link", name="notes.txt")
        await expect(link).to_contain_text("5 bytes")
    await bob.picture("attachments")
    async with bob.page.expect_download() as saving:
        await bob.messages.get_by_role("link", name="notes.txt").click()
    saved = await saving.value
    assert saved.suggested_filename == "notes.txt"
    assert (await saved.path()).read_bytes() == b"hello"

    await bob.button("Show image cat.jpg").click()
    shown = bob.page.get_by_role("dialog", name="cat.jpg", exact=True)
    await expect(shown.get_by_role("img", name="cat.jpg")).to_have_js_property("naturalWidth", 300)
    await bob.picture("lightbox")
    await bob.page.keyboard.press("Escape")
    await expect(shown).to_have_count(0)

    # What is deleted is gone for the other one, too.
    await ada.messages.filter(has=ada.page.get_by_role("img", name="cat.jpg")).hover()
    await ada.button("Delete").click()
    await ada.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(bob.messages.get_by_role("img", name="cat.jpg")).to_have_count(0)
    await bob.sees("This message was deleted.")
