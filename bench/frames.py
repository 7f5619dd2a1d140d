"""Frames of the browser client, by Chromium's own tracing: scrolled, and while much is said."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections.abc import Awaitable

from parley_sdk import Api, Client
from playwright.async_api import CDPSession, Page, async_playwright

from bench.servers import PASSWORD, Stack, parley
from tests.browser.conftest import MISSING, WORDS, chromium

SUMMARY = "frames a second of the browser client: a long room scrolled, and 50 messages a second"
FRAME_MS = 1000 / 60
CATEGORIES = (
    "disabled-by-default-devtools.timeline,disabled-by-default-devtools.timeline.frame,benchmark"
)
# A fast hand: 6,000 pixels a second, more than seven screens.
WHEEL_PIXELS = 100
# Says something else in each message, of several lines in one of ten.
TEXTS = (
    "I did, they look _great_",
    "Did anybody see the **notes**?",
    "- one\n- two\n- three",
    "ok",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """How long a room, how much is said a second, and for how long each is measured."""
    parser.add_argument("--messages", type=int, default=1000, help="in the room that is scrolled")
    parser.add_argument("--rate", type=int, default=50, help="messages a second that arrive")
    parser.add_argument("--seconds", type=float, default=8.0, help="for which each is measured")


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give frames a second and the time of the page's thread a frame, for both."""
    path = chromium()
    if path is None:
        raise SystemExit(MISSING)
    async with parley() as stack, Api(stack.front) as api:
        name = f"bench-{os.urandom(4).hex()}"
        await api.register(name, PASSWORD)
        room = (await api.create_room("private", name="Bench")).id
        async with Client(stack.front, api.tokens) as client, async_playwright() as playwright:
            for number in range(given.messages):
                await client.send(room, f"{number}: {TEXTS[number % len(TEXTS)]}")
            browser = await playwright.chromium.launch(executable_path=path, args=list(WORDS))
            page = await browser.new_page(viewport={"width": 1280, "height": 800})
            await _open(page, stack, name, room)
            scrolled, pixels = await _traced(page, _scroll(page, given.seconds))
            per = 1000 / max(1, pixels)
            scrolled["main_thread_ms_a_1000_pixels"] = round(scrolled["main_thread_ms"] * per, 1)
            await page.goto(f"{stack.front}/rooms/{room}")
            await page.get_by_role("article").last.wait_for()
            said, _ = await _traced(page, _say(client, room, given.rate, given.seconds))
            await browser.close()
    return {"messages": given.messages, "scrolling": scrolled, f"{given.rate}_a_second": said}


async def _open(page: Page, stack: Stack, name: str, room: str) -> None:
    await page.goto(f"{stack.front}/rooms/{room}")
    await page.get_by_role("textbox", name="Username", exact=True).fill(name)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_role("article").last.wait_for()


async def _scroll(page: Page, seconds: float) -> int:
    """Turn the wheel upwards as a hand does, through pages that are fetched meanwhile; how far."""
    await page.get_by_role("log").hover()
    end = time.monotonic() + seconds
    pixels = 0
    while time.monotonic() < end:
        await page.mouse.wheel(0, -WHEEL_PIXELS)
        pixels += WHEEL_PIXELS
        await asyncio.sleep(FRAME_MS / 1000)
    return pixels


async def _say(client: Client, room: str, rate: int, seconds: float) -> int:
    """Say so much a second, whatever becomes of it; how much it was."""
    sends = []
    begun = time.monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
        sends.append(asyncio.ensure_future(client.send(room, f"now {number}: {TEXTS[number % 4]}")))
    await asyncio.gather(*sends)
    return len(sends)


async def _traced(page: Page, doing: Awaitable[int]) -> tuple[dict[str, float], int]:
    """Do something under Chromium's tracing; give what its frames were like, and what it gave.

    What became of each frame that Chromium's compositor was due is its own word
    (`PipelineReporter`): presented, dropped, or not wanted, since nothing had changed.
    `frames_a_second` is what of the screen's 60 was presented, as far as frames were wanted.
    `main_thread` is the time that tasks of the page's own thread ran, on its processor's clock:
    another process that takes the processor is not counted, so what 1,000 pixels cost can be
    compared on a machine that is not at rest, where frames a second cannot.
    """
    session = await page.context.new_cdp_session(page)
    events: list[dict[str, object]] = []
    done = asyncio.Event()
    session.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    session.on("Tracing.tracingComplete", lambda _: done.set())
    await _start(session)
    given = await doing
    await session.send("Tracing.end")
    await done.wait()
    return _figures(events), given


async def _start(session: CDPSession) -> None:
    await session.send(
        "Tracing.start",
        {"categories": CATEGORIES, "transferMode": "ReportEvents"},
    )


def _figures(events: list[dict[str, object]]) -> dict[str, float]:
    states = [
        str(report["state"])
        for one in events
        if one["name"] == "PipelineReporter" and isinstance(args := one.get("args"), dict)
        # What the report is called within the event differs from one Chromium to the next.
        for report in args.values()
        if isinstance(report, dict) and "state" in report
    ]
    presented = sum("PRESENTED" in state for state in states)
    dropped = sum("DROPPED" in state for state in states)
    mains = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and "CrRendererMain" in json.dumps(one.get("args"))
    }
    tasks = [
        float(str(one.get("tdur", 0))) / 1000
        for one in events
        if one["name"] == "RunTask" and (one["pid"], one["tid"]) in mains
    ]
    if presented == 0:
        raise SystemExit("Chromium's trace tells of no frame that was presented")
    return {
        "frames_wanted": presented + dropped,
        "frames_presented": presented,
        "frames_a_second": round(60 * presented / (presented + dropped), 1),
        "main_thread_ms": round(sum(tasks), 1),
        "main_thread_ms_a_frame": round(sum(tasks) / presented, 2),
        "tasks_over_a_frame": sum(one > FRAME_MS for one in tasks),
        "longest_task_ms": round(max(tasks, default=0.0), 1),
    }
