"""Makes webhooks, gives them other secrets, switches and ends them; what comes by them is
`hook_poster`'s, and what goes out is told by `deliveries`.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets

from history import deliveries_postgres, room, webhooks_postgres
from history.audit_postgres import Deed
from history.decider import Decider, entitled
from history.registrar import Registrar
from history.rights import Right
from history.webhooks_postgres import Secret
from proto import limits
from proto.codes import ErrorCode
from proto.shapes import User
from proto.webhooks import MadeWebhook, NewWebhook, Webhook, WebhookKind
from proto.wire import Fault
from services.guard import Claims
from services.outbound import Allowed, Refused, target
from services.pool_postgres import Connection, Pool
from services.problem import Problem


class HookKeeper:
    """Every method raises Problem (what it refuses, or `timeout`) and Unavailable.

    `public_url` is where other programs find this installation, `allowed` which hosts of the house
    may be posted to.
    """

    def __init__(
        self,
        pool: Pool,
        decider: Decider,
        registrar: Registrar,
        allowed: Allowed,
        public_url: str,
    ) -> None:
        self._pool = pool
        self._decider = decider
        self._registrar = registrar
        self._allowed = allowed
        self._public_url = public_url

    async def make(self, room_id: str, claims: Claims, new: NewWebhook) -> MadeWebhook:
        """Make one; a room has so many at most."""
        name = room.check_name(new.name)
        if isinstance(name, Fault):
            raise Problem(name.code, name.message, field=name.field)
        url = self._url(new)
        await self._registrar.introduce(claims)
        async with self._decider.turn(room_id, claims.sub, Right.MANAGE) as turn:
            if await webhooks_postgres.count(turn.connection, room_id) >= limits.WEBHOOKS:
                message = f"a room has at most {limits.WEBHOOKS} webhooks: remove one"
                raise Problem(ErrorCode.CONFLICT, message)
            shown = claims.name or claims.username or claims.sub
            by = User(claims.sub, claims.username or claims.sub, shown)
            id_ = secrets.token_urlsafe(12)
            webhook = Webhook(id_, room_id, new.kind, name, by, turn.now_ms, url)
            secret = secrets.token_urlsafe(32)
            await webhooks_postgres.put(turn.connection, webhook, _kept(new.kind, secret))
            detail = {"webhook": id_, "name": name, "kind": new.kind}
            await turn.note(Deed("webhook.created", detail={**detail}))
        return self._made(webhook, secret)

    async def of_room(self, room_id: str, user: str) -> list[Webhook]:
        """Those of a room, the newest first."""
        await entitled(self._pool, room_id, user, Right.MANAGE)
        return await webhooks_postgres.of_room(self._pool, room_id)

    async def rotate(self, room_id: str, user: str, id_: str) -> MadeWebhook:
        """Give one another secret; the former is good for nothing from now on."""
        async with self._decider.turn(room_id, user, Right.MANAGE) as turn:
            webhook = await _one(turn.connection, room_id, id_)
            secret = secrets.token_urlsafe(32)
            kept = _kept(webhook.kind, secret)
            await webhooks_postgres.rotate(turn.connection, id_, kept)
            await turn.note(Deed("webhook.rotated", detail={"webhook": id_, "name": webhook.name}))
        return self._made(webhook, secret)

    async def switch(self, room_id: str, user: str, id_: str, *, on: bool) -> Webhook:
        """Have an outgoing one post from now on, or no more."""
        async with self._decider.turn(room_id, user, Right.MANAGE) as turn:
            webhook = await _one(turn.connection, room_id, id_)
            if webhook.kind != "outgoing":
                raise Problem(ErrorCode.CONFLICT, "only an outgoing webhook can be disabled")
            await deliveries_postgres.switch(turn.connection, id_, turn.now_ms, on=on)
            if on is (webhook.disabled_ms is not None):
                action = "webhook.enabled" if on else "webhook.disabled"
                await turn.note(Deed(action, detail={"webhook": id_, "name": webhook.name}))
            return await _one(turn.connection, room_id, id_)

    async def require(self, room_id: str, user: str, id_: str) -> Webhook:
        """An outgoing one of a room, for somebody who may see to it."""
        await entitled(self._pool, room_id, user, Right.MANAGE)
        webhook = await _one(self._pool, room_id, id_)
        if webhook.kind != "outgoing":
            raise Problem(ErrorCode.NOT_FOUND, "only an outgoing webhook delivers anything")
        return webhook

    async def remove(self, room_id: str, user: str, id_: str) -> None:
        """End one; for one that is not there it is no news."""
        async with self._decider.turn(room_id, user, Right.MANAGE) as turn:
            webhook = await webhooks_postgres.one(turn.connection, room_id, id_)
            if webhook is not None and await webhooks_postgres.drop(turn.connection, room_id, id_):
                detail = {"webhook": id_, "name": webhook.name}
                await turn.note(Deed("webhook.removed", detail={**detail}))

    def _made(self, webhook: Webhook, secret: str) -> MadeWebhook:
        own = f"{self._public_url}/v1/hooks/{webhook.id}/{secret}"
        return MadeWebhook(webhook, secret, webhook.url or own)

    def _url(self, new: NewWebhook) -> str | None:
        """Where a new one posts, as it is asked: over TLS, or at a host that the operator named."""
        if (new.url is not None) is not (new.kind == "outgoing"):
            text = "an outgoing webhook has a URL to post to, and an incoming one has none"
            raise Problem(ErrorCode.INVALID, text, field="url")
        if new.url is None:
            return None
        try:
            found = target(new.url)
            if _is_address(found.host):
                self._allowed.check(found.host, [found.host])
        except Refused as error:
            raise Problem(ErrorCode.INVALID, str(error), field="url") from None
        if found.scheme != "https" and not self._allowed.names(found.host):
            raise Problem(ErrorCode.INVALID, "the URL begins with https://", field="url")
        return found.url


def digest(secret: str) -> bytes:
    """What is kept of a secret. It is random and long, so nothing slower is needed."""
    return hashlib.sha256(secret.encode()).digest()


def _kept(kind: WebhookKind, secret: str) -> Secret:
    return Secret(digest(secret), None) if kind == "incoming" else Secret(None, secret)


async def _one(source: Pool | Connection, room_id: str, id_: str) -> Webhook:
    webhook = await webhooks_postgres.one(source, room_id, id_)
    if webhook is None:
        raise Problem(ErrorCode.NOT_FOUND, "this room has no such webhook")
    return webhook


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
