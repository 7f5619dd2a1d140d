"""Makes bots and their API tokens, and trades those for access tokens; no HTTP, no SQL."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from auth import bots_postgres, profile, secret, session, username
from auth.accounts_postgres import Account
from auth.announcer import Announcer
from auth.bots_postgres import Refusal, Token
from auth.metrics import AuthMetrics
from auth.ring import Ring
from auth.signin import valid
from auth.throttle import Throttle
from proto import identity, ids, limits
from proto.codes import ErrorCode
from proto.shapes import SignedIn, User
from services import clock
from services.problem import Problem

TOKENS: Final = 20
"""Good tokens of one bot at the same time."""
NAME_CHARACTERS: Final = 64


class Bots:
    """`actor` is the admin who asks, None for the command line, which has no throttle either.

    Every call raises `Unavailable` while Postgres is away.
    """

    def __init__(
        self,
        bots: bots_postgres.Bots,
        ring: Ring,
        throttle: Throttle | None,
        announcer: Announcer | None,
        metrics: AuthMetrics,
    ) -> None:
        self._bots = bots
        self._ring = ring
        self._throttle = throttle
        self._announcer = announcer
        self._metrics = metrics

    async def create(self, actor: str | None, form: identity.NewBot) -> identity.MadeApiToken:
        """Make a bot with a first token.

        Raises:
            Problem: `invalid`; `conflict` if the username, or one that looks like it, is taken.
        """
        name = valid(username.parse(form.username))
        shown = valid(profile.parse(form.display_name or name))
        token, raw = _token(form.token_name, form.scopes, "token_name")
        user = User(f"u_{secrets.token_urlsafe(16)}", name, shown)
        account, folded = Account(user, ""), username.fold(shown)
        if not await self._bots.create(account, folded, token, session.digest(raw), actor):
            raise Problem(ErrorCode.CONFLICT, "the username is taken", field="username")
        return _made(user, token, raw)

    async def add_token(
        self, actor: str | None, bot: str, form: identity.NewApiToken
    ) -> identity.MadeApiToken:
        """Give a bot one more token.

        Raises:
            Problem: `invalid`; `not_found` if there is no such bot; `conflict` if it has the most.
        """
        token, raw = _token(form.name, form.scopes, "name")
        user = await self._bots.add_token(bot, token, session.digest(raw), actor, TOKENS)
        if user is Refusal.NO_BOT:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such bot")
        if user is Refusal.TOO_MANY:
            raise Problem(ErrorCode.CONFLICT, f"a bot has at most {TOKENS} tokens")
        return _made(user, token, raw)

    async def page(self, after: str, limit: int) -> list[identity.Bot]:
        """Bots by username, after one."""
        return [
            identity.Bot(bot.user, bot.disabled_ms, [_known(token) for token in bot.tokens])
            for bot in await self._bots.page(after, limit)
        ]

    async def revoke(self, actor: str | None, bot: str, token: str) -> None:
        """Void a token: its sockets close with 4501. Idempotent."""
        if await self._bots.revoke(bot, token, actor, clock.now_ms()):
            self._wake()

    def _wake(self) -> None:
        if self._announcer is not None:
            self._announcer.wake()

    async def trade(self, shown: str, where: str) -> SignedIn:
        """Give a fresh access token for an API token.

        Raises:
            Problem: `unauthorized`; why is not told; `rate_limited`.
        """
        if self._throttle is not None:
            await self._throttle.trade(where)
        # Made as of before it is looked at: a bot that is disabled meanwhile has it void as well.
        raw, now_ms = secret.read(secret.API_TOKEN, shown), clock.now_ms()
        found = None
        if raw is not None:
            found = await self._bots.trade(session.digest(raw), now_ms)
        self._metrics.trades.labels("refused" if found is None else "ok").inc()
        if found is None:
            raise Problem(ErrorCode.UNAUTHORIZED, "the API token is not good")
        access = self._ring.sign(found.user, found.id, found.scopes, now_ms)
        return SignedIn(found.user, access, None, limits.ACCESS_TOKEN_SECONDS)


def _token(name: str, scopes: Sequence[str], field: str) -> tuple[Token, bytes]:
    shown = name.strip()
    if len(shown) > NAME_CHARACTERS or not ids.is_clean(shown):
        message = f"a token's name has at most {NAME_CHARACTERS} characters, none of control"
        raise Problem(ErrorCode.INVALID, message, field=field)
    if not scopes:
        raise Problem(ErrorCode.INVALID, "a token needs at least one scope", field="scopes")
    ordered: list[str] = [scope for scope in identity.SCOPES if scope in scopes]
    token = Token(f"b_{secrets.token_urlsafe(16)}", shown, ordered, clock.now_ms(), None)
    return token, secrets.token_bytes(secret.BYTES)


def _made(user: User, token: Token, raw: bytes) -> identity.MadeApiToken:
    return identity.MadeApiToken(user, _known(token), secret.write(secret.API_TOKEN, raw))


def _known(token: Token) -> identity.ApiToken:
    scopes = [scope for scope in identity.SCOPES if scope in token.scopes]
    times = (token.created_ms, token.last_used_ms)
    return identity.ApiToken(token.id, token.name, scopes, *times)
