"""The public HTTP paths of this service, declared once for the router and for the document."""

from __future__ import annotations

from notify.push_http import PushRequests
from proto import limits, notifications
from proto.codes import ErrorCode
from services.openapi import Endpoint

_PUSH = "/v1/notify/push"


def endpoints(push: PushRequests) -> list[Endpoint]:
    """Return the table of paths."""
    return [
        Endpoint(
            "GET",
            _PUSH,
            push.get,
            "The public key that browsers subscribe with (Web Push, VAPID), and the browsers that"
            " are told while Parley is closed.",
            response=notifications.PushSettings,
            errors=(ErrorCode.UNAVAILABLE,),
        ),
        Endpoint(
            "PUT",
            _PUSH,
            push.put,
            "Have a browser told while Parley is closed, or say that it is still there: what its"
            f" `PushSubscription` says. One endpoint is kept once; of one person at most"
            f" {limits.PUSH_SUBSCRIPTIONS}, the ones most lately said. It ends with the session.",
            request=notifications.NewPushDevice,
            response=notifications.PushDevice,
            errors=(ErrorCode.INVALID, ErrorCode.UNAVAILABLE),
        ),
        Endpoint(
            "DELETE",
            _PUSH + "/{device}",
            push.delete,
            "Have it told no more.",
            status=204,
            errors=(ErrorCode.UNAVAILABLE,),
        ),
    ]
