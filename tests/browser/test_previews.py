"""Previews of links in the browser client: shown as words, leading where they say, switched off."""

from __future__ import annotations

import os
import re

from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.window import WAIT_MS
from tests.media import pictures_pillow as pictures
from tests.services.test_outbound_httpcore import HOME, answering, server

PAGE = (
    b"<meta property=og:title content='&lt;b&gt;Tea&lt;/b&gt;'>"
    b"<meta property=og:description content='How to make it'>"
    b"<meta property=og:image content=/favicon.ico><body>"
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b"
ICON = pictures.picture("PNG", (180, 180))
ANSWERS = {"/tea": ANSWER % (len(PAGE), PAGE), "/favicon.ico": ANSWER % (len(ICON), ICON)}


async def test_where_a_link_leads_is_shown(window: Windows) -> None:
    """Under the message, without a reload; markup of the page is text; the room does without."""
    ada = await window()
    await ada.sign_up(f"ada-{os.urandom(4).hex()}")
    await ada.create_room(f"Tea-{os.urandom(4).hex()}")
    async with server(answering(ANSWERS, [])) as port:
        link = f"http://{HOME}:{port}/tea"
        await ada.say(link)
        card = ada.messages.get_by_role("list", name="Links", exact=True).get_by_role("listitem")
        await expect(card).to_contain_text(f"{HOME}:{port}", timeout=WAIT_MS)
        await expect(card).to_contain_text("How to make it")
        title = card.get_by_role("link", name="<b>Tea</b>", exact=True)
        await expect(title).to_have_attribute("href", link)
        await expect(title).to_have_attribute("rel", "noopener noreferrer nofollow")
        # They are there and nobody is asked; and they have no names, for they say nothing.
        shown = card.locator('img[alt=""]')
        await expect(shown).to_have_count(2)
        for image, width in ((shown.first, 160), (shown.last, 32)):
            await expect(image).to_have_attribute("src", re.compile("^data:image/webp;base64,"))
            await expect(image).to_have_js_property("naturalWidth", width)
        await ada.picture("previews")
    await ada.button("Room settings").click()
    choice = ada.page.get_by_role("checkbox", name="Show what links lead to")
    await expect(choice).to_be_checked()
    await choice.uncheck()
    await expect(ada.page.get_by_text("switched link previews off")).to_be_attached(timeout=WAIT_MS)
    await ada.page.reload()
    await ada.is_connected()
    await expect(title).to_be_attached(timeout=WAIT_MS)
    await ada.button("Room settings").click()
    await expect(choice).not_to_be_checked()
