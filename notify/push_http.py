"""Requests about the browsers that one is told in while Parley is closed."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from typing import Final
from uuid import UUID, uuid4

from notify import seal_cryptography, subscriptions_postgres
from notify.identity import Identity
from notify.subscriptions_postgres import Subscription
from proto import limits, notifications
from proto.codes import ErrorCode
from services import clock
from services.http import Problem, Request, Response, body, claims, empty, path_id, reply
from services.outbound import Allowed, Refused, target
from services.pool_postgres import Pool

_LABEL: Final = "a label is at most 128 characters, all of which can be seen"


class PushRequests:
    """One method for each endpoint; each raises Problem."""

    def __init__(self, pool: Pool, identity: Identity, allowed: Allowed) -> None:
        self._pool = pool
        self._identity = identity
        self._allowed = allowed

    async def get(self, request: Request) -> Response:
        """The key to subscribe with, and the caller's subscriptions."""
        caller = await claims(request)
        found = await subscriptions_postgres.of(self._pool, caller.sub, caller.sid)
        return reply(notifications.PushSettings(self._identity.vapid.public_key, found))

    async def put(self, request: Request) -> Response:
        """The subscription as it is kept."""
        caller, given = await claims(request), await body(request, notifications.NewPushDevice)
        if len(given.label) > limits.CLIENT_NAME_CHARACTERS or not given.label.isprintable():
            raise Problem(ErrorCode.INVALID, _LABEL, field="label")
        endpoint = self._endpoint(given.endpoint)
        p256dh, auth = _decoded(given.keys.p256dh), _decoded(given.keys.auth)
        if not seal_cryptography.is_public_key(p256dh):
            text = "p256dh is not a point of P-256, uncompressed and in base64url"
            raise Problem(ErrorCode.INVALID, text, field="keys")
        if len(auth) != seal_cryptography.AUTH_BYTES:
            raise Problem(ErrorCode.INVALID, "auth is not 16 bytes in base64url", field="keys")
        kept = await subscriptions_postgres.put(
            self._pool,
            Subscription(uuid4(), caller.sub, endpoint, p256dh, auth),
            caller.sid,
            given.label,
            clock.now_ms(),
            limits.PUSH_SUBSCRIPTIONS,
        )
        return reply(kept)

    async def delete(self, request: Request) -> Response:
        """It is there no more."""
        caller, given = await claims(request), path_id(request, "device")
        try:
            id_ = UUID(given)
        except ValueError:
            return empty()  # no subscription has such an id
        await subscriptions_postgres.remove(self._pool, id_, caller.sub)
        return empty()

    def _endpoint(self, url: str) -> str:
        """The URL as it is asked: over TLS, or at a host that the operator named."""
        try:
            found = target(url)
        except Refused as error:
            raise Problem(ErrorCode.INVALID, str(error), field="endpoint") from None
        if found.scheme != "https" and not self._allowed.names(found.host):
            text = "the endpoint of a push service begins with https://"
            raise Problem(ErrorCode.INVALID, text, field="endpoint")
        return found.url


def _decoded(text: str) -> bytes:
    """Base64 for URLs, with or without the signs at its end; b"" if it is none."""
    try:
        raw = text.encode("ascii")
        return urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return b""
