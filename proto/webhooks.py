"""The shapes of webhooks: how rooms and other programs tell each other; not who may have them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from proto.ids import Id
from proto.shapes import Milliseconds, User

WebhookKind = Literal["incoming"]
"""`incoming`: whoever knows its URL posts into the room."""


class Webhook(Struct, frozen=True):
    """A webhook of a room, without what is secret about it; it ends with the rights of `by`."""

    id: Id
    room: Id
    kind: WebhookKind
    name: str
    by: User
    created_ms: Milliseconds


class Webhooks(Struct, frozen=True):
    """The webhooks of a room, the newest first."""

    webhooks: list[Webhook]


class MadeWebhook(Struct, frozen=True):
    """A webhook with its secret, which is shown this once.

    `url` is where to post, the secret in it.
    """

    webhook: Webhook
    secret: str
    url: str


class NewWebhook(Struct):
    """`POST /v1/rooms/{room}/webhooks`: `name` is what readers see above what comes by it."""

    name: str
    kind: WebhookKind = "incoming"


SlackValue = str | int | float | bool | None
"""Programs are free with what they write where Slack shows a text."""


class SlackText(Struct):
    """A text object of Slack."""

    text: str | None = None


class SlackBlock(Struct):
    """A block of Slack; of `section` and `header` the text is taken, of others nothing."""

    type: str
    text: SlackText | None = None


class SlackField(Struct):
    """A field of an attachment of Slack."""

    title: SlackValue = None
    value: SlackValue = None


class SlackAttachment(Struct):
    """An attachment of Slack; `fallback` is taken where there is nothing else."""

    pretext: str | None = None
    title: str | None = None
    title_link: str | None = None
    text: str | None = None
    fields: list[SlackField] | None = None
    fallback: str | None = None


class SlackPayload(Struct):
    """`POST /v1/hooks/{webhook}/{secret}`: what programs post to Slack, as far as it is taken.

    `blocks` stand for `text` where they have one, as in Slack; `username` for the webhook's name.
    Texts are Slack's mrkdwn. What is not named here (channel, icons, colours) is ignored.
    """

    text: str | None = None
    username: str | None = None
    blocks: list[SlackBlock] | None = None
    attachments: list[SlackAttachment] | None = None
