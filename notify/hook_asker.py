"""Asks history about webhooks over NATS; what the answers mean is not here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from proto import deliveries, subjects
from services.asking import ask
from services.bus_nats import Bus

T = TypeVar("T")

SECONDS: Final = 5.0
"""How long an answer may take; history itself waits up to 2 s for its writer."""


class HookAsker:
    """Keeps nothing. Every method raises Unavailable: no answer, or one that is none."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def webhooks(self, rooms: Sequence[str]) -> list[deliveries.WebhookOf]:
        """The outgoing ones of these rooms."""
        call = deliveries.WebhooksCall(list(rooms))
        reply = await self._ask(subjects.HISTORY_WEBHOOKS, call, deliveries.WebhooksReply)
        return reply.webhooks

    async def delivery(self, job: deliveries.WebhookJob) -> deliveries.DeliveryReply:
        """What is to be delivered now, and where."""
        call = deliveries.DeliveryCall(job.webhook, job.room, job.seq)
        return await self._ask(subjects.HISTORY_DELIVERY, call, deliveries.DeliveryReply)

    async def delivered(self, call: deliveries.DeliveredCall) -> None:
        """Have noted how an attempt ended."""
        await self._ask(subjects.HISTORY_DELIVERED, call, deliveries.DeliveredReply)

    async def _ask(self, subject: str, call: object, answer: type[T]) -> T:
        lacking = "history does not answer"
        return await ask(self._bus, subject, call, answer, seconds=SECONDS, lacking=lacking)
