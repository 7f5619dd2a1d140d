"""The HTTP operations on one's own account; `upkeep` does the work."""

from __future__ import annotations

from typing import Final

from auth.cookie import NAME, Jar
from auth.upkeep import Upkeep
from proto.codes import ErrorCode
from proto.identity import Deactivate, PasswordChange, Sessions
from services.http import (
    Endpoint,
    Query,
    Request,
    Response,
    body,
    claims,
    empty,
    path_id,
    query_flag,
    reply,
)

_CLEARS: Final = f"Clears `{NAME}` if this very session ended."


def endpoints(upkeep: Upkeep, jar: Jar) -> list[Endpoint]:
    """Devices, password, leaving."""
    routes = Routes(upkeep, jar)
    path = "/v1/auth/sessions"
    busy = (ErrorCode.UNAVAILABLE, ErrorCode.RATE_LIMITED)
    return [
        Endpoint(
            "GET",
            path,
            routes.devices,
            "Where one is signed in.",
            response=Sessions,
            scope="person",
        ),
        Endpoint(
            "DELETE",
            path,
            routes.sign_out_all,
            "Sign out everywhere else: those sockets close with 4501. Repeating: the same.",
            status=204,
            query=(Query("all", "`true` ends the session of the token used as well.", bool),),
            sets_cookie=_CLEARS,
            scope="person",
        ),
        Endpoint(
            "DELETE",
            path + "/{id}",
            routes.sign_out,
            "Sign out one of one's own devices. One that is not there is signed out already.",
            status=204,
            sets_cookie=_CLEARS,
            scope="person",
        ),
        Endpoint(
            "POST",
            "/v1/auth/password",
            routes.change_password,
            "Change one's password, which signs out everywhere else. A wrong `current` is"
            " `invalid` with that field; so is a `new` one that is among the commonest.",
            request=PasswordChange,
            status=204,
            errors=(ErrorCode.CONFLICT, *busy),
            scope="person",
        ),
        Endpoint(
            "POST",
            "/v1/auth/deactivate",
            routes.deactivate,
            "Put one's own account out of use and sign out everywhere. What was said stays; an"
            " admin can enable the account again.",
            request=Deactivate,
            status=204,
            errors=busy,
            sets_cookie=f"Clears `{NAME}`.",
            scope="person",
        ),
    ]


class Routes:
    """One method an operation."""

    def __init__(self, upkeep: Upkeep, jar: Jar) -> None:
        self._upkeep = upkeep
        self._jar = jar

    async def devices(self, request: Request) -> Response:
        return reply(await self._upkeep.devices(await claims(request)))

    async def sign_out(self, request: Request) -> Response:
        who, sid = await claims(request), path_id(request, "id")
        await self._upkeep.sign_out(who, sid)
        return self._gone(request, this_too=sid == who.sid)

    async def sign_out_all(self, request: Request) -> Response:
        this_too = query_flag(request, "all")
        await self._upkeep.sign_out_all(await claims(request), this_too=this_too)
        return self._gone(request, this_too=this_too)

    async def change_password(self, request: Request) -> Response:
        await self._upkeep.change_password(
            await claims(request), await body(request, PasswordChange)
        )
        return empty()

    async def deactivate(self, request: Request) -> Response:
        await self._upkeep.deactivate(await claims(request), await body(request, Deactivate))
        return self._gone(request, this_too=True)

    def _gone(self, request: Request, *, this_too: bool) -> Response:
        answer = empty()
        if this_too:
            answer.headers["set-cookie"] = self._jar.clear(request.url.scheme)
        return answer
