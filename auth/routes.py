"""The HTTP operations of auth: what is asked, checked and answered; `signin` does the work."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import UnsetType

from auth import cookie, prefix, username
from auth.accounts_postgres import Accounts
from auth.bots import Bots
from auth.cookie import Jar
from auth.ring import Ring
from auth.signin import Device, SignIn
from proto import ids, limits
from proto.codes import ErrorCode
from proto.shapes import Login, ProfilePatch, Refresh, Register, SignedIn, User, Users
from services.http import (
    Endpoint,
    Problem,
    Query,
    Request,
    Response,
    address,
    bearer,
    body,
    claims,
    empty,
    query_ids,
    query_int,
    query_text,
    reply,
)

SEARCH_DEFAULT: Final = 20
JWKS_TYPE: Final = "application/jwk-set+json"
JWKS_CACHE: Final = "public, max-age=60"
"""Short beside `keyring.SETTLE_MS`: a new key is known everywhere before it signs."""


_COOKIE_IF_ASKED: Final = (
    f"With `cookie`: `{cookie.NAME}`, which keeps the refresh token where no script reads it."
)


def endpoints(
    sign_in: SignIn, accounts: Accounts, bots: Bots, ring: Ring, jar: Jar
) -> list[Endpoint]:
    """Coming in and going out, and who there is."""
    routes = Routes(sign_in, accounts, bots, ring, jar)
    return [*_door(routes), *_people(routes)]


def _door(routes: Routes) -> list[Endpoint]:
    """Coming in and going out."""
    busy, limited = ErrorCode.UNAVAILABLE, ErrorCode.RATE_LIMITED
    return [
        Endpoint(
            "POST",
            "/v1/auth/register",
            routes.register,
            "Make an account and sign in.",
            request=Register,
            response=SignedIn,
            status=201,
            errors=(ErrorCode.FORBIDDEN, ErrorCode.CONFLICT, busy, limited),
            auth=False,
            sets_cookie=_COOKIE_IF_ASKED,
        ),
        Endpoint(
            "POST",
            "/v1/auth/login",
            routes.login,
            "Sign in with a password.",
            request=Login,
            response=SignedIn,
            errors=(ErrorCode.UNAUTHORIZED, ErrorCode.FORBIDDEN, busy, limited),
            auth=False,
            sets_cookie=_COOKIE_IF_ASKED,
        ),
        Endpoint(
            "POST",
            "/v1/auth/refresh",
            routes.refresh,
            "Trade a refresh token, in the body or else in the cookie, for the next one and a"
            " fresh access token.",
            request=Refresh,
            response=SignedIn,
            errors=(ErrorCode.UNAUTHORIZED, ErrorCode.FORBIDDEN, busy, limited),
            auth=False,
            body_optional=True,
            takes_cookie=cookie.NAME,
            sets_cookie=f"If the token came in the cookie: `{cookie.NAME}` with the next one.",
        ),
        *_programs(routes),
    ]


def _programs(routes: Routes) -> list[Endpoint]:
    """What bots come in by, how one goes, and the keys by which others know who is in."""
    busy, limited = ErrorCode.UNAVAILABLE, ErrorCode.RATE_LIMITED
    return [
        Endpoint(
            "POST",
            "/v1/auth/token",
            routes.trade,
            "Trade a bot's API token, as `Authorization: Bearer`, for an access token. It has no"
            " refresh token: trade again a minute before it runs out.",
            response=SignedIn,
            errors=(ErrorCode.UNAUTHORIZED, busy, limited),
            auth=False,
        ),
        Endpoint(
            "POST",
            "/v1/auth/logout",
            routes.logout,
            "End the session of the token used. Repeating: the same.",
            status=204,
            scope="person",
            sets_cookie=f"Clears `{cookie.NAME}`, whether there is one or not.",
        ),
        Endpoint(
            "GET",
            "/.well-known/jwks.json",
            routes.jwks,
            "The keys that access tokens are signed with (RFC 7517).",
            response=dict[str, Any],
            auth=False,
            media_type=JWKS_TYPE,
        ),
    ]


def _people(routes: Routes) -> list[Endpoint]:
    """Oneself and the others."""
    return [
        Endpoint("GET", "/v1/auth/me", routes.me, "The user of the token.", response=User),
        Endpoint(
            "PATCH",
            "/v1/auth/me",
            routes.rename,
            "Change one's own profile. What one says from then on bears the new name, and who"
            " shares a room with one is told by `user.updated`.",
            scope="person",
            request=ProfilePatch,
            response=User,
            errors=(ErrorCode.RATE_LIMITED,),
        ),
        Endpoint(
            "GET",
            "/v1/users",
            routes.users,
            "Users by id, in the order of their usernames; unknown ids are left out.",
            response=Users,
            query=(Query("ids", "Ids with commas between, at most 100.", required=True),),
        ),
        Endpoint(
            "GET",
            "/v1/users/search",
            routes.search,
            "Users whose username, or else display name, begins with `q`; case does not count.",
            response=Users,
            query=(
                Query("q", "At least one character.", required=True),
                Query("limit", "1 to 100; 20 if absent.", int),
            ),
        ),
    ]


class Routes:
    """One method an operation."""

    def __init__(
        self, sign_in: SignIn, accounts: Accounts, bots: Bots, ring: Ring, jar: Jar
    ) -> None:
        self._sign_in = sign_in
        self._accounts = accounts
        self._bots = bots
        self._ring = ring
        self._jar = jar

    async def register(self, request: Request) -> Response:
        form = await body(request, Register)
        if form.cookie:
            _check_page(request)
        signed_in = await self._sign_in.register(form, _device(request))
        return self._answer(request, signed_in, as_cookie=form.cookie, status=201)

    async def login(self, request: Request) -> Response:
        form = await body(request, Login)
        if form.cookie:
            # Else a foreign page could sign a person in as somebody who then reads what they write.
            _check_page(request)
        signed_in = await self._sign_in.login(form, _device(request))
        return self._answer(request, signed_in, as_cookie=form.cookie)

    async def refresh(self, request: Request) -> Response:
        token = (await body(request, Refresh)).refresh_token
        if token is not None:
            signed_in = await self._sign_in.refresh(token, _device(request), as_cookie=False)
            return reply(signed_in)
        _check_page(request)
        kept = request.cookies.get(cookie.NAME)
        if kept is None:
            message = f"there is no refresh token, neither in the body nor as {cookie.NAME}"
            raise Problem(ErrorCode.UNAUTHORIZED, message)
        try:
            signed_in = await self._sign_in.refresh(kept, _device(request), as_cookie=True)
        except Problem as problem:
            if problem.code is ErrorCode.UNAUTHORIZED:
                problem.headers["set-cookie"] = self._jar.clear(request.url.scheme)
            raise
        return self._answer(request, signed_in, as_cookie=True)

    async def trade(self, request: Request) -> Response:
        return reply(await self._bots.trade(bearer(request), address(request)))

    async def logout(self, request: Request) -> Response:
        who, answer = await claims(request), empty()
        await self._sign_in.logout(who)
        kept = request.cookies.get(cookie.NAME)
        # Somebody else may have signed in by another tab since: their cookie stays.
        if kept is None or not await self._sign_in.is_anothers(kept, who):
            answer.headers["set-cookie"] = self._jar.clear(request.url.scheme)
        return answer

    async def me(self, request: Request) -> Response:
        return reply(await self._sign_in.me(await claims(request)))

    async def rename(self, request: Request) -> Response:
        who, patch = await claims(request), await body(request, ProfilePatch)
        if isinstance(patch.display_name, UnsetType):
            return reply(await self._sign_in.me(who))
        return reply(await self._sign_in.rename(who, patch.display_name))

    async def users(self, request: Request) -> Response:
        await self._sign_in.me(await claims(request))
        return reply(Users(await self._accounts.by_ids(query_ids(request, "ids"))))

    async def search(self, request: Request) -> Response:
        await self._sign_in.me(await claims(request))
        limit = query_int(request, "limit", SEARCH_DEFAULT, 1, limits.PAGE_ITEMS)
        text = username.fold((query_text(request, "q") or "").strip())
        if not text or not ids.is_clean(text):
            message = "q is what a name begins with: at least one character, none of control"
            raise Problem(ErrorCode.INVALID, message, field="q")
        return reply(Users(await self._accounts.search(prefix.texts_from(text), limit)))

    async def jwks(self, _request: Request) -> Response:
        return Response(
            self._ring.jwks,
            media_type=JWKS_TYPE,
            headers={"cache-control": JWKS_CACHE},
        )

    def _answer(
        self, request: Request, signed_in: SignedIn, *, as_cookie: bool, status: int = 200
    ) -> Response:
        """Answer a sign-in with its refresh token in the body, or in the cookie alone."""
        token = signed_in.refresh_token
        if not as_cookie or token is None:
            return reply(signed_in, status)
        headers = {"set-cookie": self._jar.keep(token, request.url.scheme)}
        return reply(msgspec.structs.replace(signed_in, refresh_token=None), status, headers)


def _check_page(request: Request) -> None:
    """Refuse what another origin's page makes a browser send; nothing has been done for it yet."""
    headers = request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if not cookie.is_own_page(site, origin, headers.get("host", ""), request.url.scheme):
        message = "the cookie is for pages of this origin; others send the token in the body"
        raise Problem(ErrorCode.FORBIDDEN, message)


def _device(request: Request) -> Device:
    return Device.of(request.headers.get("user-agent", ""), address(request))
