"""The signing keys in memory: signs, publishes, and checks our own tokens; stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from auth import keyring, token_jwt
from auth.keyring import Key
from auth.keys_postgres import Keys, StoredKey
from proto import identity
from proto.codes import ErrorCode
from proto.shapes import User
from services import clock, logs_structlog
from services.guard import Claims
from services.problem import Problem, Unavailable
from services.tokens_jwt import Guard

RELOAD_SECONDS: Final = 30.0
_DAY_MS: Final = 86_400_000
_log = logs_structlog.get_logger()


class Ring:
    """The keys that are not retired. The first start of all makes one.

    It is also auth's own guard: it checks tokens against these very keys, not over HTTP.
    """

    name = "keys"

    def __init__(self, keys: Keys, issuer: str, key_days: int = 0) -> None:
        """After `key_days` another key is made, and the one before retired in time; 0: never."""
        self._stored = keys
        self._issuer = issuer
        self._age_ms = key_days * _DAY_MS
        self._keys: list[Key] = []
        self._jwks = b""
        self._guard: Guard | None = None

    @property
    def jwks(self) -> bytes:
        """The published set (RFC 7517), the newest key first."""
        return self._jwks

    async def start(self) -> None:
        """Read the keys, or make the first.

        Raises:
            Unavailable: Postgres is away.
        """
        await self._stored.ensure(_new)
        await self.reload()

    async def stop(self) -> None:
        """Nothing to stop."""

    async def reload(self) -> None:
        """Take up keys that others added or retired. Without any it keeps those it has.

        Raises:
            Unavailable: Postgres is away.
        """
        rows = await self._stored.living()
        keys = keyring.ordered(token_jwt.key(*row) for row in rows)
        if keys and keys != self._keys:
            self._keys = keys
            self._jwks = token_jwt.jwks(keys)
            self._guard = Guard(jwks=self._jwks, issuer=self._issuer)
            _log.info("keys loaded", kids=[key.kid for key in keys])

    async def watch(self) -> None:
        """Reload for ever, every 30 seconds; a Postgres that is away is waited for."""
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            try:
                await self.turn(clock.now_ms())
                await self.reload()
            except Unavailable as error:
                _log.warning("keys not reloaded", error=str(error))

    async def turn(self, now_ms: int) -> None:
        """Make another key if the newest is old, and retire those that are spent.

        Raises:
            Unavailable: Postgres is away.
        """
        if self._age_ms and keyring.is_old(self._keys, now_ms, self._age_ms):
            await self._stored.add(_new(), now_ms - self._age_ms, None)
        for key in keyring.spent(self._keys, now_ms):
            await self._stored.retire(key.kid, None, now_ms)
        await self._stored.forget(now_ms - _DAY_MS)

    async def rotate(self, actor: str | None) -> identity.SigningKeys:
        """Make another key now: it is published at once, and signs once everyone knows it.

        Raises:
            Problem: `conflict` while the one before is not known everywhere yet.
            Unavailable: Postgres is away.
        """
        now_ms = clock.now_ms()
        if not await self._stored.add(_new(), now_ms - keyring.SETTLE_MS, actor):
            message = "the newest key does not sign yet: it is made known first, for ten minutes"
            raise Problem(ErrorCode.CONFLICT, message)
        return await self.listed()

    async def retire(self, actor: str | None, kid: str) -> None:
        """Publish a key no more, at once: what it signed is good no longer. Idempotent.

        Raises:
            Problem: `conflict` if it is the only one.
            Unavailable: Postgres is away.
        """
        if not await self._stored.retire(kid, actor, clock.now_ms()):
            await self.reload()
            if [key.kid for key in self._keys] == [kid]:
                raise Problem(ErrorCode.CONFLICT, "this is the only key: make another one first")
        await self.reload()

    async def listed(self) -> identity.SigningKeys:
        """The keys that are published, and from when each of them signs.

        Raises:
            Unavailable: Postgres is away.
        """
        await self.reload()
        now_ms = clock.now_ms()
        signing = keyring.signing(self._keys, now_ms)
        return identity.SigningKeys(
            [
                identity.SigningKey(
                    key.kid,
                    key.created_ms,
                    key.created_ms + keyring.SETTLE_MS,
                    signing=key == signing,
                )
                for key in self._keys
            ]
        )

    def sign(
        self,
        user: User,
        sid: str,
        scopes: Sequence[str] | None = None,
        now_ms: int | None = None,
    ) -> str:
        """An access token for a session of `user`, as of now; `scopes` of a bot's."""
        now_ms = clock.now_ms() if now_ms is None else now_ms
        key = keyring.signing(self._keys, now_ms)
        return token_jwt.sign(key, self._issuer, user, sid, now_ms, scopes)

    async def check(self, token: str) -> Claims:
        """Answer what a token says; as `services.guard.Checker`.

        Raises:
            Unauthorized: it is not one of ours, or not good any more.
            Unavailable: the keys have not been read yet.
        """
        if self._guard is None:
            raise Unavailable("the signing keys have not been read yet")
        return await self._guard.check(token)


def _new() -> StoredKey:
    key = token_jwt.new_key(clock.now_ms())
    return StoredKey(key.kid, key.private, key.created_ms)
