"""Two people in two windows, through two gateways: from the first account to a lost network."""

from __future__ import annotations

import asyncio
import os
import urllib.request

from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.network import network_to
from tests.browser.window import Window
from tests.local_stack import LocalStack
from tests.system.conftest import eventually

NOTICED_SECONDS = 40
"""How long after a network vanished everything is there again (a promise of the client)."""


def _name(word: str) -> str:
    return f"{word}-{os.urandom(4).hex()}"


def _connections(stack: LocalStack) -> list[float]:
    """How many sockets each gateway has."""
    counts = []
    for name, process in sorted(stack.processes.items()):
        if name.startswith("gateway"):
            url = f"http://127.0.0.1:{process.private_port}/metrics"
            with urllib.request.urlopen(url) as answer:
                lines = answer.read().decode().splitlines()
            (line,) = [one for one in lines if one.startswith("parley_gateway_connections ")]
            counts.append(float(line.split()[1]))
    return counts


async def _through(stack: LocalStack, count: int) -> None:
    """Wait until there are so many sockets, as many on the one gateway as on the other."""

    async def even() -> bool:
        counts = await asyncio.to_thread(_connections, stack)
        return sum(counts) == count and max(counts) == min(counts)

    await eventually(even, 20)


async def _chooses_what_is_seen(ada: Window, bob: Window, bob_name: str) -> None:
    """What bob says beside his status stands beside his name, until he hides, and after it."""
    await bob.button("Settings").click()
    await bob.field("Your words").fill("Back at four")
    await bob.button("Show status message").click()
    shown = ada.members.filter(has_text="Back at four")
    await expect(shown).to_have_accessible_name(f"{bob_name}, online")
    await bob.page.get_by_role("tab", name="Privacy", exact=True).click()
    shows = bob.page.get_by_role("checkbox", name="Show others whether I am here")
    await expect(shows).to_be_checked()
    await shows.click()
    gone = ada.page.get_by_role("listitem", name=f"{bob_name}, offline", exact=True)
    await expect(gone).to_have_count(1)
    await expect(shown).to_have_count(0)
    await shows.click()
    await expect(shown).to_have_accessible_name(f"{bob_name}, online")
    await bob.page.keyboard.press("Escape")


async def test_two_people_meet_talk_and_come_back(stack: LocalStack, window: Windows) -> None:
    """Register, make a room, invite, talk, see typing and presence, reload and find it all."""
    ada_name, bob_name, room = _name("ada"), _name("bob"), _name("Tea")
    ada, bob = await window(), await window()
    await ada.open()
    await ada.picture("sign-in")
    await ada.sign_up(ada_name)
    await bob.sign_up(bob_name)
    await ada.picture("no-room")
    await _through(stack, 2)

    await ada.create_room(room, private=True)
    await ada.page.get_by_role("textbox", name="Add person", exact=True).fill(bob_name)
    await ada.button("Add").click()
    await expect(ada.members.filter(has_text=bob_name)).to_have_count(1)
    await bob.rooms.filter(has_text=room).click()
    await expect(bob.field("Message")).to_be_visible()
    for one in (ada, bob):
        for name in (ada_name, bob_name):
            item = one.page.get_by_role("listitem", name=f"{name}, online", exact=True)
            await expect(item).to_have_count(1)

    await ada.say("Hello, Bob.")
    await bob.sees("Hello, Bob.")
    await bob.field("Message").press_sequentially("I am", delay=20)
    await expect(ada.says("Typing")).to_contain_text(bob_name)
    await ada.picture("typing")
    await bob.say("I am here.")
    await ada.sees("I am here.")
    await expect(ada.says("Typing")).to_have_text("")
    sent = ada.messages.filter(has_text="I am here.")
    await expect(sent.locator("time[datetime]")).to_have_count(1)
    await expect(sent).to_contain_text(bob_name)

    before = await ada.texts()
    await ada.page.reload()
    await ada.is_connected()
    await ada.sees("Hello, Bob.")
    assert await ada.texts() == before
    await bob.say("Still there?")
    await ada.sees("Still there?")
    await ada.picture("conversation")
    await _chooses_what_is_seen(ada, bob, bob_name)

    await bob.button("Sign out").click()
    await expect(bob.button("Sign in")).to_be_visible()
    gone = ada.page.get_by_role("listitem", name=f"{bob_name}, offline", exact=True)
    await expect(gone).to_have_count(1)
    await bob.sign_in(bob_name)
    await bob.rooms.filter(has_text=room).click()
    await bob.sees("Still there?")


async def test_unread_is_counted_until_it_is_seen(window: Windows) -> None:
    """A public room is found and joined; what is said while one looks elsewhere is counted."""
    ada_name, tea, cake = _name("ada"), _name("Tea"), _name("Cake")
    ada, bob = await window(), await window()
    await ada.sign_up(ada_name)
    await bob.sign_up(_name("bob"))
    await ada.create_room(tea)
    await bob.join(tea)
    await bob.create_room(cake)
    await ada.say("one")
    await ada.say("two")
    link = bob.page.get_by_role("link", name=f"{tea}, 2 unread", exact=True)
    await expect(link).to_have_count(1)
    await bob.picture("unread")
    await link.click()
    await bob.sees("two")
    read = bob.page.get_by_role("link", name=tea, exact=True)
    await expect(read).to_have_count(1)
    await bob.page.reload()
    await bob.sees("one")
    await expect(read).to_have_count(1)


async def test_text_is_shown_as_text(window: Windows) -> None:
    """Markup, quotes and statements are what somebody said, and nothing else; so are names."""
    ada = await window()
    await ada.sign_up(_name("ada"))
    text = '<img src=x onerror=alert(1)> <b>bold</b> \'; DROP TABLE messages; -- & "quoted"'
    await ada.create_room("<i>Tea</i>")
    await ada.say(text)
    await expect(ada.messages.last).to_contain_text(text)
    assert await ada.messages.locator("img, b").count() == 0
    await expect(ada.rooms.filter(has_text="<i>Tea</i>")).to_have_count(1)


async def test_a_network_that_vanishes_costs_nothing(stack: LocalStack, window: Windows) -> None:
    """No FIN, no answer: within 40 s the page has noticed, is back, and has missed nothing; what
    was typed meanwhile went out once."""
    room, ada_name = _name("Tea"), _name("ada")
    async with network_to(stack.url) as network:
        ada, bob = await window(network.url), await window()
        await ada.sign_up(ada_name)
        await bob.sign_up(_name("bob"))
        await ada.create_room(room)
        await bob.join(room)
        await ada.say("before")
        await bob.sees("before")
        async with asyncio.timeout(NOTICED_SECONDS):
            network.vanish()
            await ada.field("Message").fill("said into the void")
            await ada.button("Send").click()
            for number in range(5):
                await bob.say(f"missed {number}")
            await ada.sees("missed 4", seconds=NOTICED_SECONDS)
            await bob.sees("said into the void", seconds=NOTICED_SECONDS)
        await ada.is_connected()
        for number in range(5):
            await ada.sees(f"missed {number}")
        await _same(ada, bob)


async def _same(one: Window, other: Window) -> None:
    """Both show the same messages in the same order."""
    await one.sees("said into the void")

    async def bodies(window: Window) -> list[str]:
        # The last line of each: the sender's name may be said once for several in a row.
        return [text.split("\n")[-1].strip() for text in await window.texts()]

    async def equal() -> bool:
        return await bodies(one) == await bodies(other)

    await eventually(equal, 10)
