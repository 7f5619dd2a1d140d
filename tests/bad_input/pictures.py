"""Bad requests about pictures of people and custom emoji: rows of the table in `requests`."""

from __future__ import annotations

from typing import Any

from proto.codes import ErrorCode

INVALID, NONE, FORBIDDEN = ErrorCode.INVALID, ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN
_NOTHING = "/v1/media/avatars/nothing"

PICTURES: tuple[tuple[Any, ...], ...] = (
    ("a picture of somebody that there is not", "GET", _NOTHING, NONE, None),
    ("a picture of somebody else, by one who is no admin", "DELETE", _NOTHING, FORBIDDEN, None),
    ("an emoji's picture that there is not", "GET", "/v1/emoji/pictures/nothing", NONE, None),
    ("an emoji, by one who is no admin", "POST", "/v1/emoji", FORBIDDEN, None, {"name": "party"}),
    ("an emoji to remove, by one who is no admin", "DELETE", "/v1/emoji/party", FORBIDDEN, None),
    ("an emoji to remove whose name is none", "DELETE", "/v1/emoji/No.Name", INVALID, "name"),
)
