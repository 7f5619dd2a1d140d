"""Makes webhooks, gives them other secrets and ends them; what comes by them is `hook_poster`'s."""

from __future__ import annotations

import hashlib
import secrets

from history import room, webhooks_postgres
from history.audit_postgres import Deed
from history.decider import Decider, entitled
from history.registrar import Registrar
from history.rights import Right
from proto import limits
from proto.codes import ErrorCode
from proto.shapes import User
from proto.webhooks import MadeWebhook, NewWebhook, Webhook
from proto.wire import Fault
from services.guard import Claims
from services.pool_postgres import Pool
from services.problem import Problem


class HookKeeper:
    """Every method raises Problem (what it refuses, or `timeout`) and Unavailable.

    `public_url` is where other programs find this installation.
    """

    def __init__(self, pool: Pool, decider: Decider, registrar: Registrar, public_url: str) -> None:
        self._pool = pool
        self._decider = decider
        self._registrar = registrar
        self._public_url = public_url

    async def make(self, room_id: str, claims: Claims, new: NewWebhook) -> MadeWebhook:
        """Make one; a room has so many at most."""
        name = room.check_name(new.name)
        if isinstance(name, Fault):
            raise Problem(name.code, name.message, field=name.field)
        await self._registrar.introduce(claims)
        async with self._decider.turn(room_id, claims.sub, Right.MANAGE) as turn:
            if await webhooks_postgres.count(turn.connection, room_id) >= limits.WEBHOOKS:
                message = f"a room has at most {limits.WEBHOOKS} webhooks: remove one"
                raise Problem(ErrorCode.CONFLICT, message)
            shown = claims.name or claims.username or claims.sub
            by = User(claims.sub, claims.username or claims.sub, shown)
            id_ = secrets.token_urlsafe(12)
            webhook = Webhook(id_, room_id, new.kind, name, by, turn.now_ms)
            secret = _secret()
            await webhooks_postgres.put(turn.connection, webhook, digest(secret))
            detail = {"webhook": id_, "name": name, "kind": new.kind}
            await turn.note(Deed("webhook.created", detail={**detail}))
        return self._made(webhook, secret)

    async def list(self, room_id: str, user: str) -> list[Webhook]:
        """Those of a room, the newest first."""
        await entitled(self._pool, room_id, user, Right.MANAGE)
        return await webhooks_postgres.of_room(self._pool, room_id)

    async def rotate(self, room_id: str, user: str, id_: str) -> MadeWebhook:
        """Give one another secret; the former is good for nothing from now on."""
        async with self._decider.turn(room_id, user, Right.MANAGE) as turn:
            webhook = await webhooks_postgres.one(turn.connection, room_id, id_)
            if webhook is None:
                raise Problem(ErrorCode.NOT_FOUND, "this room has no such webhook")
            secret = _secret()
            await webhooks_postgres.rotate(turn.connection, id_, digest(secret))
            await turn.note(Deed("webhook.rotated", detail={"webhook": id_, "name": webhook.name}))
        return self._made(webhook, secret)

    async def remove(self, room_id: str, user: str, id_: str) -> None:
        """End one; for one that is not there it is no news."""
        async with self._decider.turn(room_id, user, Right.MANAGE) as turn:
            webhook = await webhooks_postgres.one(turn.connection, room_id, id_)
            if webhook is not None and await webhooks_postgres.drop(turn.connection, room_id, id_):
                detail = {"webhook": id_, "name": webhook.name}
                await turn.note(Deed("webhook.removed", detail={**detail}))

    def _made(self, webhook: Webhook, secret: str) -> MadeWebhook:
        return MadeWebhook(webhook, secret, f"{self._public_url}/v1/hooks/{webhook.id}/{secret}")


def digest(secret: str) -> bytes:
    """What is kept of a secret. It is random and long, so nothing slower is needed."""
    return hashlib.sha256(secret.encode()).digest()


def _secret() -> str:
    return secrets.token_urlsafe(32)
