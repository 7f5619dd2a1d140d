"""How often somebody may try, by account and address, for the whole cluster; it tries nothing."""

from __future__ import annotations

import hashlib
from typing import Final

from auth import email, username
from auth.settings import Limits
from proto.codes import ErrorCode
from proto.wire import Fault
from services.limiter_redis import Limiter, Take
from services.problem import Problem, Unavailable
from services.settings import Rate

GROWING: Final = ((2, 10), (4, 60))
"""Failures of one account are counted in longer windows as well: twice the count of `LOGINS` in ten
times its seconds, four times in sixty. So who goes on guessing waits longer and longer."""
_FAILED: Final = "logins_failed"


class Throttle:
    """Every method raises `rate_limited` with the time to wait; while Redis is away each process
    counts for itself.

    An account is counted by the name that was given, whether there is one of that name or not.
    """

    def __init__(self, limiter: Limiter, limits: Limits) -> None:
        self._limiter = limiter
        self._limits = limits

    async def login(self, name: str, address: str) -> None:
        """Before a password is looked at."""
        await self._limiter.take_address("logins_address", self._limits.logins_address, address)
        await self.account(name)

    async def account(self, name: str) -> None:
        """The same for an account alone: somebody who is signed in proves who they are."""
        owner = _owner(name)
        await self._limiter.take("logins", self._limits.logins, owner)
        takes = self._failures(owner, 0)
        try:
            counted = await self._limiter.run(takes) if takes else []
        except Unavailable:
            return
        wait_ms = max((taken.wait_ms for taken in counted), default=0)
        if wait_ms:
            self._limiter.count(_FAILED)
            message = "too many wrong passwords for this account; it takes longer each time"
            raise Problem(ErrorCode.RATE_LIMITED, message, retry_after_ms=wait_ms)

    async def failed(self, name: str) -> None:
        """After a password was wrong."""
        try:
            if takes := self._failures(_owner(name), 1):
                await self._limiter.run(takes)
        except Unavailable:
            return  # the limit of `account` holds alone

    async def register(self, address: str) -> None:
        """Before an account is made."""
        await self._limiter.take_address("register", self._limits.register, address)

    async def rename(self, user_id: str) -> None:
        """Before somebody takes another display name: all who share a room with them are told."""
        await self._limiter.take("renames", self._limits.renames, user_id)

    async def refresh(self, family: bytes, address: str) -> None:
        """Before a refresh token is looked at; `family` is what those of one session share."""
        await self._limiter.take_address("refresh_address", self._limits.refresh_address, address)
        await self._limiter.take(
            "refresh", self._limits.refresh, hashlib.sha256(family).hexdigest()[:32]
        )

    async def trade(self, address: str) -> None:
        """Before an API token is looked at."""
        await self._limiter.take_address("logins_address", self._limits.logins_address, address)

    async def reset(self, name: str, address: str) -> None:
        """Before a link is mailed; `name` is a username or a mail address."""
        await self.link(address)
        await self._limiter.take("resets", self._limits.resets, _owner(name))

    async def link(self, address: str) -> None:
        """Before a link is looked at."""
        await self._limiter.take_address("resets_address", self._limits.resets_address, address)

    def _failures(self, owner: str, amount: int) -> list[Take]:
        count, seconds = self._limits.logins.count, self._limits.logins.seconds
        if self._limits.logins.off:
            return []
        return [
            Take(
                f"{_FAILED}_{longer}",
                Rate(more * count, longer * seconds),
                owner,
                amount,
                used=amount > 0,
            )
            for more, longer in GROWING
        ]


def _owner(name: str) -> str:
    """An account as a limit names it: whoever is meant by what was typed, in a few characters.

    A name has thousands of spellings, such as those of a full-width keyboard: each with a count of
    its own, they would be as many times the guesses.
    """
    meant = email.parse(name)
    if isinstance(meant, Fault):
        meant = username.parse(name)
    if isinstance(meant, Fault):
        meant = name  # nobody's
    return hashlib.sha256(meant.encode("utf-8", "replace")).hexdigest()[:32]
