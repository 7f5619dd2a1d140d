"""The calls about webhooks of rooms, a part of `Api`; what is posted by them needs no client."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from parley_sdk.caller_httpx import Caller
from proto import webhooks as hooks


class WebhookCalls(Caller):
    """One method a call; each raises `ApiError` and nothing else."""

    async def make_webhook(
        self, room: str, name: str, *, url: str | None = None
    ) -> hooks.MadeWebhook:
        """Make a URL by which other programs post into a room, or have `url` told what happens to
        messages there; the secret is shown this once.
        """
        path = _path(room)
        body = hooks.NewWebhook(name, "incoming" if url is None else "outgoing", url)
        return await self._send("POST", path, body, hooks.MadeWebhook)

    async def webhooks(self, room: str) -> list[hooks.Webhook]:
        """Give the webhooks of a room, the newest first, without their secrets."""
        path = _path(room)
        return (await self._get(path, hooks.Webhooks)).webhooks

    async def renew_webhook(self, room: str, webhook: str) -> hooks.MadeWebhook:
        """Give a webhook another secret; the former is good for nothing from now on."""
        path = _path(room, webhook, "secret")
        return await self._send("POST", path, None, hooks.MadeWebhook)

    async def switch_webhook(self, room: str, webhook: str, *, on: bool) -> hooks.Webhook:
        """Have an outgoing webhook told what happens from now on, or no more."""
        path = _path(room, webhook)
        return await self._send("PATCH", path, hooks.WebhookPatch(on), hooks.Webhook)

    async def dead_letters(self, room: str, webhook: str) -> list[hooks.DeadLetter]:
        """Give what an outgoing webhook did not deliver, the newest first."""
        path = _path(room, webhook, "dead-letters")
        return (await self._get(path, hooks.DeadLetters)).dead_letters

    async def replay_dead_letters(
        self, room: str, webhook: str, seqs: Sequence[int] | None = None
    ) -> int:
        """Have dead letters delivered anew, all or those at some places; how many."""
        path = _path(room, webhook, "dead-letters", "replay")
        body = hooks.Replay(None if seqs is None else list(seqs))
        return (await self._send("POST", path, body, hooks.Replayed)).replayed

    async def remove_webhook(self, room: str, webhook: str) -> None:
        """End a webhook. Idempotent."""
        await self._call("DELETE", _path(room, webhook))


def _path(room: str, *parts: str) -> str:
    segments = (quote(part, safe="") for part in (room, "webhooks", *parts))
    return "/".join(("/v1/rooms", *segments))
