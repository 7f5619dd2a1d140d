"""The HTTP operations of admins, bots included; `admin` and `bots` do the work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from msgspec import Struct

from auth import username
from auth.admin import Admin
from auth.bots import Bots
from auth.ring import Ring
from proto import identity, limits
from proto.codes import ErrorCode
from services.http import (
    Endpoint,
    Problem,
    Query,
    Request,
    Response,
    body,
    claims,
    empty,
    path_id,
    query_int,
    query_text,
    reply,
)
from services.openapi import Method

PAGE: Final = 50
_CURSOR = Query("cursor", "The `next` of the page before.")
_LIMIT = Query("limit", "1 to 100; 50 if absent.", int)
_MISSING, _CONFLICT = ErrorCode.NOT_FOUND, ErrorCode.CONFLICT


def endpoints(admin: Admin, bots: Bots, ring: Ring) -> list[Endpoint]:
    """All of them want an admin's token, or a bot's with the scope `admin`."""
    routes = Routes(admin, bots, ring)
    return [*_accounts(routes), *_invitations(routes), *_bots(routes), *_keys(routes)]


def _keys(routes: Routes) -> list[Endpoint]:
    path = "/v1/auth/admin/keys"
    return [
        _of_admins(
            "GET",
            path,
            routes.keys,
            "The keys that sign access tokens, the newest first.",
            response=identity.SigningKeys,
        ),
        _of_admins(
            "POST",
            path,
            routes.rotate,
            "Make another key. It signs in ten minutes, once it is known everywhere; the one before"
            " is retired by itself when its last token has run out.",
            response=identity.SigningKeys,
            status=201,
            errors=(_CONFLICT,),
        ),
        _of_admins(
            "DELETE",
            path + "/{kid}",
            routes.retire,
            "Retire a key at once, such as a stolen one: what it signed is good nowhere within"
            " five minutes. `conflict`: it is the only one.",
            status=204,
            errors=(_CONFLICT,),
        ),
    ]


def _accounts(routes: Routes) -> list[Endpoint]:
    path = "/v1/auth/admin/users"
    one = path + "/{user}"
    return [
        _of_admins(
            "GET",
            path,
            routes.accounts,
            "Accounts by username.",
            response=identity.Accounts,
            query=(Query("q", "What the username begins with."), _CURSOR, _LIMIT),
        ),
        _of_admins(
            "POST",
            path,
            routes.create,
            "Make an account; without a password, with a link to choose one, shown this once.",
            request=identity.NewAccount,
            response=identity.MadeAccount,
            status=201,
            errors=(_CONFLICT,),
        ),
        _of_admins(
            "PATCH",
            one,
            routes.change,
            "Make somebody an admin or no longer, put their account out of use or into it again."
            " `conflict`: an admin does neither to themselves.",
            request=identity.AccountPatch,
            response=identity.Account,
            errors=(_MISSING, _CONFLICT),
        ),
        _of_admins(
            "POST",
            one + "/reset",
            routes.reset,
            "A link by which a person chooses a new password, good once and for a day.",
            response=identity.Link,
            status=201,
            errors=(_MISSING, ErrorCode.INVALID),
        ),
        *_sessions(routes, one),
    ]


def _sessions(routes: Routes, one: str) -> list[Endpoint]:
    return [
        _of_admins(
            "GET",
            one + "/sessions",
            routes.sessions,
            "Where somebody is signed in.",
            response=identity.Sessions,
            errors=(_MISSING,),
        ),
        _of_admins(
            "DELETE",
            one + "/sessions",
            routes.end_sessions,
            "Sign somebody out everywhere.",
            status=204,
            errors=(_MISSING,),
        ),
        _of_admins(
            "GET",
            "/v1/auth/admin/audit",
            routes.audit,
            "What admins did, and who added and removed custom emoji, the newest first.",
            response=identity.Deeds,
            query=(Query("before", "A number: only older lines.", int), _LIMIT),
        ),
    ]


def _invitations(routes: Routes) -> list[Endpoint]:
    path = "/v1/auth/admin/invitations"
    return [
        _of_admins(
            "GET",
            path,
            routes.invitations,
            "Invitations that are good, the newest first.",
            response=identity.Invitations,
        ),
        _of_admins(
            "POST",
            path,
            routes.invite,
            "Make an invitation; its link is shown this once.",
            request=identity.NewInvitation,
            response=identity.MadeInvitation,
            status=201,
        ),
        _of_admins(
            "DELETE",
            path + "/{id}",
            routes.withdraw,
            "Make an invitation void. Repeating: the same.",
            status=204,
        ),
    ]


def _bots(routes: Routes) -> list[Endpoint]:
    path = "/v1/auth/bots"
    tokens = path + "/{bot}/tokens"
    return [
        _of_admins(
            "GET",
            path,
            routes.bots,
            "Bots by username, with their tokens that are good.",
            response=identity.Bots,
            query=(_CURSOR, _LIMIT),
        ),
        _of_admins(
            "POST",
            path,
            routes.create_bot,
            "Make a bot and its first API token, which is shown this once.",
            request=identity.NewBot,
            response=identity.MadeApiToken,
            status=201,
            errors=(_CONFLICT,),
        ),
        _of_admins(
            "POST",
            tokens,
            routes.add_token,
            "Give a bot one more API token, which is shown this once.",
            request=identity.NewApiToken,
            response=identity.MadeApiToken,
            status=201,
            errors=(_MISSING, _CONFLICT),
        ),
        _of_admins(
            "DELETE",
            tokens + "/{token}",
            routes.revoke_token,
            "Void an API token: its sockets close with 4501. Repeating: the same.",
            status=204,
        ),
    ]


def _of_admins(
    method: Method,
    path: str,
    handler: Callable[[Request], Awaitable[Response]],
    summary: str,
    *,
    request: type[Struct] | None = None,
    response: type[Struct] | None = None,
    status: int = 200,
    errors: Sequence[ErrorCode] = (),
    query: Sequence[Query] = (),
) -> Endpoint:
    return Endpoint(
        method,
        path,
        handler,
        summary,
        request=request,
        response=response,
        status=status,
        errors=errors,
        query=query,
        scope="admin",
    )


class Routes:
    """One method an operation."""

    def __init__(self, admin: Admin, bots: Bots, ring: Ring) -> None:
        self._admin = admin
        self._bots = bots
        self._ring = ring

    async def accounts(self, request: Request) -> Response:
        await self._actor(request)
        limit, after = _page(request)
        query = username.fold((query_text(request, "q") or "").strip())
        found = await self._admin.page(after, query, limit + 1)
        page = found[:limit]
        if len(found) > limit:
            return reply(identity.Accounts(page, page[-1].user.username))
        return reply(identity.Accounts(page))

    async def create(self, request: Request) -> Response:
        actor, form = await self._actor(request), await body(request, identity.NewAccount)
        return reply(await self._admin.create(actor, form), 201)

    async def change(self, request: Request) -> Response:
        actor, user = await self._actor(request), path_id(request, "user")
        return reply(
            await self._admin.change(actor, user, await body(request, identity.AccountPatch))
        )

    async def reset(self, request: Request) -> Response:
        actor = await self._actor(request)
        return reply(await self._admin.reset(actor, path_id(request, "user")), 201)

    async def sessions(self, request: Request) -> Response:
        await self._actor(request)
        return reply(await self._admin.sessions(path_id(request, "user")))

    async def end_sessions(self, request: Request) -> Response:
        actor = await self._actor(request)
        await self._admin.end_sessions(actor, path_id(request, "user"))
        return empty()

    async def audit(self, request: Request) -> Response:
        await self._actor(request)
        limit = query_int(request, "limit", PAGE, 1, limits.PAGE_ITEMS)
        before = query_int(request, "before", limits.SEQ_MAX, 1)
        return reply(await self._admin.audit(before, limit))

    async def invitations(self, request: Request) -> Response:
        await self._actor(request)
        return reply(await self._admin.invitations())

    async def invite(self, request: Request) -> Response:
        actor, form = await self._actor(request), await body(request, identity.NewInvitation)
        return reply(await self._admin.invite(actor, form), 201)

    async def withdraw(self, request: Request) -> Response:
        actor = await self._actor(request)
        await self._admin.withdraw(actor, path_id(request, "id"))
        return empty()

    async def bots(self, request: Request) -> Response:
        await self._actor(request)
        limit, after = _page(request)
        found = await self._bots.page(after, limit + 1)
        page = found[:limit]
        if len(found) > limit:
            return reply(identity.Bots(page, page[-1].user.username))
        return reply(identity.Bots(page))

    async def create_bot(self, request: Request) -> Response:
        actor, form = await self._actor(request), await body(request, identity.NewBot)
        return reply(await self._bots.create(actor, form), 201)

    async def add_token(self, request: Request) -> Response:
        actor, bot = await self._actor(request), path_id(request, "bot")
        form = await body(request, identity.NewApiToken)
        return reply(await self._bots.add_token(actor, bot, form), 201)

    async def revoke_token(self, request: Request) -> Response:
        actor, bot = await self._actor(request), path_id(request, "bot")
        await self._bots.revoke(actor, bot, path_id(request, "token"))
        return empty()

    async def keys(self, request: Request) -> Response:
        await self._actor(request)
        return reply(await self._ring.listed())

    async def rotate(self, request: Request) -> Response:
        return reply(await self._ring.rotate(await self._actor(request)), 201)

    async def retire(self, request: Request) -> Response:
        await self._ring.retire(await self._actor(request), path_id(request, "kid"))
        return empty()

    async def _actor(self, request: Request) -> str:
        """Who asks, if they are an admin now: a role that was taken away is missed at once.

        Raises:
            Problem: `forbidden`.
        """
        who = await claims(request)
        if not await self._admin.is_admin(who.sub, who.sid):
            raise Problem(ErrorCode.FORBIDDEN, "this is for admins")
        return who.sub


def _page(request: Request) -> tuple[int, str]:
    """How many, and after which username."""
    limit = query_int(request, "limit", PAGE, 1, limits.PAGE_ITEMS)
    cursor = query_text(request, "cursor") or ""
    if cursor and not isinstance(username.parse(cursor), str):
        raise Problem(ErrorCode.INVALID, "cursor is not one of ours", field="cursor")
    return limit, cursor
