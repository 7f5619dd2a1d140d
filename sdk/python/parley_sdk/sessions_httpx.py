"""Signing in and out over HTTP (protocol.md §8): as a person or as a bot; all else is `Api`'s."""

from __future__ import annotations

from parley_sdk.caller_httpx import Caller
from parley_sdk.tokens import BotTokens, Tokens
from proto import identity, shapes


class SessionCalls(Caller):
    """A part of `Api`: whose calls all the others are."""

    async def register(
        self, username: str, password: str, display_name: str | None = None
    ) -> shapes.SignedIn:
        """Make an account and sign in as it; `conflict` when the name is taken."""
        body = shapes.Register(username, password, display_name)
        return self._sign_in(await self._public("/v1/auth/register", body, shapes.SignedIn))

    async def login(self, username: str, password: str) -> shapes.SignedIn:
        """Sign in; `unauthorized` whether the name or the password is wrong."""
        body = shapes.Login(username, password)
        return self._sign_in(await self._public("/v1/auth/login", body, shapes.SignedIn))

    async def login_bot(self, api_token: str) -> shapes.SignedIn:
        """Sign in as a bot by its API token; `unauthorized` when it is not good (any more).

        The API token is traded for access tokens as long as one asks for them: keep it.
        """
        signed_in = await self._trade(api_token)
        self._tokens = BotTokens(signed_in, lambda: self._trade(api_token))
        return signed_in

    async def refresh(self, refresh_token: str) -> shapes.SignedIn:
        """Trade a refresh token for a new pair; the old one is dead, and used again ends all."""
        body = shapes.Refresh(refresh_token)
        return await self._public("/v1/auth/refresh", body, shapes.SignedIn)

    async def resume(self, refresh_token: str) -> shapes.SignedIn:
        """Sign in again with a refresh token that was kept."""
        return self._sign_in(await self.refresh(refresh_token))

    async def logout(self) -> None:
        """End the session: its refresh token is dead, its sockets close with 4501. Idempotent."""
        await self._call("POST", "/v1/auth/logout")
        self._tokens = None

    async def deactivate(self, password: str) -> None:
        """Put one's own account out of use, signed out everywhere; what was said stays."""
        await self._call("POST", "/v1/auth/deactivate", identity.Deactivate(password))
        self._tokens = None

    def _sign_in(self, signed_in: shapes.SignedIn) -> shapes.SignedIn:
        self._tokens = Tokens(signed_in, self.refresh)
        return signed_in
