"""One window of the client, by the names that people and screen readers find things by."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import ConsoleMessage, Locator, Page, expect

PASSWORD = "correct horse battery"
WAIT_MS = 30_000
# What the browser says by itself of a request that failed as it was meant to.
EXPECTED = re.compile(r"Failed to load resource|WebSocket connection to|net::ERR_")


class Window:
    """A page and who looks at it. Whatever the page complains of is kept in `complaints`."""

    def __init__(self, page: Page, url: str, pictures: Path | None) -> None:
        """Open nothing yet; `pictures` is where screenshots go, if anywhere."""
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self._pictures = pictures
        page.set_default_timeout(WAIT_MS)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not EXPECTED.search(message.text):
            self.complaints.append(message.text)

    # ---------------------------------------------------------------------------- finding things

    @property
    def messages(self) -> Locator:
        """Every message in sight, in order."""
        return self.page.get_by_role("log", name="Messages", exact=True).get_by_role("article")

    @property
    def members(self) -> Locator:
        """Who is in the room, each with their status."""
        return self.page.get_by_role("list", name="Members", exact=True).get_by_role("listitem")

    @property
    def rooms(self) -> Locator:
        """The links of one's rooms."""
        return self.page.get_by_role("navigation", name="Rooms", exact=True).get_by_role("link")

    def says(self, name: str) -> Locator:
        """The status line of that name."""
        return self.page.get_by_role("status", name=name, exact=True)

    def button(self, name: str) -> Locator:
        """The button of that name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def field(self, name: str) -> Locator:
        """The field of that name."""
        return self.page.get_by_role("textbox", name=name, exact=True)

    # -------------------------------------------------------------------------------- doing things

    async def open(self) -> None:
        """Load the page."""
        await self.page.goto(self.url)

    async def sign_up(self, username: str) -> None:
        """Make an account; that signs in."""
        await self.open()
        await self._fill_in(username)
        await self.button("Create account").click()
        await self.is_connected()

    async def sign_in(self, username: str) -> None:
        """Sign in."""
        await self.open()
        await self._fill_in(username)
        await self.button("Sign in").click()
        await self.is_connected()

    async def _fill_in(self, username: str) -> None:
        await self.field("Username").fill(username)
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)

    async def is_connected(self) -> None:
        """Wait until the page says so."""
        await expect(self.says("Connection")).to_have_text("Connected", timeout=WAIT_MS)

    async def create_room(self, name: str, *, private: bool = False) -> None:
        """Make a room; it opens."""
        await self.field("Room name").fill(name)
        if private:
            await self.page.get_by_role("checkbox", name="Private").check()
        await self.button("Create room").click()
        await expect(self.field("Message")).to_be_visible()

    async def join(self, name: str) -> None:
        """Find a public room and join it; it opens."""
        await self.button("Browse rooms").click()
        row = self.page.get_by_role("listitem").filter(has_text=name)
        await row.get_by_role("button", name="Join", exact=True).click()
        await expect(self.field("Message")).to_be_visible()

    async def say(self, text: str) -> None:
        """Send a message, and see it stand in the room."""
        await self.field("Message").fill(text)
        await self.button("Send").click()
        await self.sees(text)

    async def sees(self, text: str, *, seconds: float = WAIT_MS / 1000) -> None:
        """Wait until there is one message of that text."""
        found = self.messages.filter(has_text=text)
        await expect(found).to_have_count(1, timeout=seconds * 1000)

    async def texts(self) -> list[str]:
        """What every message in sight says, sender and time included."""
        return await self.messages.all_inner_texts()

    async def picture(self, name: str) -> None:
        """Keep a screenshot, where they are kept."""
        if self._pictures is not None:
            self._pictures.mkdir(parents=True, exist_ok=True)
            await self.page.screenshot(path=self._pictures / f"{name}.png", full_page=True)
