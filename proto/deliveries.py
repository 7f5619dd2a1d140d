"""What notify and history say to each other about webhooks, over NATS; not for clients."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from proto.calls import StoredEvent
from proto.ids import Id, Seq
from proto.shapes import Milliseconds


class WebhooksCall(Struct, frozen=True):
    """Which outgoing webhooks these rooms have (`subjects.HISTORY_WEBHOOKS`)."""

    rooms: list[Id]


class WebhookOf(Struct, frozen=True):
    """An outgoing webhook that is on; what is older than `since_ms` is none of its business."""

    id: Id
    room: Id
    since_ms: Milliseconds


class WebhooksReply(Struct, frozen=True):
    """Those that are on."""

    webhooks: list[WebhookOf]


class WebhookJob(Struct, frozen=True):
    """One log event for one webhook, as it waits to be delivered; `at_ms`: since when."""

    webhook: Id
    room: Id
    seq: Seq
    at_ms: Milliseconds

    @property
    def delivery(self) -> str:
        """The id of the delivery, the same at each attempt."""
        return f"{self.webhook}.{self.seq}"


class DeliveryCall(Struct, frozen=True):
    """What is to be delivered, and where (`subjects.HISTORY_DELIVERY`)."""

    webhook: Id
    room: Id
    seq: Seq


class DeliveryReply(Struct, frozen=True):
    """`state` `gone`: the webhook is no more; `off`: it is disabled. `failing`: so it was when last
    tried. `event` is as it is now, so that what was deleted is told to nobody; null: there is none.
    """

    state: Literal["on", "off", "gone"]
    url: str = ""
    secret: str = ""
    failing: bool = False
    event: StoredEvent | None = None


class DeliveredCall(Struct, frozen=True):
    """How an attempt ended (`subjects.HISTORY_DELIVERED`); `reason` "": well.

    `dead`: it was the last one. `off`: the receiver wants no more of this webhook.
    """

    webhook: Id
    room: Id
    seq: Seq
    reason: str = ""
    dead: bool = False
    off: bool = False


class DeliveredReply(Struct, frozen=True):
    """It is noted."""
