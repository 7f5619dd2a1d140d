"""How soon the browser client can be used by somebody in many rooms; nothing else is timed."""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
from pathlib import Path

from parley_sdk import Api
from playwright.async_api import Page, async_playwright

from tests.browser.conftest import WORDS, chromium
from tests.local_stack import LocalStack

SUMMARY = "from the press of Sign in until all rooms are listed, live, and one of them is open"
PASSWORD = "a bench has no secrets"  # noqa: S105 - of people who live for a minute
AT_ONCE = 8
# One frame after the other: what is measured is what somebody can see.
MEASURE = """async (rooms) => {
  const all = (what) => [...document.querySelectorAll(what)];
  const until = (there) => new Promise((done) => {
    const look = () => there() ? done() : requestAnimationFrame(look);
    look();
  });
  const links = () => all("nav[aria-label=Rooms] a");
  const status = () => all("[aria-label=Connection]")[0]?.textContent;
  const began = performance.now();
  all("button").find((one) => one.textContent === "Sign in").click();
  await until(() => links().length >= rooms && status() === "Connected");
  links()[Math.floor(rooms / 2)].click();
  await until(() => all("textarea[aria-label=Message]").length > 0);
  return performance.now() - began;
}"""


async def somebody(url: str, rooms: int) -> str:
    """Register somebody, put them into so many rooms, and give their name."""
    username = f"ada-{os.urandom(4).hex()}"
    turn = asyncio.Semaphore(AT_ONCE)
    async with Api(url) as api:
        await api.register(username, PASSWORD)

        async def make(number: int) -> None:
            async with turn:
                await api.create_room("private", f"Room {number:03}")

        await asyncio.gather(*(make(number) for number in range(rooms)))
    return username


async def usable_ms(page: Page, url: str, username: str, rooms: int) -> float:
    """Sign in on a page that never saw the person before, and give how long that took."""
    await page.goto(url)
    await page.get_by_role("textbox", name="Username", exact=True).fill(username)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    return float(await page.evaluate(MEASURE, rooms))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take how many rooms, and how often."""
    parser.add_argument("--rooms", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=7)


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Sign in so often, each time in a browser profile of its own."""
    path = chromium()
    if path is None:
        raise SystemExit("no Chromium found: install Debian's `chromium`")
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(Path(folder) / "data")
        await asyncio.to_thread(stack.start)
        try:
            username = await somebody(stack.url, given.rooms)
            took: list[float] = []
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=path, args=list(WORDS))
                for _ in range(given.rounds):
                    profile = await browser.new_context()
                    page = await profile.new_page()
                    took.append(await usable_ms(page, stack.url, username, given.rooms))
                    await profile.close()
                await browser.close()
        finally:
            await asyncio.to_thread(stack.stop)
    return {
        "rooms": given.rooms,
        "usable_ms": [round(one) for one in took],
        "median_ms": round(statistics.median(took)),
    }
