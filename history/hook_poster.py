"""Says in a room what another program posts to its URL there; how it is read is `slack`'s.

It is said by whoever made the webhook, with their rights as they are then, and by the way of every
message over HTTP (`poster`): what is answered with `ok` is in the log, once for its key.
"""

from __future__ import annotations

import hmac
import os

from history import slack, webhooks_postgres
from history.hook_keeper import digest
from history.poster import Poster
from proto import ids
from proto.codes import ErrorCode
from proto.shapes import NewMessage
from proto.webhooks import Webhook
from proto.wire import Fault
from services import clock
from services.guard import Claims
from services.meter import Limited, Meter
from services.pool_postgres import Pool
from services.problem import Problem


class HookPoster:
    """Raises Problem and Unavailable, as `Poster` does."""

    def __init__(self, pool: Pool, poster: Poster, meter: Meter) -> None:
        self._pool = pool
        self._poster = poster
        self._meter = meter

    async def post(self, id_: str, secret: str, body: bytes, given_key: str | None) -> None:
        """Say what `body` holds. A key that was given before is answered as it was then."""
        webhook = await self._known(id_, secret)
        try:
            await self._meter.take("hooks", id_)
        except Limited as limited:
            raise limited.problem() from None
        payload = slack.read(body)
        text = payload if isinstance(payload, Fault) else slack.message(payload, webhook.name)
        if isinstance(text, Fault):
            raise Problem(text.code, text.message, field=text.field)
        by = webhook.by
        claims = Claims(by.id, "", 0, username=by.username, name=by.display_name)
        key = await self._key(id_, given_key)
        await self._poster.post(claims, webhook.room, NewMessage(key=key, text=text), metered=True)

    async def _known(self, id_: str, secret: str) -> Webhook:
        ear = await webhooks_postgres.ear(self._pool, id_)
        if ear is None or not hmac.compare_digest(ear.digest, digest(secret)):
            text = "there is no such webhook, or its secret is another one"
            raise Problem(ErrorCode.NOT_FOUND, text)
        return ear.webhook

    async def _key(self, id_: str, given: str | None) -> str:
        """The message's key: one that the caller made, or one that stands for what they gave."""
        now_ms = clock.now_ms()
        made = ids.uuid7(now_ms, os.urandom(10))
        if given is None:
            return made
        if ids.key_ms(given) is not None:
            return given
        return await webhooks_postgres.key_of(self._pool, id_, given, made, now_ms)
