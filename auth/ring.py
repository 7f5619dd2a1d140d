"""The signing keys in memory: signs, publishes, and checks our own tokens; stores nothing."""

from __future__ import annotations

import asyncio
from typing import Final

from auth import keyring, token_jwt
from auth.keyring import Key
from auth.keys_postgres import Keys, StoredKey
from proto.shapes import User
from services import clock, logs_structlog
from services.guard import Claims
from services.problem import Unavailable
from services.tokens_jwt import Guard

RELOAD_SECONDS: Final = 30.0
_log = logs_structlog.get_logger()


class Ring:
    """The keys that are not retired. The first start of all makes one.

    It is also auth's own guard: it checks tokens against these very keys, not over HTTP.
    """

    name = "keys"

    def __init__(self, keys: Keys, issuer: str) -> None:
        self._stored = keys
        self._issuer = issuer
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
                await self.reload()
            except Unavailable as error:
                _log.warning("keys not reloaded", error=str(error))

    def sign(self, user: User, sid: str) -> str:
        """An access token for a session of `user`, from now on."""
        now_ms = clock.now_ms()
        key = keyring.signing(self._keys, now_ms)
        return token_jwt.sign(key, self._issuer, user, sid, now_ms)

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
