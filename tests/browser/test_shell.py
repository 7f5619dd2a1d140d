"""The ways around the client: the keyboard, the quick switcher, settings, notifications, looks."""

from __future__ import annotations

import os
from pathlib import Path

from parley_sdk import Api
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows
from tests.browser.window import PASSWORD, WAIT_MS, Window
from tests.local_stack import LocalStack
from tests.system.conftest import eventually

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# The browser's own notifications, noted down as they are shown.
NOTED = """
window.shown = [];
window.Notification = class extends window.Notification {
  constructor(title, options) {
    super(title, options);
    window.shown.push(`${title}: ${options.body}`);
  }
};
"""


def _name(word: str) -> str:
    return f"{word}-{os.urandom(4).hex()}"


async def violations(page: Page) -> list[str]:
    """What is wrong with a page by the rules of axe-core, WCAG 2.2 AA and its best practices."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run(document)")
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


async def _write_to(ada: Window, *names: str) -> None:
    """Choose several people by the keyboard alone, and be in a room with just them."""
    await ada.button("Write to people").click()
    chosen = ada.page.get_by_role("list", name="Chosen people").get_by_role("listitem")
    for number, name in enumerate(names, 1):
        await expect(ada.page.get_by_role("dialog").get_by_role("searchbox")).to_be_focused()
        await ada.page.keyboard.type(name)
        await expect(ada.button(f"Choose {name}")).to_be_visible()
        await ada.page.keyboard.press("Enter")
        await expect(chosen).to_have_count(number)
    await ada.button("Write to them all").click()
    heading = ada.page.get_by_role("heading", level=1)
    for name in names:
        await expect(heading).to_contain_text(name)


async def test_a_room_and_a_person_are_a_few_letters_away(window: Windows) -> None:
    """Ctrl and K, letters, Enter: a room opens; a person's name opens the room of the two. Several
    people are chosen one by one, and have a room as well."""
    tea, cake = _name("Tea"), _name("Cake")
    ada_name, bob_name = _name("ada"), _name("bob")
    ada, bob = await window(), await window()
    await ada.sign_up(ada_name)
    await bob.sign_up(bob_name)
    await ada.create_room(tea)
    await ada.create_room(cake)
    await expect(ada.page.get_by_role("heading", name=cake, exact=True, level=1)).to_be_visible()
    keys = ada.page.keyboard
    await keys.press("Control+k")
    await expect(ada.page.get_by_role("dialog", name="Jump to")).to_be_visible()
    await keys.type(tea[:6])
    hits = ada.page.get_by_role("listbox", name="Rooms and people").get_by_role("option")
    await expect(hits.first).to_contain_text(tea)
    await keys.press("Enter")
    await expect(ada.page.get_by_role("heading", name=tea, exact=True, level=1)).to_be_visible()

    await keys.press("Control+k")
    await keys.type(bob_name)
    await expect(ada.page.get_by_role("option", name=bob_name)).to_be_visible()
    await keys.press("Enter")
    heading = ada.page.get_by_role("heading", name=bob_name, exact=True, level=1)
    await expect(heading).to_be_visible()
    await ada.say("Only for you.")
    await bob.page.get_by_role("link", name=f"{ada_name}, 1 unread", exact=True).click()
    await bob.sees("Only for you.")

    cyd_name = _name("cyd")
    async with Api(ada.url) as api:
        await api.register(cyd_name, PASSWORD)
    await _write_to(ada, bob_name, cyd_name)
    await ada.say("For the two of you.")
    await expect(bob.rooms.filter(has_text=cyd_name)).to_have_count(1)

    await keys.press("Alt+ArrowDown")
    await expect(ada.page.get_by_role("heading", name=cake, exact=True, level=1)).to_be_visible()
    await ada.page.get_by_role("log", name="Messages", exact=True).focus()
    await keys.press("?")
    await expect(ada.page.get_by_role("tab", name="Keyboard", selected=True)).to_be_visible()
    await keys.press("Escape")
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)


async def test_one_message_makes_one_notification_however_many_tabs(
    stack: LocalStack, window: Windows
) -> None:
    """Two tabs of one person: one of them tells of a message; when it is closed the other does."""
    tea, ada_name = _name("Tea"), _name("ada")
    ada, bob = await window(), await window()
    browser = ada.page.context
    await browser.grant_permissions(["notifications"])
    await browser.add_init_script(NOTED)
    await ada.sign_up(ada_name)
    await ada.create_room(tea)
    await bob.sign_up(_name("bob"))
    await bob.join(tea)
    await ada.page.get_by_role("link", name="Parley", exact=True).click()
    await ada.button("Settings").click()
    await ada.page.get_by_role("tab", name="Notifications").click()
    await ada.page.get_by_role("checkbox", name="Show notifications on the desktop").check()
    await ada.page.keyboard.press("Escape")
    other = Window(await browser.new_page(), stack.url, None)
    await other.open()
    await other.is_connected()

    async def shown() -> list[str]:
        pages = [one.page for one in (ada, other) if not one.page.is_closed()]
        return [text for page in pages for text in await page.evaluate("window.shown")]

    await bob.say("hello")
    for one in (ada, other):
        link = one.page.get_by_role("link", name=f"{tea}, 1 unread", exact=True)
        await expect(link).to_be_visible(timeout=WAIT_MS)
        await expect(one.page).to_have_title("(1) Parley")

    async def is_told() -> bool:
        return len(await shown()) > 0

    await eventually(is_told, WAIT_MS / 1000)
    (text,) = await shown()
    assert text.endswith(f"in {tea}: hello")

    await ada.page.close()
    await bob.say("still there?")
    link = other.page.get_by_role("link", name=f"{tea}, 2 unread", exact=True)
    await expect(link).to_be_visible(timeout=WAIT_MS)
    await eventually(is_told, WAIT_MS / 1000)
    (text,) = await shown()
    assert text.endswith("still there?")
    await link.click()
    await other.sees("still there?")
    await bob.say("you see this")
    await other.sees("you see this")
    assert len(await shown()) == 1
    assert other.complaints == []


async def test_every_main_view_keeps_the_rules_of_accessibility(window: Windows) -> None:
    """No violation of axe-core's rules, in the light and in the dark theme."""
    ada = await window()
    tea = _name("Tea")
    await ada.open()
    # Whether somebody is signed in is asked first; until that is known there is nothing to see.
    await expect(ada.button("Sign in")).to_be_visible()
    found = {"sign in": await violations(ada.page)}
    await ada.sign_up(_name("ada"))
    found["nobody's home"] = await violations(ada.page)
    await ada.create_room(tea)
    await ada.say("Hello.")
    found["room"] = await violations(ada.page)
    await ada.page.emulate_media(color_scheme="dark")
    found["room, dark"] = await violations(ada.page)
    await ada.button("Room settings").click()
    for tab in await ada.page.get_by_role("tab").all():
        await tab.click()
        found[f"room: {await tab.inner_text()}"] = await violations(ada.page)
    await ada.page.keyboard.press("Escape")
    await ada.button("Settings").click()
    for tab in await ada.page.get_by_role("tab").all():
        await tab.click()
        found[f"settings: {await tab.inner_text()}"] = await violations(ada.page)
    await ada.page.keyboard.press("Escape")
    await ada.page.keyboard.press("Control+k")
    found["switcher"] = await violations(ada.page)
    await ada.page.keyboard.press("Escape")
    await ada.button("Write to people").click()
    found["write"] = await violations(ada.page)
    await ada.page.keyboard.press("Escape")
    await ada.button("Browse rooms").click()
    await expect(ada.page.get_by_role("list", name="Public rooms")).to_contain_text(tea)
    found["browse"] = await violations(ada.page)
    assert {view: wrong for view, wrong in found.items() if wrong} == {}


async def test_a_theme_is_chosen_once_for_all_tabs_and_visits(window: Windows) -> None:
    """The choice is on the page at once, and still there when it is loaded anew."""
    ada = await window(color_scheme="light")
    await ada.sign_up(_name("ada"))
    root = ada.page.locator("html")
    await ada.page.keyboard.press("Control+,")
    await ada.page.get_by_role("tab", name="Appearance").click()
    await ada.page.get_by_role("radio", name="Dark").check()
    await expect(root).to_have_css("color-scheme", "dark")
    await ada.page.reload()
    await expect(root).to_have_css("color-scheme", "dark")


async def test_a_message_is_found_and_leads_to_where_it_stands(window: Windows) -> None:
    """Words, a room to look in, the hit with its words marked; a press on it opens the place."""
    tea, cake = _name("Tea"), _name("Cake")
    ada = await window()
    await ada.sign_up(_name("ada"))
    await ada.create_room(cake)
    await ada.say("The kettle is broken.")
    await ada.page.get_by_role("link", name="Parley", exact=True).click()
    await ada.create_room(tea)
    await ada.say("Who has the kettle?")
    await ada.button("Search").click()
    field = ada.page.get_by_role("searchbox", name="Search", exact=True)
    hits = ada.page.get_by_role("list", name="Messages found").get_by_role("listitem")

    async def found() -> bool:
        """What was said a moment ago may not be in the index yet: look again."""
        await field.press("Enter")
        await expect(ada.page.get_by_role("status").filter(has_text="message")).to_be_visible()
        return await hits.count() == 2

    await field.fill("kettle")
    await eventually(found, 20)
    assert await violations(ada.page) == []
    await ada.page.get_by_role("combobox", name="In", exact=True).select_option(label=cake)
    await expect(hits).to_have_count(1)
    await expect(hits.locator("mark")).to_have_text(["kettle"])
    await hits.get_by_role("link").click()
    await ada.sees("The kettle is broken.")
    assert "?at=" in ada.page.url
    await ada.page.go_back()
    await expect(hits).to_have_count(1)
