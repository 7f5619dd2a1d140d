"""Frames of the browser client, by Chromium's own tracing: scrolled, and while much is said.

Beside it, in turns in the same browser, a page of plain rows that is scrolled, or appended to: what
the machine and Chromium make of it by themselves, which no client can better.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from parley_sdk import Api, Client
from playwright.async_api import CDPSession, Page, async_playwright

from bench import trace
from bench.servers import PASSWORD, Stack, parley
from tests.browser.conftest import MISSING, WORDS, chromium

SUMMARY = "frames a second of the browser client: a long room scrolled, and 50 messages a second"
BIAS = (
    "Software rendering: the same cores paint, run the page, serve it and say the messages, and"
    " drop frames by themselves, as the plain page shows. Time of the page's thread is by its"
    " processor's clock. The plain page lays out every row from the beginning, asks nobody,"
    " measures nothing, and has no avatars, names, times or buttons."
)
SPEEDS = {"scrolled": 2500, "flung": 6000}
"""Pixels a second: of a hand that turns a wheel fast, and of the first moment of a strong fling,
which slows down at once where this does not. Three screens a second, and more than seven."""
# Says something else in each message, of several lines in one of ten.
TEXTS = (
    "I did, they look _great_",
    "Did anybody see the **notes**?",
    "- one\n- two\n- three",
    "ok",
)
PLAIN = """<!doctype html><style>
  body {{ margin: 0; font: 15px/1.45 sans-serif }}
  #log {{ height: 100vh; overflow-y: auto; overflow-anchor: none; background: #fff }}
  article {{ padding: 2px 20px 2px 68px; white-space: pre-wrap }}
</style><div id=log role=log>{rows}</div>"""
APPEND = """([texts, rate, seconds]) => new Promise((done) => {
  const log = document.getElementById("log");
  const begun = performance.now();
  let said = 0;
  const timer = setInterval(() => {
    while (said < rate * seconds && (performance.now() - begun) * rate / 1000 >= said) {
      const row = document.createElement("article");
      row.textContent = `now ${said}: ${texts[said % texts.length]}`;
      log.append(row);
      said += 1;
    }
    log.scrollTop = log.scrollHeight;
    if (said >= rate * seconds) { clearInterval(timer); done(said); }
  }, 1000 / rate);
})"""
TOP_ROW = """() => {
  const log = document.querySelector("[role=log]");
  const { top } = log.getBoundingClientRect();
  const rows = [...log.querySelectorAll("article")];
  const seen = rows.find((row) => row.getBoundingClientRect().bottom > top);
  return Number(/(\\d+): /.exec(seen.textContent)[1]);
}"""
TO_END = "() => { const log = document.querySelector('[role=log]'); log.scrollTop = 1e9; }"


def arguments(parser: argparse.ArgumentParser) -> None:
    """How long a room, how much is said a second, for how long each is measured, how often."""
    parser.add_argument("--messages", type=int, default=1000, help="in the room that is scrolled")
    parser.add_argument("--rate", type=int, default=50, help="messages a second that arrive")
    parser.add_argument("--seconds", type=float, default=8.0, help="for which each is measured")
    parser.add_argument("--rounds", type=int, default=3, help="of all, in turns")
    parser.add_argument("--keep", type=Path, help="a folder for the traces, for DevTools to open")


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give what frames were like, ours and the plain page's: each round, medians, and ratios."""
    path = chromium()
    if path is None:
        raise SystemExit(MISSING)
    rounds: list[dict[str, dict[str, Any]]] = []
    async with parley() as stack, Api(stack.front) as api:
        name = f"bench-{os.urandom(4).hex()}"
        await api.register(name, PASSWORD)
        # One to be scrolled, which stays as it is, and one a round where something is said.
        room, *others = [
            (await api.create_room("private", name=f"Bench {number}")).id
            for number in range(1 + given.rounds)
        ]
        async with Client(stack.front, api.tokens) as client, async_playwright() as playwright:
            for number in range(given.messages):
                await client.send(room, _text(number, f"{number}"))
            browser = await playwright.chromium.launch(executable_path=path, args=list(WORDS))
            version = browser.version
            page = await browser.new_page(viewport={"width": 1280, "height": 800})
            await _sign_in(page, stack, name, room)
            plain = await browser.new_page(viewport={"width": 1280, "height": 800})
            for other in others:
                rounds.append(await _round(given, page, plain, client, stack.front, (room, other)))
            await browser.close()
    return {
        "bias": BIAS,
        "chromium": version,
        "messages": given.messages,
        "pixels_a_second": SPEEDS,
        "rate": given.rate,
        "median": _medians(rounds),
        "ratios": _ratios(_medians(rounds)),
        "rounds": rounds,
    }


async def _round(
    given: argparse.Namespace,
    page: Page,
    plain: Page,
    client: Client,
    front: str,
    rooms: tuple[str, str],
) -> dict[str, dict[str, Any]]:
    """Each of the six, once: the first room is scrolled, and the other begins to be talked in."""
    seconds, (room, other) = given.seconds, rooms
    found: dict[str, dict[str, Any]] = {}

    async def measure(what: str, page: Page, doing: Awaitable[int]) -> int:
        await page.bring_to_front()
        events, did = await _traced(page, doing)
        if given.keep is not None:
            given.keep.mkdir(parents=True, exist_ok=True)
            (given.keep / f"{what}.json").write_text(json.dumps({"traceEvents": events}))
        found[what] = trace.figures(events)
        return did

    async def scroll(what: str, page: Page, speed: int) -> None:
        # As far at each speed, so that as many rows are passed.
        pixels = int(seconds * min(SPEEDS.values()))
        began = await page.evaluate(TOP_ROW)
        await measure(what, page, _scroll(page, speed, pixels))
        spent = found[what]["main_thread_ms_in_all"]
        found[what]["pixels"] = pixels
        found[what]["rows"] = began - await page.evaluate(TOP_ROW)
        found[what]["main_thread_ms_a_1000_pixels"] = round(spent * 1000 / pixels, 1)

    rows = "".join(
        f"<article>{_text(number, f'{number}')}</article>" for number in range(given.messages)
    )
    for what, speed in SPEEDS.items():
        await plain.set_content(PLAIN.format(rows=rows))
        await plain.evaluate(TO_END)
        await scroll(f"plain_{what}", plain, speed)
        await page.goto(f"{front}/rooms/{room}")
        await page.get_by_role("article").last.wait_for()
        await scroll(what, page, speed)
    await plain.set_content(PLAIN.format(rows=""))
    words = [list(TEXTS), given.rate, seconds]
    await measure("plain_said", plain, plain.evaluate(APPEND, words))
    await page.goto(f"{front}/rooms/{other}")
    await page.get_by_text("This is the beginning of the room.").wait_for()
    await measure("said", page, _say(client, other, given.rate, seconds))
    return found


def _text(number: int, said: str) -> str:
    return f"{said}: {TEXTS[number % len(TEXTS)]}"


def _medians(rounds: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    return {what: _median([one[what] for one in rounds]) for what in rounds[0]}


def _median(figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        name: _median([one[name] for one in figures])
        if isinstance(value, Mapping)
        else round(median(one[name] for one in figures), 2)
        for name, value in figures[0].items()
    }


def _ratios(of: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Ours by the plain page's: frames (more is better), and what a frame costs."""
    pairs = {what: f"plain_{what}" for what in (*SPEEDS, "said")}
    return {
        ours: {
            "frames_a_second": round(of[ours]["frames_a_second"] / of[floor]["frames_a_second"], 2),
            **{
                f"main_thread_ms_{at}": round(
                    of[ours]["main_thread_ms"][at] / max(0.01, of[floor]["main_thread_ms"][at]), 1
                )
                for at in of[ours]["main_thread_ms"]
            },
        }
        for ours, floor in pairs.items()
    }


async def _sign_in(page: Page, stack: Stack, name: str, room: str) -> None:
    await page.goto(f"{stack.front}/rooms/{room}")
    await page.get_by_role("textbox", name="Username", exact=True).fill(name)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_role("article").last.wait_for()


async def _scroll(page: Page, speed: int, pixels: int) -> int:
    """Turn the wheel upwards through pages that are fetched meanwhile; how far.

    The browser turns it by itself, a little with each frame: told by us, turn by turn, it waits for
    the page in between, and is as slow as that.
    """
    box = await page.get_by_role("log").bounding_box()
    assert box is not None
    session = await page.context.new_cdp_session(page)
    await session.send(
        "Input.synthesizeScrollGesture",
        {
            "x": box["x"] + box["width"] / 2,
            "y": box["y"] + box["height"] / 2,
            "yDistance": pixels,
            "speed": speed,
            "gestureSourceType": "mouse",
        },
    )
    await session.detach()
    return pixels


async def _say(client: Client, room: str, rate: int, seconds: float) -> int:
    """Say so much a second, whatever becomes of it; how much it was."""
    sends = []
    begun = time.monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
        sends.append(asyncio.ensure_future(client.send(room, _text(number, f"now {number}"))))
    await asyncio.gather(*sends)
    return len(sends)


async def _traced(page: Page, doing: Awaitable[int]) -> tuple[list[dict[str, Any]], int]:
    """Do something under Chromium's tracing; give the trace, and what it gave."""
    session = await page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    done = asyncio.Event()
    session.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    session.on("Tracing.tracingComplete", lambda _: done.set())
    await _start(session)
    given = await doing
    await session.send("Tracing.end")
    await done.wait()
    await session.detach()
    return events, given


async def _start(session: CDPSession) -> None:
    await session.send(
        "Tracing.start",
        {"categories": trace.CATEGORIES, "transferMode": "ReportEvents"},
    )
