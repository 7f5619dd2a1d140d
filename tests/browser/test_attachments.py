"""Files in the browser client: added, sent, seen by another, looked at, refused and taken back."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from playwright.async_api import Response, expect

from tests.browser.conftest import Windows
from tests.browser.test_shell import violations
from tests.browser.window import Window
from tests.media import films_pillow as films
from tests.media import pictures_pillow as pictures

# What a person drags over the page, or has in the clipboard: a file of that name, kind and content.
CARRIED = """([name, type, content]) => {
  const carried = new DataTransfer();
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  carried.items.add(new File([bytes], name, { type }));
  return carried;
}"""
COPY = """async (content) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const image = new Blob([bytes], { type: "image/png" });
  await navigator.clipboard.write([new ClipboardItem({ "image/png": image })]);
}"""
SEEK = """(player) => new Promise((done) => {
  player.onseeked = () => done(player.currentTime);
  player.currentTime = player.duration - 1;
})"""


def _name(word: str) -> str:
    return f"{word}-{os.urandom(4).hex()}"


async def _picture(ada: Window, bob: Window, room: str, broken: Path, cat: Path) -> None:
    """The room gets a picture, which both see beside its name, and loses it; it keeps its sign."""
    await ada.button("Room settings").click()
    dialog = ada.page.get_by_role("dialog", name=room, exact=True)
    field = dialog.get_by_label("Picture", exact=True)
    await field.set_input_files(broken)
    await expect(dialog.get_by_text("That is no picture that can be shown")).to_be_visible()
    await field.set_input_files(cat)
    await expect(dialog.get_by_text("Saved.")).to_be_visible()
    assert await violations(ada.page) == []
    await ada.page.keyboard.press("Escape")
    signs = [one.rooms.filter(has_text=room).locator("img") for one in (ada, bob)]
    for sign in signs:
        await expect(sign).to_have_js_property("naturalWidth", 120)
    heading = bob.page.locator("header", has=bob.page.get_by_role("heading", name=room, level=1))
    await expect(heading.locator("img")).to_have_class("room-picture there")
    await bob.picture("room picture")
    await ada.button("Room settings").click()
    await ada.button("Remove picture").click()
    await expect(dialog.get_by_text("Removed.")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    for sign in signs:
        await expect(sign).to_have_count(0)
    await expect(bob.rooms.filter(has_text=room).locator("svg")).to_have_count(1)


async def _face(ada: Window, bob: Window, name: str, broken: Path, cat: Path) -> None:
    """Ada gets a picture, which bob sees beside her words and her name, and loses it."""
    await ada.button("Settings").click()
    dialog = ada.page.get_by_role("dialog", name="Settings", exact=True)
    field = dialog.get_by_label("Picture", exact=True)
    await field.set_input_files(broken)
    await expect(dialog.get_by_text("That is no picture that can be shown")).to_be_visible()
    await field.set_input_files(cat)
    await expect(dialog.get_by_text("Saved.")).to_be_visible()
    faces = [
        dialog.locator(".person img"),
        ada.page.locator(".self img"),
        bob.messages.locator(".face img").first,
        bob.members.filter(has_text=name).locator("img"),
    ]
    for face in faces:
        await expect(face).to_have_js_property("naturalWidth", 256)
        await expect(face).to_have_class("there")
    assert await violations(ada.page) == []
    await ada.picture("profile picture")
    await bob.page.reload()
    for face in faces[2:]:
        await expect(face).to_have_class("there")
    await bob.picture("faces")
    await ada.button("Remove picture").click()
    await expect(dialog.get_by_text("Removed.")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    for face in faces:
        await expect(face).to_have_count(0)


async def test_a_picture_is_attached_seen_and_looked_at(window: Windows, tmp_path: Path) -> None:
    """By the button, and by dropping it; the other person sees it without a reload, and a file
    that is no picture is there to be saved."""
    ada, bob = await window(), await window()
    room, name = _name("Tea"), _name("ada")
    await ada.sign_up(name)
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
    chosen = waiting.get_by_role("listitem").filter(has_text="cat.jpg").locator("img")
    await expect(chosen).to_have_js_property("naturalWidth", 300)
    await ada.picture("uploads")
    await ada.button("Send").click()
    await expect(ada.page.get_by_text("Not every file is uploaded yet")).to_be_visible()
    # It goes out by itself once nothing is in its way.
    await ada.button("Remove broken.png").click()
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

    await _picture(ada, bob, room, broken, cat)
    await _face(ada, bob, name, broken, cat)

    # What is deleted is gone for the other one, too.
    await ada.messages.filter(has=ada.page.get_by_role("img", name="cat.jpg")).hover()
    await ada.button("Delete").click()
    await ada.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(bob.messages.get_by_role("img", name="cat.jpg")).to_have_count(0)
    await bob.sees("This message was deleted.")


async def drop(window: Window, name: str, kind: str, content: bytes) -> None:
    """Drag a file over the page and let it go; the page says in between that it may be."""
    given = [name, kind, base64.b64encode(content).decode()]
    carried = await window.page.evaluate_handle(CARRIED, given)
    await window.page.dispatch_event("body", "dragover", {"dataTransfer": carried})
    await expect(window.page.locator("form.composer")).to_have_class("composer dropping")
    await window.page.dispatch_event("body", "drop", {"dataTransfer": carried})


async def test_what_was_to_be_sent_goes_out_with_the_last_of_its_files(window: Windows) -> None:
    """Enter, while one is on its way, is enough; who writes on says again when they are done."""
    ada = await window()
    await ada.sign_up(_name("ada"))
    await ada.create_room(_name("Tea"))
    slow = await ada.page.context.new_cdp_session(ada.page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 5_000}
    await slow.send("Network.enable")
    await slow.send("Network.emulateNetworkConditions", limits)
    note = ada.page.get_by_text("Not every file is uploaded yet")
    await drop(ada, "plan.bin", "", bytes(20_000))
    await ada.field("Message").fill("the plan")
    await ada.field("Message").press("Enter")
    await expect(note).to_be_visible()
    await ada.field("Message").fill("the plan, at last")
    await expect(note).to_be_hidden()
    await ada.field("Message").press("Enter")
    await expect(note).to_be_visible()
    await ada.sees("the plan, at last")
    await expect(ada.messages.get_by_role("link", name="plan.bin")).to_be_visible()
    await expect(ada.field("Message")).to_have_value("")
    await expect(ada.messages).to_have_count(1)


async def test_files_are_pasted_dropped_cancelled_and_played(
    window: Windows, tmp_path: Path
) -> None:
    """What is uploaded is still there after a reload; what is on its way is ended by a button; a
    sound is played from its end without its middle, also where its URL has ended meanwhile."""
    ada = await window(permissions=["clipboard-read", "clipboard-write"])
    await ada.sign_up(_name("ada"))
    await ada.create_room(_name("Tea"))
    waiting = ada.page.get_by_role("list", name="Files to send", exact=True)
    items = waiting.get_by_role("listitem")

    # On its way for ever, until somebody wants it no more.
    slow = await ada.page.context.new_cdp_session(ada.page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 5_000}
    await slow.send("Network.enable")
    await slow.send("Network.emulateNetworkConditions", limits)
    await drop(ada, "large.bin", "", bytes(300_000))
    await expect(waiting.get_by_role("progressbar", name="Uploading large.bin")).to_be_visible()
    async with ada.page.expect_event("requestfailed", lambda one: one.url.endswith("/v1/media")):
        await ada.button("Cancel large.bin").click()
    await expect(waiting).to_have_count(0)
    await slow.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": -1})

    await ada.page.evaluate(COPY, base64.b64encode(pictures.picture("PNG", (30, 20))).decode())
    await ada.field("Message").press("ControlOrMeta+v")
    await expect(ada.button("Remove image.png")).to_be_visible()
    await drop(ada, "film.webm", "video/webm", films.film())
    (tmp_path / "sound.wav").write_bytes(films.sound())
    await ada.page.locator("form.composer input[type=file]").set_input_files(tmp_path / "sound.wav")
    await expect(items).to_have_count(3)
    await expect(waiting.get_by_role("progressbar")).to_have_count(0)
    await expect(waiting.get_by_role("alert")).to_have_count(0)

    await ada.page.reload()
    await expect(items).to_have_count(3)
    await ada.is_connected()
    await ada.button("Send").click()
    await expect(waiting).to_have_count(0)
    image = ada.messages.get_by_role("img", name="image.png", exact=True)
    await expect(image).to_have_js_property("naturalWidth", 30)
    film = ada.messages.locator("video")
    await expect(film).to_have_js_property("videoWidth", 64)
    await expect(film).to_have_js_property("duration", 4)

    parts: list[str] = []

    def part(response: Response) -> None:
        if response.status == 206:
            parts.append(response.headers["content-range"])

    ada.page.on("response", part)
    sound = ada.messages.locator("audio")
    await expect(sound).to_have_js_property("duration", 120)
    assert await sound.evaluate(SEEK) == 119
    assert any(not one.startswith("bytes 0-") for one in parts), parts
    # As if its URL had ended: another one is asked for, and leads to the same place.
    await ada.page.route("**/original?*", lambda route: route.fulfill(status=403), times=1)
    async with ada.page.expect_response("**/v1/media/sign"):
        await sound.evaluate("(player) => { player.currentTime = 60; }")
    await expect(sound).to_have_js_property("currentTime", 60)
