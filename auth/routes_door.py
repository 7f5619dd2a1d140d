"""The HTTP operations of who cannot come in yet, and of one's own mail; `door` does the work."""

from __future__ import annotations

from auth.door import Door
from proto import identity
from proto.codes import ErrorCode
from services.http import Endpoint, Request, Response, address, body, claims, empty, reply


def endpoints(door: Door) -> list[Endpoint]:
    """Who is let in, invitations by mail, lost passwords, and one's own account."""
    routes = Routes(door)
    return [
        Endpoint(
            "GET",
            "/v1/auth/door",
            routes.plan,
            "Who may make an account here, and what to do about a lost password.",
            response=identity.Door,
            auth=False,
        ),
        Endpoint(
            "POST",
            "/v1/auth/invitations/request",
            routes.request_invitation,
            "Ask for an invitation by mail, where addresses of one's domain are let in.",
            request=identity.InvitationRequest,
            status=204,
            errors=(ErrorCode.FORBIDDEN, ErrorCode.UNAVAILABLE, ErrorCode.RATE_LIMITED),
            auth=False,
        ),
        Endpoint(
            "POST",
            "/v1/auth/reset",
            routes.request_reset,
            "Ask for a link by mail for a new password. The answer is the same whether there is"
            " such an account or not; without mail it is `forbidden` and says whom to ask.",
            request=identity.ResetRequest,
            status=204,
            errors=(ErrorCode.FORBIDDEN, ErrorCode.RATE_LIMITED),
            auth=False,
        ),
        Endpoint(
            "POST",
            "/v1/auth/reset/confirm",
            routes.confirm_reset,
            "Choose a new password by a link, which is used up; signs out everywhere. `not_found`:"
            " the link is not good.",
            request=identity.ResetConfirm,
            status=204,
            errors=(ErrorCode.NOT_FOUND, ErrorCode.UNAVAILABLE, ErrorCode.RATE_LIMITED),
            auth=False,
        ),
        *_own(routes),
    ]


def _own(routes: Routes) -> list[Endpoint]:
    return [
        Endpoint(
            "GET",
            "/v1/auth/account",
            routes.own,
            "One's own account, with what others are not shown.",
            response=identity.Account,
        ),
        Endpoint(
            "POST",
            "/v1/auth/email",
            routes.set_email,
            "Say where a link for a new password may be sent, or with null nowhere. A wrong"
            " `password` is `invalid` with that field.",
            request=identity.EmailChange,
            status=204,
            errors=(ErrorCode.UNAVAILABLE, ErrorCode.RATE_LIMITED),
            scope="person",
        ),
    ]


class Routes:
    """One method an operation."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def plan(self, _request: Request) -> Response:
        return reply(self._door.plan())

    async def request_invitation(self, request: Request) -> Response:
        form = await body(request, identity.InvitationRequest)
        await self._door.request_invitation(form, address(request))
        return empty()

    async def request_reset(self, request: Request) -> Response:
        form = await body(request, identity.ResetRequest)
        await self._door.request_reset(form, address(request))
        return empty()

    async def confirm_reset(self, request: Request) -> Response:
        form = await body(request, identity.ResetConfirm)
        await self._door.confirm_reset(form, address(request))
        return empty()

    async def own(self, request: Request) -> Response:
        return reply(await self._door.own(await claims(request)))

    async def set_email(self, request: Request) -> Response:
        await self._door.set_email(await claims(request), await body(request, identity.EmailChange))
        return empty()
