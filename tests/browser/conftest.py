"""Chromium for these tests: the system's, found or asked for; without one they are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.window import WAIT_MS, Window
from tests.local_stack import LocalStack

NAMES = ("chromium", "chromium-browser", "google-chrome")
# A browser under test talks to nobody but the stack.
WORDS = (
    "--no-sandbox",  # root has none in Chromium
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
MISSING = "no Chromium found: install Debian's `chromium`, or name one by PARLEY_CHROMIUM"

Windows = Callable[..., Awaitable[Window]]


def chromium() -> str | None:
    """Where Chromium is; None if there is none."""
    named = os.environ.get("PARLEY_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this test's own."""
    path = chromium()
    if path is None:
        pytest.skip(MISSING)
    # Its own five seconds are few where a machine is shared: painting an image starts a process.
    expect.set_options(timeout=WAIT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(WORDS))
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture
async def window(browser: Browser, stack: LocalStack) -> AsyncIterator[Windows]:
    """Give a function that opens a window of another person: nothing is shared with the others.

    Keywords: `url` if not the stack's own, and what Playwright takes for a context. At the end no
    page may have complained of anything: an error in a script, something that the policy forbids.
    """
    kept = os.environ.get("PARLEY_SCREENSHOTS")
    opened: list[Window] = []
    async with AsyncExitStack() as closing:

        async def open_window(url: str = stack.url, **context: object) -> Window:
            private = await browser.new_context(**context)  # type: ignore[arg-type]
            closing.push_async_callback(private.close)
            shown = Window(await private.new_page(), url, Path(kept) if kept else None)
            opened.append(shown)
            return shown

        yield open_window
        complaints = [complaint for shown in opened for complaint in shown.complaints]
        assert complaints == []
