"""What the client owes whoever writes where the network is bad: nothing lost, nothing double."""

from __future__ import annotations

import asyncio
import os
import re

from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.network import network_to
from tests.browser.window import WAIT_MS, Window
from tests.local_stack import LocalStack
from tests.system.conftest import eventually

SAID = ("first", "second", "third")


def _name(word: str) -> str:
    return f"{word}-{os.urandom(4).hex()}"


async def test_what_was_written_offline_goes_out_once_and_in_order(
    stack: LocalStack, window: Windows
) -> None:
    """Three messages without a network, the tab closed and opened again, still without one: the
    page, the room and the three are there, and what is not says why. With the network back
    everybody has them, once."""
    tea = _name("Tea")
    async with network_to(stack.url) as network:
        ada, bob = await window(network.url), await window()
        await ada.sign_up(_name("ada"))
        await bob.sign_up(_name("bob"))
        await ada.create_room(tea)
        await bob.join(tea)
        await bob.say("before")
        await ada.sees("before")
        await ada.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        address = ada.page.url
        network.cut()
        for text in SAID:
            await ada.say(text)
        await expect(ada.says("Connection")).to_contain_text("3 messages wait", timeout=WAIT_MS)
        again = Window(await ada.page.context.new_page(), network.url, None)
        await ada.page.close()

        await again.page.goto(address)
        await again.sees("before")
        for text in SAID:
            await again.sees(text)
        await expect(again.says("Connection")).to_contain_text("3 messages wait")
        await again.button("Settings").click()
        await again.page.get_by_role("tab", name="Devices").click()
        await expect(again.page.get_by_text("There is no connection.")).to_be_visible()
        await network.mend()
        await expect(again.page.get_by_text("This device")).to_be_visible(timeout=40_000)
        await again.page.keyboard.press("Escape")
        for text in SAID:
            await bob.sees(text, seconds=40)
        await again.is_connected()
        wanted = ["before", *SAID]
        for one in (bob, again):
            await expect(one.messages).to_have_count(len(wanted))
            assert [text.split("\n")[-1].strip() for text in await one.texts()] == wanted
        # And nothing is sent once more by whoever comes next.
        await again.page.reload()
        await again.is_connected()
        await bob.say("after")
        await again.sees("after")
        for one in (bob, again):
            await expect(one.messages).to_have_count(len(wanted) + 1)
        assert again.complaints == []


async def test_a_gateway_that_is_killed_while_one_writes_costs_nothing(
    stack: LocalStack, window: Windows
) -> None:
    """The draft stays, what was said meanwhile is there, and the line says what happened."""
    tea = _name("Tea")
    ada, bob = await window(), await window()
    await ada.sign_up(_name("ada"))
    await bob.sign_up(_name("bob"))
    await ada.create_room(tea)
    await bob.join(tea)
    await ada.say("one")
    await bob.sees("one")
    await ada.field("Message").press_sequentially("half a sen")
    killed = {}
    for name in [name for name in stack.processes if name.startswith("gateway")]:
        killed[name] = await asyncio.to_thread(stack.kill, name)
    nothing_lost = re.compile(r"^Connected.* in [\d.]+ s, nothing lost$")
    await expect(ada.says("Connection")).to_have_text(nothing_lost, timeout=WAIT_MS)
    await ada.is_connected()
    await bob.is_connected()
    await bob.say("two")
    await ada.sees("two")
    await expect(ada.field("Message")).to_have_value("half a sen")
    await ada.field("Message").press_sequentially("tence")
    await ada.button("Send").click()
    await bob.sees("half a sentence")
    await ada.sees("half a sentence")
    for name, pid in killed.items():
        await asyncio.to_thread(stack.wait_restarted, name, pid)


async def test_who_signs_out_leaves_nothing_behind(window: Windows) -> None:
    """Neither rooms nor messages are in the browser's storage any more."""
    ada = await window()
    await ada.sign_up(_name("ada"))
    await ada.create_room(_name("Secret"), private=True)
    await ada.say("do not keep me")
    await ada.page.reload()
    await ada.is_connected()
    kept = """async () => {
      const open = indexedDB.open("parley");
      await new Promise((done) => { open.onsuccess = done; });
      const all = [];
      for (const name of open.result.objectStoreNames) {
        const asked = open.result.transaction(name).objectStore(name).getAll();
        await new Promise((done) => { asked.onsuccess = done; });
        all.push(...asked.result);
      }
      open.result.close();
      return JSON.stringify(all) + JSON.stringify({...localStorage}) +
        JSON.stringify({...sessionStorage});
    }"""

    async def is_kept() -> bool:
        return "do not keep me" in await ada.page.evaluate(kept)

    await eventually(is_kept, 20)
    await ada.button("Sign out").click()
    await expect(ada.button("Sign in")).to_be_visible()
    left = await ada.page.evaluate(kept)
    assert "do not keep me" not in left
    assert "Secret" not in left
