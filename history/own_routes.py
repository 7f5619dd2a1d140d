"""The paths of what is one's own, a part of the table in `routes`; what they do is elsewhere."""

from __future__ import annotations

from history.own_http import OwnRequests
from proto import shapes
from proto.codes import ErrorCode
from services.openapi import Endpoint

_READING = (ErrorCode.NOT_FOUND, ErrorCode.UNAVAILABLE)
_ALONE = (ErrorCode.UNAVAILABLE,)
_ROOM = "/v1/rooms/{room}"


def endpoints(own: OwnRequests) -> list[Endpoint]:
    """Every operation about oneself."""
    return [*_in_rooms(own), *_oneself(own)]


def _in_rooms(own: OwnRequests) -> list[Endpoint]:
    return [
        Endpoint(
            "PUT",
            _ROOM + "/preferences",
            own.prefer,
            "Choose how to have a room: muted, what to be told of, among the favourites.",
            request=shapes.SetPreferences,
            response=shapes.Preferences,
            errors=(*_READING, ErrorCode.FORBIDDEN),
        ),
        Endpoint(
            "GET",
            _ROOM + "/receipts",
            own.receipts,
            "How far the others have read, those who show it; of nobody in rooms of more than 100.",
            response=shapes.Receipts,
            errors=(*_READING, ErrorCode.FORBIDDEN),
        ),
    ]


def _oneself(own: OwnRequests) -> list[Endpoint]:
    return [
        Endpoint(
            "GET",
            "/v1/settings",
            own.settings,
            "What the caller has settled for themselves.",
            response=shapes.OwnSettings,
            errors=_ALONE,
        ),
        Endpoint(
            "PATCH",
            "/v1/settings",
            own.settle,
            "Settle what others see of one, who may open direct rooms, and a custom status.",
            request=shapes.SettingsPatch,
            response=shapes.OwnSettings,
            errors=(ErrorCode.INVALID, *_ALONE),
        ),
        Endpoint(
            "GET",
            "/v1/blocks",
            own.blocks,
            "Whom the caller blocks.",
            response=shapes.Users,
            errors=_ALONE,
        ),
        Endpoint(
            "PUT",
            "/v1/blocks/{user}",
            own.block,
            "Block somebody, who is not told.",
            status=204,
            errors=(*_READING, ErrorCode.INVALID, ErrorCode.CONFLICT),
        ),
        Endpoint(
            "DELETE",
            "/v1/blocks/{user}",
            own.unblock,
            "Block somebody no more.",
            status=204,
            errors=_ALONE,
        ),
    ]
