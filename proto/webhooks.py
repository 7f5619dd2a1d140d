"""The shapes of webhooks: how rooms and other programs tell each other; not who may have them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Struct

from proto import limits
from proto.ids import Id, Seq
from proto.shapes import Milliseconds, User

WebhookKind = Literal["incoming", "outgoing"]
"""`incoming`: whoever knows its URL posts into the room. `outgoing`: what happens to messages of
the room is posted to its URL."""


class Webhook(Struct, frozen=True):
    """A webhook of a room, without what is secret about it; it ends with the rights of `by`.

    Of an outgoing one: `url` is where is posted. `failing_since_ms`: since when nothing gets there,
    and `reason` why; null while all is well. `disabled_ms`: since when nothing is posted, after it
    failed for a day.
    """

    id: Id
    room: Id
    kind: WebhookKind
    name: str
    by: User
    created_ms: Milliseconds
    url: str | None = None
    failing_since_ms: Milliseconds | None = None
    reason: str | None = None
    disabled_ms: Milliseconds | None = None


class Webhooks(Struct, frozen=True):
    """The webhooks of a room, the newest first."""

    webhooks: list[Webhook]


class MadeWebhook(Struct, frozen=True):
    """A webhook with its secret, which is shown this once.

    `url` of an incoming one is where to post, the secret in it. What is posted to that of an
    outgoing one is signed with the secret.
    """

    webhook: Webhook
    secret: str
    url: str


class NewWebhook(Struct):
    """`POST /v1/rooms/{room}/webhooks`: `name` is what readers see above what comes by it.

    `url` is where an outgoing one posts, and no other one has it.
    """

    name: str
    kind: WebhookKind = "incoming"
    url: str | None = None


class WebhookPatch(Struct):
    """`PATCH /v1/rooms/{room}/webhooks/{webhook}`: whether an outgoing one posts."""

    enabled: bool


class DeadLetter(Struct, frozen=True):
    """A log event that was not delivered within a day, and why it was not, the last time."""

    seq: Seq
    reason: str
    failed_ms: Milliseconds


class DeadLetters(Struct, frozen=True):
    """What an outgoing webhook did not deliver, the newest first; of very many the newest."""

    dead_letters: list[DeadLetter]


class Replay(Struct):
    """`POST …/dead-letters/replay`: which places of the log; null: all of them."""

    seqs: Annotated[list[Seq], msgspec.Meta(max_length=limits.DEAD_LETTERS)] | None = None


class Replayed(Struct, frozen=True):
    """How many are delivered anew; they are dead letters no more."""

    replayed: int


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
