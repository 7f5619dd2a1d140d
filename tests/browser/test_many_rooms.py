"""Somebody who is in many rooms: how soon the client can be used after the sign-in."""

from __future__ import annotations

import asyncio
import os

from parley_sdk import Api

from tests.browser.conftest import Windows
from tests.browser.window import PASSWORD
from tests.local_stack import LocalStack

ROOMS = 300
AT_ONCE = 8
# The promise is one second on a machine that does nothing else; this one runs other tests.
USABLE_MS = 4_000
# From the press of the button until the list is whole, the connection stands, and a room opens.
MEASURE = """async (rooms) => {
  const all = (what) => [...document.querySelectorAll(what)];
  const status = () => all("[aria-label=Connection]")[0]?.textContent;
  const until = (there) => new Promise((done) => {
    const look = () => there() ? done() : requestAnimationFrame(look);
    look();
  });
  const began = performance.now();
  all("button").find((one) => one.textContent === "Sign in").click();
  const links = () => all("nav[aria-label=Rooms] a");
  await until(() => links().length >= rooms && status() === "Connected");
  links()[rooms / 2].click();
  await until(() => all("textarea[aria-label=Message]").length > 0);
  return performance.now() - began;
}"""


async def test_sign_in_to_usable_with_many_rooms(stack: LocalStack, window: Windows) -> None:
    """The list of 300 rooms is whole, the connection stands and a room opens soon after."""
    username = f"ada-{os.urandom(4).hex()}"
    turn = asyncio.Semaphore(AT_ONCE)
    async with Api(stack.url) as api:
        await api.register(username, PASSWORD)

        async def make(number: int) -> None:
            async with turn:
                await api.create_room("private", f"Room {number:03}")

        await asyncio.gather(*(make(number) for number in range(ROOMS)))
    ada = await window()
    await ada.open()
    await ada.field("Username").fill(username)
    await ada.page.get_by_label("Password", exact=True).fill(PASSWORD)
    took_ms = await ada.page.evaluate(MEASURE, ROOMS)
    print(f"sign-in to usable with {ROOMS} rooms: {took_ms:.0f} ms")  # noqa: T201 - the figure
    assert took_ms < USABLE_MS
