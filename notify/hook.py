"""A delivery to a webhook: what is said and signed, what an answer means, when it is tried again.

It asks nobody and sends nothing. The signature is HMAC-SHA256 (RFC 2104) over the time of the
attempt, a full stop and the body, as receivers know it from Stripe and others.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, Literal

from proto import limits, wire
from proto.calls import StoredEvent
from proto.deliveries import WebhookJob

TYPES: Final = ("message", "message.edited", "message.deleted")
"""The log events that are delivered."""
_PAUSE_SECONDS: Final = (5.0, 3_600.0)
_FULL_SECONDS: Final = (2.0, 6.0)
_MARKS: Final = tuple(f'"type":"{kind}"'.encode() for kind in TYPES)

Outcome = Literal["delivered", "again", "off"]


def is_told(body: bytes) -> bool:
    """Say whether a stored event is one of those that are delivered, without reading all of it."""
    return body.startswith(tuple(b"{" + mark for mark in _MARKS))


def body(job: WebhookJob, event: StoredEvent) -> bytes:
    """What is posted: the event as clients see it, and what delivery it is."""
    placed = wire.place(event.body, event.seq, event.prev)
    return b'{"delivery":"%b","webhook":"%b","event":%b}' % (
        job.delivery.encode(),
        job.webhook.encode(),
        placed,
    )


def headers(job: WebhookJob, secret: str, said: bytes, now_ms: int) -> dict[str, str]:
    """What goes with the body. The id is that of every attempt, the time that of this one."""
    seconds = now_ms // 1000
    return {
        "content-type": "application/json",
        "parley-webhook": job.webhook,
        "parley-delivery": job.delivery,
        "parley-timestamp": str(seconds),
        "parley-signature": signature(secret, seconds, said),
    }


def signature(secret: str, seconds: int, said: bytes) -> str:
    """`v1=` and the HMAC in hexadecimal, so that another way to sign can stand beside it."""
    signed = b"%d.%b" % (seconds, said)
    return f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def outcome(status: int) -> Outcome:
    """What an answer means: 2xx took it, 410 wants no more of this webhook, all else is a fault.

    A refusal such as 400 or 404 is tried again as well: receivers are mended, too.
    """
    if 200 <= status < 300:
        return "delivered"
    return "off" if status == 410 else "again"


def reason(status: int) -> str:
    """Why an answer is none, for a person."""
    if 300 <= status < 400:
        return f"it answered {status}: redirects are not followed"
    return "it answered 410: it wants no more" if status == 410 else f"it answered {status}"


def is_last(job: WebhookJob, now_ms: int) -> bool:
    """Say whether an attempt is the last one: its day is over."""
    return now_ms - job.at_ms >= limits.WEBHOOK_SECONDS * 1000


def pause_seconds(
    job: WebhookJob, now_ms: int, chance: float, retry_after: str | None = None
) -> float:
    """How long to wait after an attempt: about as long as it has waited already.

    So it doubles, from 5 s to an hour, and nobody has to count. `chance`, from 0 to 1, spreads it
    by a half; a receiver may ask for more, in seconds. The last attempt is at the end of the day.
    """
    least, most = _PAUSE_SECONDS
    waited = (now_ms - job.at_ms) / 1000
    pause = min(most, max(least, waited)) * (0.75 + chance / 2)
    pause = min(most, max(pause, _asked(retry_after)))
    left = (job.at_ms + 1_000 * limits.WEBHOOK_SECONDS - now_ms) / 1000
    return min(pause, max(least, left))


def full_seconds(chance: float) -> float:
    """How long to wait where a host is asked by as many as it may be already."""
    least, most = _FULL_SECONDS
    return least + (most - least) * chance


def _asked(retry_after: str | None) -> float:
    is_number = retry_after is not None and retry_after.isascii() and retry_after.isdecimal()
    return float(retry_after) if retry_after is not None and is_number else 0.0
