"""The pages of a link: a new password by an admin's link, and what is said to who has none."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.local_stack import LocalStack

COMMAND = "from services.cli import main; main()"


async def _admin(stack: LocalStack, *words: str) -> dict[str, str]:
    argv = [sys.executable, "-c", COMMAND, "admin", "--data", str(stack.data), *words]
    done = await asyncio.to_thread(subprocess.run, argv, capture_output=True, text=True, check=True)
    said: dict[str, str] = json.loads(done.stdout)
    return said


async def test_an_admins_link_gives_a_new_password_and_ends_the_old_session(
    window: Windows, stack: LocalStack
) -> None:
    """The window that was signed in is signed out; the new password signs in."""
    ada, name = await window(), f"ada-{os.urandom(4).hex()}"
    await ada.sign_up(name)
    link = await _admin(stack, "reset", name)
    other = await window()
    await other.page.goto(link["url"])
    await other.page.get_by_label("New password").fill("staple battery horse")
    await other.button("Take this password").click()
    await expect(ada.page.get_by_text("You were signed out")).to_be_visible()
    await other.field("Username").fill(name)
    await other.page.get_by_label("Password").fill("staple battery horse")
    await other.button("Sign in").click()
    await expect(other.page.get_by_role("heading", name="Hello")).to_be_visible()


async def test_who_lost_their_password_is_told_whom_to_ask(window: Windows) -> None:
    """The local stack sends no mail."""
    ada = await window()
    await ada.page.goto(f"{ada.url}/reset")
    await expect(ada.page.get_by_role("status")).to_contain_text("Ask whoever runs this place")
    await ada.page.goto(f"{ada.url}/invite")
    await expect(ada.page.get_by_role("status")).to_contain_text("Anyone may make one")
