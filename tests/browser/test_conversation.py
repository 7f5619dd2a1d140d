"""What people do to what is said: read up, answer, change, delete; with a mouse or without."""

from __future__ import annotations

import asyncio
import os

from parley_sdk import Api, Client
from playwright.async_api import Locator, expect

from tests.browser.conftest import Windows
from tests.browser.window import PASSWORD, WAIT_MS, Window
from tests.local_stack import LocalStack

MESSAGES = 180
"""More than the newest page and one above it; more than is laid out at once by far."""
READ_SECONDS = 90
"""So that a stand-still says where it stands."""
AT_ONCE = 45
"""Said by one person in a row, below what anybody may say in ten seconds."""

# A message in sight by its key, and where it stands; with a key, where that one stands.
STANDS = """(wanted) => {
  const log = document.querySelector('[role=log]');
  const top = log.getBoundingClientRect().top;
  for (const one of log.querySelectorAll('article')) {
    const at = one.getBoundingClientRect().top;
    if (wanted ? one.dataset.key === wanted : at >= top + 60) return [one.dataset.key, at];
  }
}"""
FRAMES = "() => new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))"
# Whether nothing of an element is cut off by the end of what it is scrolled in.
ENDS_ABOVE = """(one) => {
  const log = one.closest("[role=log]").getBoundingClientRect();
  return one.getBoundingClientRect().bottom <= log.bottom;
}"""
HIDES = "(one) => one.clientHeight === 0 && getComputedStyle(one).overflow === 'hidden'"
HELD = "() => document.querySelectorAll('[role=log] article').length"
# Script that would run if anything of a message were taken for markup.
EVIL = (
    '<img src=x onerror="window.pwned=1">',
    "<script>window.pwned=1</script>",
    "[click](javascript:window.pwned=1)",
    "[click](data:text/html,<script>window.pwned=1</script>)",
    "**<svg onload=window.pwned=1>**",
    "> <iframe srcdoc='<script>parent.pwned=1</script>'>",
    "```\n</code><script>window.pwned=1</script>\n```",
    "- <a href='javascript:window.pwned=1'>x</a>",
    'https://example.org/"onmouseover="window.pwned=1',
    "{{constructor.constructor('window.pwned=1')()}}",
)


def _name(word: str) -> str:
    return f"{word}-{os.urandom(4).hex()}"


def _tool(message: Locator, name: str) -> Locator:
    return message.get_by_role("button", name=name, exact=True)


def _room_of(window: Window) -> str:
    return window.page.url.rsplit("/", 1)[1]


async def _said(stack: LocalStack, room: str, texts: list[str]) -> list[int]:
    """Have several people join a room and say this one after the other; give the places."""
    places = []
    for begin in range(0, len(texts), AT_ONCE):
        async with Api(stack.url) as api:
            await api.register(_name("cyd"), PASSWORD)
            await api.join(room)
            async with Client(stack.url, api.tokens) as client:
                # What one connection sends stays in its order, though nobody waits in between.
                sends = [client.send(room, text) for text in texts[begin : begin + AT_ONCE]]
                places += [sent.seq for sent in await asyncio.gather(*sends)]
    return places


WHEEL_PIXELS = 400


async def _read_up(window: Window) -> None:
    """Scroll to the very beginning; what is in sight moves by what one scrolled, never further."""
    page = window.page
    log = page.get_by_role("log", name="Messages", exact=True)
    await log.hover()
    beginning = page.get_by_text("This is the beginning of the room.")
    for _ in range(100):
        key, before = await page.evaluate(STANDS)
        await page.mouse.wheel(0, -WHEEL_PIXELS)
        await page.evaluate(FRAMES)
        _, after = await page.evaluate(STANDS, key)
        assert -2 <= after - before <= WHEEL_PIXELS + 2, f"{key} went from {before} to {after}"
        await expect(log).to_have_attribute("aria-busy", "false")  # older ones came, if any
        await page.evaluate(FRAMES)
        _, settled = await page.evaluate(STANDS, key)
        assert abs(settled - after) <= 2, f"{key} was moved from {after} to {settled}"
        if await beginning.count():
            return
    raise AssertionError("the beginning was never reached")


async def _read_down(window: Window, text: str) -> None:
    """Scroll by the wheel, which ends the way to whatever was sought, until a message is there."""
    page = window.page
    log = page.get_by_role("log", name="Messages", exact=True)
    await log.hover()
    wanted = window.messages.filter(has_text=text)
    while not await wanted.count():
        await page.mouse.wheel(0, WHEEL_PIXELS)
        await page.evaluate(FRAMES)
        await expect(log).to_have_attribute("aria-busy", "false")


async def test_a_long_room_is_read_up_without_a_jump(stack: LocalStack, window: Windows) -> None:
    """Older messages come as one scrolls; few are laid out at once; an address leads to each."""
    ada_name, room = _name("ada"), _name("Tea")
    ada = await window()
    await ada.sign_up(ada_name)
    await ada.create_room(room)
    place = _room_of(ada)
    sent = await _said(stack, place, [f"line {number} of many" for number in range(MESSAGES)])
    await ada.sees(f"line {MESSAGES - 1} of many")
    tools = _tool(ada.messages.last, "Reply").locator("..")
    await expect(tools).to_be_visible()
    assert await tools.evaluate(ENDS_ABOVE)
    async with asyncio.timeout(READ_SECONDS):
        await _read_up(ada)
    await ada.sees("line 0 of many")
    assert await ada.page.evaluate(HELD) < 120
    # Of one who goes on the time is not shown until it is pointed at, nor does it take any place.
    following = ada.messages.filter(has_text="line 3 of many").locator("header")
    assert await following.evaluate(HIDES)

    await ada.button("To the newest").click()
    await ada.sees(f"line {MESSAGES - 1} of many")
    # Afresh: what the browser kept is shown first, and what is sought is not in it.
    await ada.page.goto(f"{ada.url}/rooms/{place}?at={sent[30]}")
    linked = ada.messages.filter(has_text="line 30 of many")
    await expect(linked).to_be_in_viewport(timeout=WAIT_MS)
    # It is looked at apart from the newest, and goes on both ways.
    async with asyncio.timeout(READ_SECONDS):
        await _read_down(ada, "line 90 of many")
    await ada.say("back at the end")
    await expect(ada.messages.last).to_contain_text("back at the end")
    await expect(ada.messages.filter(has_text=f"line {MESSAGES - 1} of many")).to_be_visible()


async def test_two_people_answer_react_edit_and_delete(window: Windows) -> None:
    """Each sees at once what the other does to a message, and who did it; who is named in one is a
    press away."""
    ada_name, bob_name, room = _name("ada"), _name("bob"), _name("Tea")
    ada, bob = await window(), await window()
    await ada.sign_up(ada_name)
    await bob.sign_up(bob_name)
    await ada.create_room(room)
    await bob.join(room)
    await expect(ada.page.get_by_text(f"{bob_name} joined")).to_be_visible()
    await _write(ada, "Shall we say **four**?")
    hers = bob.messages.first
    await expect(hers).to_contain_text("Shall we say four?")
    await _tool(hers, "Reply").click()
    await _write(bob, "Four it is.")
    # Its words alone, without their marks.
    answer = ada.messages.filter(has_text="Four it is.")
    await expect(answer.locator(".quote")).to_contain_text("Shall we say four?")
    await _react(ada, bob, hers, bob_name)

    await ada.field("Message").press("ArrowUp")
    await expect(ada.field("Message")).to_have_value("Shall we say **four**?")
    await ada.field("Message").fill("Shall we say five?")
    await ada.button("Save").click()
    await expect(bob.messages.filter(has_text="(edited)")).to_contain_text("Shall we say five?")
    # The answer quotes what it says now.
    await expect(bob.messages.filter(has_text="Four it is.")).to_contain_text("five")
    assert await _tool(bob.messages.first, "Edit").count() == 0  # another's text is theirs
    assert await _tool(bob.messages.first, "(edited)").count() == 0  # for who keeps order alone
    await _tool(ada.messages.first, "(edited)").click()
    edits = ada.page.get_by_role("list", name="Edits").get_by_role("listitem")
    await expect(edits).to_contain_text(["Shall we say **four**?", "Shall we say five?"])
    await ada.page.keyboard.press("Escape")

    await _write(bob, f"Do you hear, @{ada_name}?")
    await _tool(ada.messages.last, f"@{ada_name}").click()
    card = ada.page.get_by_role("dialog", name=f"About {ada_name}")
    await expect(card).to_contain_text("Owner of this room")
    await ada.page.keyboard.press("Escape")
    await _pin_and_delete(ada, bob, ada_name)


async def _write(window: Window, text: str) -> None:
    await window.field("Message").fill(text)
    await window.field("Message").press("Enter")


async def _react(ada: Window, bob: Window, hers: Locator, bob_name: str) -> None:
    """Bob chooses an emoji, ada learns whose it is and joins in, and bob takes his back."""
    await _tool(hers, "Add reaction").click()
    await bob.page.get_by_label("Search emoji", exact=True).fill("tada")
    party = bob.page.get_by_role("dialog").get_by_role("gridcell").filter(has_text="🎉")
    await expect(party).to_be_visible()
    await bob.page.keyboard.press("Enter")
    reaction = ada.button("🎉 1")
    await expect(reaction).to_have_attribute("aria-pressed", "false")
    await reaction.hover()
    await expect(reaction).to_have_attribute("title", bob_name)
    await reaction.click()
    await expect(bob.button("🎉 2")).to_have_attribute("aria-pressed", "true")
    await bob.button("🎉 2").click()
    await expect(ada.button("🎉 1")).to_have_attribute("aria-pressed", "true")


async def _pin_and_delete(ada: Window, bob: Window, ada_name: str) -> None:
    """What ada pins is found by bob; what she deletes is nowhere any more."""
    first = ada.messages.filter(has_text="(edited)")
    await _tool(first, "Pin").click()
    await expect(bob.page.get_by_text(f"{ada_name} pinned a message")).to_be_visible()
    await bob.button("Pinned messages").click()
    pins = bob.page.get_by_role("list", name="Pinned messages")
    await expect(pins.get_by_role("listitem")).to_contain_text("Shall we say five?")
    await pins.get_by_role("link").click()
    await expect(bob.messages.filter(has_text="(edited)")).to_be_in_viewport()

    await _tool(first, "Delete").click()
    await ada.page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    for one in (ada, bob):
        await expect(one.messages.first).to_contain_text("This message was deleted.")
        await expect(one.page.get_by_text("five?")).to_have_count(0)
    await bob.page.reload()
    await expect(bob.messages.first).to_contain_text("This message was deleted.")
    await expect(bob.page.get_by_text("five?")).to_have_count(0)
    # Nobody has read on since the page was loaded: how far others are is asked for.
    await expect(bob.page.get_by_text(f"Seen by {ada_name}")).to_have_count(1)


async def test_what_is_new_is_marked_and_found(stack: LocalStack, window: Windows) -> None:
    """A line parts what came meanwhile, and a button leads up to it."""
    ada_name, room = _name("ada"), _name("Tea")
    ada, bob = await window(), await window()
    await ada.sign_up(ada_name)
    await bob.sign_up(_name("bob"))
    await ada.create_room(room)
    await bob.join(room)
    await ada.say("before")
    await bob.sees("before")
    await bob.page.get_by_role("link", name="Parley").click()
    await _said(stack, _room_of(ada), [f"meanwhile {number}." for number in range(AT_ONCE)])
    await bob.page.get_by_role("link", name=f"{room}, {AT_ONCE} unread", exact=True).click()
    await bob.sees(f"meanwhile {AT_ONCE - 1}.")
    await bob.button("Jump to unread").click()
    await expect(bob.messages.filter(has_text="meanwhile 0.")).to_be_in_viewport()
    await expect(bob.page.get_by_text("New", exact=True)).to_be_in_viewport()
    await expect(bob.button("Jump to unread")).to_have_count(0)
    # Unread once more by one's own wish, and it stays so though one looks at it.
    await bob.button("To the newest").click()
    unread = bob.messages.filter(has_text=f"meanwhile {AT_ONCE - 2}.")
    await _tool(unread, "Mark unread from here").click()
    await expect(bob.page.get_by_role("link", name=f"{room}, 2 unread", exact=True)).to_be_visible()
    await ada.say("one more")
    await bob.sees("one more")
    again = bob.page.get_by_role("link", name=f"{room}, 3 unread", exact=True)
    await expect(again).to_be_visible()
    await bob.page.get_by_role("link", name="Parley").click()
    await again.click()
    await expect(bob.page.get_by_role("link", name=room, exact=True)).to_be_visible()


async def test_all_of_it_can_be_done_with_the_keyboard(window: Windows) -> None:
    """From the field into the log, to a message, what can be done to it, and back."""
    ada_name, room = _name("ada"), _name("Tea")
    ada = await window()
    keys = ada.page.keyboard
    await ada.sign_up(ada_name)
    await ada.create_room(room)
    await ada.field("Message").fill("```\nan old poem\n```")
    await keys.press("Enter")
    await ada.sees("an old poem")
    for text in ("one", "two", "three"):
        await ada.say(text)
    await ada.page.get_by_role("log", name="Messages", exact=True).focus()
    await keys.press("ArrowUp")
    await expect(ada.messages.filter(has_text="three")).to_be_focused()
    await keys.press("ArrowUp")
    await keys.press("r")
    await expect(ada.field("Message")).to_be_focused()
    await keys.type("an answer to two")
    await keys.press("Enter")
    await expect(ada.messages.last.get_by_role("link")).to_contain_text("two")

    await keys.type("hello :tad")
    offered = ada.page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    await expect(offered.first).to_contain_text(":tada:")
    await keys.press("Tab")
    await expect(ada.field("Message")).to_have_value("hello 🎉 ")
    await keys.press("Enter")
    await ada.sees("hello 🎉")
    # What is still on its way can't be worded anew.
    edit = ada.messages.last.get_by_role("button", name="Edit", exact=True)
    await expect(edit).to_have_count(1)

    await keys.press("ArrowUp")
    await expect(ada.page.get_by_text("Editing your message")).to_be_visible()
    await keys.press("Escape")
    await expect(ada.page.get_by_text("Editing your message")).to_have_count(0)
    await ada.page.get_by_role("log", name="Messages", exact=True).focus()
    await keys.press("ArrowUp")
    await keys.press("Tab")
    await expect(_tool(ada.messages.last, "Add reaction")).to_be_focused()
    await keys.press("Escape")
    await expect(ada.field("Message")).to_be_focused()

    # What the keyboard comes to above what is in sight stays there, though the log was at its end.
    await ada.field("Message").fill("\n".join(f"{line}" for line in range(30)))
    await keys.press("Enter")
    poem = ada.page.locator("pre").filter(has_text="an old poem")
    await expect(poem).not_to_be_in_viewport()
    await ada.page.get_by_role("log", name="Messages", exact=True).focus()
    await keys.press("Tab")
    await expect(poem).to_be_focused()
    await ada.page.evaluate(FRAMES)
    await expect(poem).to_be_in_viewport()


async def test_a_finger_presses_what_is_in_sight_alone(window: Windows) -> None:
    """The first touch of a message shows what can be done to it, wherever it was touched; three
    dots say that there is something, and lead there too."""
    ada = await window(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    await ada.sign_up(_name("ada"))
    await ada.create_room(_name("Tea"))
    await ada.say("a message that is touched at its right end, where its buttons are")
    message = ada.messages.first
    box = await _tool(message, "Reply").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    more = message.get_by_role("button", name="More actions")
    await message.click(trial=True)  # What moved a moment ago takes no touch yet.
    await ada.page.touchscreen.tap(x, y)
    await expect(message).to_be_focused()
    await expect(ada.page.get_by_text("Replying to")).to_have_count(0)
    await ada.page.touchscreen.tap(x, y)
    await expect(ada.page.get_by_text("Replying to")).to_be_visible()
    await ada.field("Message").tap()
    await more.tap()
    await expect(message).to_be_focused()


async def test_nothing_that_is_said_is_ever_run(window: Windows) -> None:
    """Messages, names and topics are text, whatever is in them; links lead to the web alone."""
    ada = await window()
    await ada.sign_up(_name("ada"))
    await ada.create_room('<img src=x onerror="window.pwned=1">')
    for text in EVIL:
        await ada.field("Message").fill(text)
        await ada.field("Message").press("Enter")
    await expect(ada.messages).to_have_count(len(EVIL))
    await expect(ada.page.get_by_text("sending…")).to_have_count(0)
    assert await ada.page.evaluate("window.pwned") is None
    assert await ada.messages.locator("img, script, iframe, svg[onload]").count() == 0
    links = ada.messages.locator(".text a")
    for link in await links.all():
        assert str(await link.get_attribute("href")).startswith("https://example.org/")
        assert "noopener" in str(await link.get_attribute("rel"))
