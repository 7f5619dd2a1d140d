"""Requests about webhooks, and those of other programs that come by them."""

from __future__ import annotations

from history.deliveries import Deliveries
from history.hook_keeper import HookKeeper
from history.hook_poster import HookPoster
from proto.webhooks import DeadLetters, NewWebhook, Replay, Replayed, WebhookPatch, Webhooks
from services.http import (
    Request,
    Response,
    body,
    claims,
    empty,
    idempotency_key,
    path_id,
    raw_body,
    reply,
)


class WebhookRequests:
    """One method for each endpoint; each raises Problem."""

    def __init__(self, keeper: HookKeeper, poster: HookPoster, deliveries: Deliveries) -> None:
        self._keeper = keeper
        self._deliveries = deliveries
        self._poster = poster

    async def make(self, request: Request) -> Response:
        """201 with the webhook and its secret."""
        caller, room = await claims(request), path_id(request, "room")
        new = await body(request, NewWebhook)
        return reply(await self._keeper.make(room, caller, new), 201)

    async def list(self, request: Request) -> Response:
        """Those of the room, without their secrets."""
        caller, room = await claims(request), path_id(request, "room")
        return reply(Webhooks(await self._keeper.of_room(room, caller.sub)))

    async def rotate(self, request: Request) -> Response:
        """The webhook with another secret."""
        caller, room = await claims(request), path_id(request, "room")
        id_ = path_id(request, "webhook")
        return reply(await self._keeper.rotate(room, caller.sub, id_))

    async def remove(self, request: Request) -> Response:
        """It is there no more."""
        caller, room = await claims(request), path_id(request, "room")
        await self._keeper.remove(room, caller.sub, path_id(request, "webhook"))
        return empty()

    async def patch(self, request: Request) -> Response:
        """The webhook, posting or not."""
        caller, room = await claims(request), path_id(request, "room")
        id_ = path_id(request, "webhook")
        on = (await body(request, WebhookPatch)).enabled
        return reply(await self._keeper.switch(room, caller.sub, id_, on=on))

    async def dead_letters(self, request: Request) -> Response:
        """What was not delivered."""
        _, id_ = await self._required(request)
        return reply(DeadLetters(await self._deliveries.dead_letters(id_)))

    async def replay(self, request: Request) -> Response:
        """How many are delivered anew."""
        seqs = (await body(request, Replay)).seqs
        room, id_ = await self._required(request)
        return reply(Replayed(await self._deliveries.replay(room, id_, seqs)))

    async def _required(self, request: Request) -> tuple[str, str]:
        """The room and the webhook of one who may see to it."""
        caller, room = await claims(request), path_id(request, "room")
        id_ = path_id(request, "webhook")
        await self._keeper.require(room, caller.sub, id_)
        return room, id_

    async def post(self, request: Request) -> Response:
        """`ok`, as Slack says it: it is in the room."""
        id_, secret = path_id(request, "webhook"), path_id(request, "secret")
        raw = await raw_body(request)
        await self._poster.post(id_, secret, raw, idempotency_key(request))
        return Response("ok", media_type="text/plain")
