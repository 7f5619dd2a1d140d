"""Access tokens that stay fresh. It does not sign anybody in: `Api` does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from parley_sdk.clock import monotonic
from parley_sdk.errors import ApiError
from proto.codes import ErrorCode
from proto.shapes import SignedIn

FRESH_SECONDS = 60.0
"""A token that runs out sooner than this is not handed out any more."""


class TokenSource(Protocol):
    """Where a client gets its access token."""

    async def access(self, *, fresh: bool = False) -> str:
        """Give a token that lasts; with `fresh`, a newer one than the last given.

        Raises:
            ApiError: there is none to be had, now or (`unauthorized`, `forbidden`) ever.
        """

    def expires_in_seconds(self) -> float | None:
        """Give how long the last token given lasts; None when it is not known or never renewed."""


class FixedToken:
    """One token that nobody renews: the client stops when it has run out."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def access(self, *, fresh: bool = False) -> str:  # noqa: ARG002 - there is one alone
        """Give the token."""
        return self._token

    def expires_in_seconds(self) -> float | None:
        """Give None: it is not renewed."""
        return None


class Tokens:
    """The tokens of one session: refreshed 60 s before their end, one refresh at a time.

    `on_change` is called with every new pair, for those who keep the refresh token: it rotates,
    and the old one used again ends the session.
    """

    def __init__(
        self,
        signed_in: SignedIn,
        refresh: Callable[[str], Awaitable[SignedIn]],
        *,
        on_change: Callable[[SignedIn], None] | None = None,
    ) -> None:
        self._refresh = refresh
        self._on_change = on_change
        self._refreshing: asyncio.Task[SignedIn] | None = None
        self._take(signed_in)

    async def access(self, *, fresh: bool = False) -> str:
        """Give a token that lasts at least a minute; `fresh`: a newer one than any given before.

        Cancelling is safe: a refresh under way goes on for whoever asks next.

        Raises:
            ApiError: the refresh failed; `unauthorized` means that the session is over.
        """
        if fresh or self._ends_at - monotonic() < FRESH_SECONDS:
            if self._refreshing is None:
                self._refreshing = asyncio.create_task(self._renew(), name="parley token refresh")
            await asyncio.shield(self._refreshing)
        return self.signed_in.access_token

    def expires_in_seconds(self) -> float | None:
        """Give how long the present access token lasts."""
        return max(0.0, self._ends_at - monotonic())

    async def _renew(self) -> SignedIn:
        try:
            renewed = await self._next()
            self._take(renewed)
        finally:
            self._refreshing = None
        if self._on_change is not None:
            self._on_change(renewed)
        return renewed

    async def _next(self) -> SignedIn:
        token = self.signed_in.refresh_token
        if token is None:
            message = "the refresh token is in a browser's cookie: sign in without one"
            raise ApiError(ErrorCode.UNAUTHORIZED, message)
        return await self._refresh(token)

    def _take(self, signed_in: SignedIn) -> None:
        self.signed_in = signed_in
        self._ends_at = monotonic() + signed_in.expires_in


class BotTokens(Tokens):
    """The access tokens of a bot: its API token is traded anew 60 s before the present one's end.

    An API token is good until somebody voids it, and there is nothing to be kept of what it
    brings: a bot has no refresh token.
    """

    def __init__(self, signed_in: SignedIn, trade: Callable[[], Awaitable[SignedIn]]) -> None:
        super().__init__(signed_in, lambda _: trade())
        self._trade = trade

    async def _next(self) -> SignedIn:
        return await self._trade()
