"""The client while it is closed: the switch for it, and what a push message shows."""

from __future__ import annotations

import json
import os
from typing import Any

from parley_sdk import Api
from playwright.async_api import CDPSession, expect

from proto import notifications
from tests.browser.conftest import Windows
from tests.browser.window import PASSWORD, WAIT_MS
from tests.local_stack import LocalStack
from tests.system.conftest import eventually

# The browser's own push service is out in the world, where no test goes.
SUBSCRIBES = """
const held = () => JSON.parse(localStorage.getItem("test push") ?? "null");
const bytes = (text) => Uint8Array.from(
  atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)).buffer;
const made = (kept) => kept && {
  endpoint: kept.endpoint,
  options: { applicationServerKey: bytes(kept.key) },
  toJSON: () => ({ endpoint: kept.endpoint, keys: {
    p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNto"
      + "IAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg" } }),
  unsubscribe: async () => { localStorage.removeItem("test push"); return true; },
};
PushManager.prototype.getSubscription = async () => made(held());
PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
  const key = btoa(String.fromCharCode(...new Uint8Array(applicationServerKey)));
  const endpoint = `https://push.example/${crypto.randomUUID()}`;
  localStorage.setItem("test push", JSON.stringify({ endpoint, key }));
  return made(held());
};
"""
SHOWN = """
async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
  ({ title, body, tag, silent, data }) => ({ title, body, tag, silent, path: data.path }))
"""
SWITCH = "Also while Parley is closed"


def _name(word: str) -> str:
    return f"{word}-{os.urandom(4).hex()}"


async def test_a_switch_has_this_browser_told_while_parley_is_closed(
    stack: LocalStack, window: Windows
) -> None:
    """It holds over a reload, which tells the server; switched off it is subscribed no more."""
    ada, name = await window(), _name("ada")
    await ada.page.context.grant_permissions(["notifications"])
    await ada.page.add_init_script(SUBSCRIBES)
    await ada.sign_up(name)
    box = ada.page.get_by_role("checkbox", name=SWITCH)

    async def settings() -> None:
        await ada.button("Settings").click()
        await ada.page.get_by_role("tab", name="Notifications").click()

    async with Api(stack.url) as api:
        await api.login(name, PASSWORD)

        async def devices() -> list[notifications.PushDevice]:
            return (await api.push_settings()).devices

        await settings()
        await expect(box).not_to_be_checked()
        await box.check()
        await expect(box).to_be_enabled(timeout=WAIT_MS)
        await expect(box).to_be_checked()
        (device,) = await devices()
        assert not device.current

        await ada.page.reload()
        await ada.is_connected()
        await settings()
        await expect(box).to_be_checked()

        async def is_renewed() -> bool:
            (now,) = await devices()
            return now.id == device.id and now.used_ms > device.used_ms

        await eventually(is_renewed, WAIT_MS / 1000)
        await box.uncheck()
        await expect(box).to_be_enabled(timeout=WAIT_MS)
        assert await devices() == []
        assert await ada.page.evaluate("localStorage.getItem('test push')") is None
        assert await ada.page.evaluate("localStorage.getItem('parley push')") is None


class PushedTo:
    """The service worker of a page, and the browser's own way to push to it (Chrome's DevTools)."""

    def __init__(self, session: CDPSession, origin: str) -> None:
        """Know of no worker yet."""
        self._session = session
        self._origin = origin
        self._registered: list[str] = []

    async def start(self) -> None:
        """Return when the worker is known."""
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._heard)
        await self._session.send("ServiceWorker.enable")

        async def is_known() -> bool:
            return bool(self._registered)

        await eventually(is_known, WAIT_MS / 1000)

    async def push(self, word: object) -> None:
        """Push a text as it is, or anything else as JSON."""
        data = word if isinstance(word, str) else json.dumps(word)
        where = {"origin": self._origin, "registrationId": self._registered[0]}
        await self._session.send("ServiceWorker.deliverPushMessage", {**where, "data": data})

    def _heard(self, event: dict[str, Any]) -> None:
        self._registered.extend(one["registrationId"] for one in event["registrations"])


async def test_what_is_pushed_is_shown_once_a_room_and_leads_there(window: Windows) -> None:
    """In plain words; what is of no version that is known shows nothing."""
    ada = await window()
    await ada.page.context.grant_permissions(["notifications"])
    await ada.sign_up(_name("ada"))
    await ada.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    worker = PushedTo(await ada.page.context.new_cdp_session(ada.page), ada.url)
    await worker.start()
    # Nobody looks at Parley: it is on no page.
    await ada.page.goto("about:blank")
    first = {"kind": "mention", "room": "r1", "seq": 7, "title": "Bob in Tea", "body": "one"}
    for word in ("{", "null", {"room": "r1"}, first, {**first, "seq": 8, "body": "**two**\n```"}):
        await worker.push(word)
    alone = {"room": "r2", "title": "Bob", "body": "alone", "silent": True, "unread": 3}
    await worker.push({**first, **alone})
    await ada.open()

    async def shown() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await ada.page.evaluate(SHOWN)
        return sorted(found, key=lambda one: str(one["tag"]))

    async def are_all_there() -> bool:
        return len(await shown()) == 2

    await eventually(are_all_there, WAIT_MS / 1000)
    assert await shown() == [
        {
            "title": "Bob in Tea",
            "body": "two",
            "tag": "parley r1",
            "silent": False,
            "path": "/rooms/r1?at=8",
        },
        {
            "title": "Bob",
            "body": "alone",
            "tag": "parley r2",
            "silent": True,
            "path": "/rooms/r2?at=7",
        },
    ]
