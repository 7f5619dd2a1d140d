"""The paths of webhooks, a part of the table in `routes`; what they do is elsewhere."""

from __future__ import annotations

from history.webhooks_http import WebhookRequests
from proto import webhooks as shapes
from proto.codes import ErrorCode
from services.openapi import Endpoint

_READING = (ErrorCode.NOT_FOUND, ErrorCode.UNAVAILABLE)
_CHANGING = (*_READING, ErrorCode.FORBIDDEN, ErrorCode.TIMEOUT)
_WEBHOOKS = "/v1/rooms/{room}/webhooks"
_WEBHOOK = _WEBHOOKS + "/{webhook}"


def endpoints(webhooks: WebhookRequests) -> list[Endpoint]:
    """Every operation about webhooks."""
    return [*_kept(webhooks), *_outgoing(webhooks), _posted(webhooks)]


def _kept(webhooks: WebhookRequests) -> list[Endpoint]:
    return [
        Endpoint(
            "GET",
            _WEBHOOKS,
            webhooks.list,
            "The webhooks of a room, the newest first, without their secrets.",
            response=shapes.Webhooks,
            errors=(*_READING, ErrorCode.FORBIDDEN),
            scope="moderate",
        ),
        Endpoint(
            "POST",
            _WEBHOOKS,
            webhooks.make,
            "Make a webhook; its secret is shown this once.",
            request=shapes.NewWebhook,
            response=shapes.MadeWebhook,
            status=201,
            errors=(*_CHANGING, ErrorCode.CONFLICT),
            scope="moderate",
        ),
        Endpoint(
            "DELETE",
            _WEBHOOK,
            webhooks.remove,
            "End a webhook. Repeating: the same.",
            status=204,
            errors=_CHANGING,
            scope="moderate",
        ),
        Endpoint(
            "POST",
            _WEBHOOK + "/secret",
            webhooks.rotate,
            "Give a webhook another secret, shown this once; the former is good for nothing.",
            response=shapes.MadeWebhook,
            errors=_CHANGING,
            scope="moderate",
        ),
    ]


def _outgoing(webhooks: WebhookRequests) -> list[Endpoint]:
    return [
        Endpoint(
            "PATCH",
            _WEBHOOK,
            webhooks.patch,
            "Have an outgoing webhook post again, from now on, or no more. Repeating: the same.",
            request=shapes.WebhookPatch,
            response=shapes.Webhook,
            errors=(*_CHANGING, ErrorCode.CONFLICT),
            scope="moderate",
        ),
        Endpoint(
            "GET",
            _WEBHOOK + "/dead-letters",
            webhooks.dead_letters,
            "What an outgoing webhook did not deliver within a day, the newest first.",
            response=shapes.DeadLetters,
            errors=(*_READING, ErrorCode.FORBIDDEN),
            scope="moderate",
        ),
        Endpoint(
            "POST",
            _WEBHOOK + "/dead-letters/replay",
            webhooks.replay,
            "Have dead letters delivered anew, for another day.",
            request=shapes.Replay,
            response=shapes.Replayed,
            errors=(*_READING, ErrorCode.FORBIDDEN, ErrorCode.CONFLICT),
            scope="moderate",
        ),
    ]


def _posted(webhooks: WebhookRequests) -> Endpoint:
    return Endpoint(
        "POST",
        "/v1/hooks/{webhook}/{secret}",
        webhooks.post,
        "Post into a room as one posts to Slack, by the URL of a webhook; the answer is `ok`. No"
        " token. The payload is JSON, or the field `payload` of a form, whatever the type says."
        " An `Idempotency-Key` that is a UUIDv7 is the message's key, for ever; any other one"
        " holds for a day.",
        request=shapes.SlackPayload,
        response=str,
        errors=(*_CHANGING, ErrorCode.RATE_LIMITED, ErrorCode.BAD_KEY),
        auth=False,
        idempotency_key=True,
        media_type="text/plain",
        form_field="payload",
    )
