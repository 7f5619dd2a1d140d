"""Bad requests over HTTP, each with its status, code and field; what is not HTTP is in `heads`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from proto import limits
from proto.codes import HTTP_STATUS, ErrorCode
from tests.bad_input.pictures import PICTURES
from tests.bad_input.places import (
    KEY,
    LATE_KEY,
    OTHER,
    OWN,
    PRIVATE,
    PUBLIC,
    ROOM,
    SAID,
    USER,
)
from tests.bad_input.webhooks import WEBHOOKS

Json = dict[str, Any]
BAD, INVALID = ErrorCode.BAD_FRAME, ErrorCode.INVALID


PUSH_KEYS: Json = {
    # Of the example in RFC 8291.
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkN"
    "toIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}


class Call(NamedTuple):
    """A request of somebody who is signed in. `path` is as it goes over the wire, `json` a body."""

    name: str
    method: str
    path: str
    code: ErrorCode
    field: str | None = None
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = {}
    other_status: int | None = None

    @property
    def status(self) -> int:
        """The status that belongs to the code, unless it is another one."""
        return self.other_status or HTTP_STATUS[self.code]


class IdPlace(NamedTuple):
    """Where an id belongs: `{}` in the path, or in the body under `field`."""

    name: str
    method: str
    path: str
    field: str
    json: Any = None


_USER = {"user": OTHER}
ID_PLACES = (
    IdPlace("a room", "GET", "/v1/rooms/{}", "room"),
    IdPlace("a room to change", "PATCH", "/v1/rooms/{}", "room", {"topic": "bad"}),
    IdPlace("a room's picture", "PATCH", f"/v1/rooms/{OWN}", "picture", {"picture": "{}"}),
    IdPlace("a room to end", "DELETE", "/v1/rooms/{}", "room"),
    IdPlace("a room to join", "POST", "/v1/rooms/{}/join", "room"),
    IdPlace("a room to leave", "POST", "/v1/rooms/{}/leave", "room"),
    IdPlace("a room's members", "GET", "/v1/rooms/{}/members", "room"),
    IdPlace("a room to add somebody to", "POST", "/v1/rooms/{}/members", "room", _USER),
    IdPlace("a member", "PATCH", f"/v1/rooms/{ROOM}/members/{{}}", "user", {"role": "member"}),
    IdPlace("a member to remove", "DELETE", f"/v1/rooms/{ROOM}/members/{{}}", "user"),
    IdPlace("a room's messages", "GET", "/v1/rooms/{}/messages", "room"),
    IdPlace("a room to search in", "GET", "/v1/search?q=tea&room={}", "room"),
    IdPlace("a sender to search for", "GET", "/v1/search?q=tea&sender={}", "sender"),
    IdPlace("a room to write into", "POST", "/v1/rooms/{}/messages", "room",
            {"key": KEY, "text": "x"}),
    IdPlace("a message's room", "GET", "/v1/rooms/{}/messages/1", "room"),
    IdPlace("an edited message's room", "PATCH", "/v1/rooms/{}/messages/1", "room", {"text": "x"}),
    IdPlace("a deleted message's room", "DELETE", "/v1/rooms/{}/messages/1", "room"),
    IdPlace("a room's pins", "GET", "/v1/rooms/{}/pins", "room"),
    IdPlace("a room's read mark", "PUT", "/v1/rooms/{}/read", "room", {"seq": 1}),
    IdPlace("a session to end", "DELETE", "/v1/auth/sessions/{}", "id"),
    IdPlace("a room to have otherwise", "PUT", "/v1/rooms/{}/preferences", "room",
            {"muted": True}),
    IdPlace("a room to ban from", "PUT", f"/v1/rooms/{{}}/bans/{OTHER}", "room", {}),
    IdPlace("one to ban", "PUT", f"/v1/rooms/{ROOM}/bans/{{}}", "user", {}),
    IdPlace("one to ban no more", "DELETE", f"/v1/rooms/{ROOM}/bans/{{}}", "user"),
    IdPlace("a room's bans", "GET", "/v1/rooms/{}/bans", "room"),
    IdPlace("a room to be banned from", "GET", "/v1/rooms/{}/bans/me", "room"),
    IdPlace("one to mute", "PUT", f"/v1/rooms/{ROOM}/mutes/{{}}", "user", {}),
    IdPlace("one to mute no more", "DELETE", f"/v1/rooms/{ROOM}/mutes/{{}}", "user"),
    IdPlace("a room's record", "GET", "/v1/rooms/{}/audit", "room"),
    IdPlace("a room to invite to", "POST", "/v1/rooms/{}/invites", "room", {}),
    IdPlace("an invite to revoke", "DELETE", f"/v1/rooms/{OWN}/invites/{{}}", "code"),
    IdPlace("a room to post into from outside", "POST", "/v1/rooms/{}/webhooks", "room",
            {"name": "CI"}),
    IdPlace("a webhook to end", "DELETE", f"/v1/rooms/{OWN}/webhooks/{{}}", "webhook"),
    IdPlace("a webhook to post by", "POST", "/v1/hooks/{}/secret", "webhook", {"text": "bad"}),
    IdPlace("a webhook's secret", "POST", "/v1/hooks/none/{}", "secret", {"text": "bad"}),
    IdPlace("an invite", "GET", "/v1/invites/{}", "code"),
    IdPlace("an invite to use", "POST", "/v1/invites/{}/join", "code"),
    IdPlace("a room's receipts", "GET", "/v1/rooms/{}/receipts", "room"),
    IdPlace("a room to be counted", "GET", "/v1/presence/rooms/{}", "room"),
    IdPlace("one to block", "PUT", "/v1/blocks/{}", "user"),
    IdPlace("one to block no more", "DELETE", "/v1/blocks/{}", "user"),
    IdPlace("one of the users asked for", "GET", f"/v1/users?ids={OTHER},{{}}", "ids"),
    IdPlace("a file to be signed", "POST", "/v1/media/sign", "ids", {"ids": ["{}"]}),
    IdPlace("an emoji's picture", "GET", "/v1/emoji/pictures/{}", "picture"),
    IdPlace("a person's picture", "GET", "/v1/media/avatars/{}", "avatar"),
    IdPlace("a person's picture to take away", "DELETE", "/v1/media/avatars/{}", "avatar"),
    IdPlace("one whose presence is asked for", "GET", f"/v1/presence?users={OTHER},{{}}", "users"),
    IdPlace("a new room's member", "POST", "/v1/rooms", "members",
            {"kind": "private", "name": "bad", "members": [OTHER, "{}"]}),
    IdPlace("a new member", "POST", f"/v1/rooms/{ROOM}/members", "user", {"user": "{}"}),
)  # fmt: skip
NOT_IN_A_PATH = frozenset({"nothing", "a path"})
"""They make another path, and that is not there: 404."""

BAD_NAMES: Mapping[str, str] = {
    "a control character": "a\x07b",
    "a NUL": "a\0b",
    "a line break": "a\nb",
    "an escape sequence": "\x1b[31mred",
    "a control character beyond ASCII": "a\x85b",
    "a line separator": "a\u2028b",
    "an override to the left": "a\u202eb",
    "an isolate": "a\u2067b\u2069",
    "a mark of direction": "a\u200eb",
}
"""What makes a name look like another one, or take more than its line."""


class NamePlace(NamedTuple):
    """Where a name is given; `json` without it."""

    name: str
    method: str
    path: str
    field: str
    json: Any
    too_long: int
    may_be_blank: bool = False


_NEW = {"kind": "private", "name": "bad"}
_ACCOUNT = {"username": "bad-{key}", "password": "correct horse battery"}
_NAME, _TOPIC = limits.ROOM_NAME_CHARACTERS[1] + 1, limits.TOPIC_CHARACTERS + 1
_SHOWN = limits.DISPLAY_NAME_CHARACTERS[1] + 1
NAME_PLACES = (
    NamePlace("a username", "POST", "/v1/auth/register", "username", _ACCOUNT,
              limits.USERNAME_CHARACTERS[1] + 1),
    NamePlace("a display name", "POST", "/v1/auth/register", "display_name", _ACCOUNT, _SHOWN),
    NamePlace("a new display name", "PATCH", "/v1/auth/me", "display_name", {}, _SHOWN),
    NamePlace("a room's name", "POST", "/v1/rooms", "name", _NEW, _NAME),
    NamePlace("a room's new name", "PATCH", f"/v1/rooms/{ROOM}", "name", {}, _NAME),
    NamePlace("a topic", "POST", "/v1/rooms", "topic", _NEW, _TOPIC, may_be_blank=True),
    NamePlace("a new topic", "PATCH", f"/v1/rooms/{ROOM}", "topic", {}, _TOPIC, may_be_blank=True),
)  # fmt: skip

LISTS = (
    "/v1/rooms",
    "/v1/rooms/public",
    f"/v1/rooms/{ROOM}/members",
    f"/v1/rooms/{OWN}/bans",
    f"/v1/rooms/{OWN}/audit",
    f"/v1/rooms/{ROOM}/messages",
    "/v1/users/search?q=a",
)
BAD_LIMITS: Mapping[str, ErrorCode] = {
    "-1": INVALID,
    "0": INVALID,
    "101": INVALID,
    "9" * 40: INVALID,
    "9" * 250: INVALID,
    "abc": BAD,
    "1.5": BAD,
    "1e1": BAD,
    "": BAD,
    "%205": BAD,
    "+5": BAD,
    "%D9%A3": BAD,
    "0x10": BAD,
    "1&limit=2": BAD,
}
"""The `limit` of a page as it stands in a query string."""


def _pages() -> Iterator[Call]:
    for path in LISTS:
        mark = "&" if "?" in path else "?"
        for limit, code in BAD_LIMITS.items():
            shown = limit if len(limit) < 20 else f"{len(limit)} nines"
            yield Call(f"`{path}`: {shown}", "GET", f"{path}{mark}limit={limit}", code, "limit")
    for path in LISTS[:5]:
        for name, cursor in _CURSORS.items():
            yield Call(f"`{path}`: {name}", "GET", f"{path}?cursor={cursor}", INVALID, "cursor")


_CURSORS = {
    "no cursor": "x",
    "an empty one": "",
    "`null` as one": "bnVsbA",
    "an object as one": "e30",
    "one of 2,000 characters": "x" * 2_000,
}
PAGES = tuple(_pages())

_MESSAGES = f"/v1/rooms/{ROOM}/messages"
_ME, _READ = "/v1/auth/me", f"/v1/rooms/{ROOM}/read"
QUERIES = (
    Call("no users asked for", "GET", "/v1/users", INVALID, "ids"),
    Call("an empty list of users", "GET", "/v1/users?ids=", INVALID, "ids"),
    Call("users named twice over", "GET", "/v1/users?ids=u&ids=v", BAD, "ids"),
    Call("101 users", "GET",
         "/v1/users?ids=" + ",".join(f"u{n}" for n in range(101)), INVALID, "ids"),
    Call("101 people's presence", "GET",
         "/v1/presence?users=" + ",".join(f"u{n}" for n in range(101)), INVALID, "users"),
    Call("nobody's presence", "GET", "/v1/presence", INVALID, "users"),
    Call("a file there is not", "GET", "/v1/media/nothing", ErrorCode.NOT_FOUND, None),
    Call("a file by a URL that nobody signed", "GET",
         "/v1/media/nothing/original?expires=1&signature=a", ErrorCode.FORBIDDEN, None),
    Call("no file to be signed", "POST", "/v1/media/sign", INVALID, "ids", {"ids": []}),
    Call("101 files to be signed", "POST", "/v1/media/sign", INVALID, "ids",
         {"ids": [f"m{n}" for n in range(101)]}),
    Call("an upload that is no form", "POST", "/v1/media", BAD, None, {"file": "a"},
         other_status=415),
    *(Call(*row) for row in PICTURES),
    Call("a search for nothing", "GET", "/v1/users/search", INVALID, "q"),
    Call("a search for a NUL", "GET", "/v1/users/search?q=%00", INVALID, "q"),
    Call("a search of 257 letters", "GET", "/v1/users/search?q=" + "a" * 257, INVALID, "q"),
    Call("a search of messages for nothing", "GET", "/v1/search", INVALID, "q"),
    Call("a search of messages for operators only", "GET",
         "/v1/search?q=%26%20%7C%20!%20(%20)%20%3C-%3E%20:*%20%22%22%20%25%27%5C", INVALID, "q"),
    Call("a search of messages for a NUL", "GET", "/v1/search?q=%00", INVALID, "q"),
    Call("a search of messages for 257 letters", "GET", "/v1/search?q=" + "a" * 257, INVALID, "q"),
    Call("a search of messages for 33 words", "GET",
         "/v1/search?q=" + "+".join(f"w{n}" for n in range(33)), INVALID, "q"),
    Call("a search of messages, 51 a page", "GET", "/v1/search?q=tea&limit=51", INVALID, "limit"),
    Call("a search of messages with another's cursor", "GET",
         "/v1/search?q=tea&cursor=bnVsbA", INVALID, "cursor"),
    Call("a search in a private room of others", "GET",
         f"/v1/search?q=tea&room={PRIVATE}", ErrorCode.NOT_FOUND),
    Call("a search before yesterday", "GET", "/v1/search?q=tea&before=yesterday", BAD, "before"),
    Call("public rooms by an override", "GET", "/v1/rooms/public?q=%E2%80%AEx", INVALID, "q"),
    Call("public rooms by 257 letters", "GET", "/v1/rooms/public?q=" + "a" * 257, INVALID, "q"),
    Call("messages before and after", "GET", _MESSAGES + "?before=9&after=1", INVALID, "after"),
    Call("messages before -1", "GET", _MESSAGES + "?before=-1", INVALID, "before"),
    Call("messages after 2^53 + 1", "GET",
         f"{_MESSAGES}?after={limits.SEQ_MAX + 1}", INVALID, "after"),
    Call("messages around a word", "GET", _MESSAGES + "?around=noon", BAD, "around"),
    Call("messages of a private room of others", "GET",
         f"/v1/rooms/{PRIVATE}/messages", ErrorCode.NOT_FOUND),
    Call("messages of a room there is not", "GET",
         "/v1/rooms/nowhere/messages", ErrorCode.NOT_FOUND),
    Call("one's own ban where one is not banned", "GET", f"/v1/rooms/{ROOM}/bans/me",
         ErrorCode.NOT_FOUND, None),
    Call("bans, seen by a member", "GET", f"/v1/rooms/{ROOM}/bans", ErrorCode.FORBIDDEN),
    Call("mutes in a private room of others", "GET",
         f"/v1/rooms/{PRIVATE}/mutes", ErrorCode.NOT_FOUND),
    Call("a record, seen by a member", "GET", f"/v1/rooms/{ROOM}/audit", ErrorCode.FORBIDDEN),
    Call("a record of a room there is not", "GET", "/v1/rooms/nowhere/audit", ErrorCode.NOT_FOUND),
    Call("an invite there is not", "GET", "/v1/invites/none", ErrorCode.NOT_FOUND),
    Call("invites, seen by a member", "GET", f"/v1/rooms/{ROOM}/invites", ErrorCode.FORBIDDEN),
    Call("receipts of a room not joined", "GET", f"/v1/rooms/{PUBLIC}/receipts",
         ErrorCode.FORBIDDEN),
    Call("receipts of a private room of others", "GET",
         f"/v1/rooms/{PRIVATE}/receipts", ErrorCode.NOT_FOUND),
    Call("bytes in a path that are not UTF-8", "GET", "/v1/rooms/%ff", BAD, "room"),
    Call("a path there is not", "GET", "/v1/rooms/r/shout", ErrorCode.NOT_FOUND),
    Call("a path with a slash at its end", "GET", "/v1/rooms/", ErrorCode.NOT_FOUND),
    Call("a path that climbs", "GET", "/v1/rooms/%2e%2e/auth/me", ErrorCode.NOT_FOUND),
)  # fmt: skip
_PREFERENCES = f"/v1/rooms/{ROOM}/preferences"
_PUBLIC_READ = f"/v1/rooms/{PUBLIC}/read"
VALUES = (
    Call("a kind of room there is not", "POST", "/v1/rooms", INVALID, "kind",
         {"kind": "secret", "name": "bad"}),
    Call("a kind of 10 KB", "POST", "/v1/rooms", INVALID, "kind", {"kind": "x" * 10_000}),
    Call("a room without a kind", "POST", "/v1/rooms", BAD, None, {"name": "bad"}),
    Call("a room without a name", "POST", "/v1/rooms", INVALID, "name", {"kind": "public"}),
    Call("a room whose name is a number", "POST", "/v1/rooms", BAD, "name",
         {"kind": "public", "name": 7}),
    Call("101 members at once", "POST", "/v1/rooms", INVALID, "members",
         {**_NEW, "members": [f"u{n}" for n in range(101)]}),
    Call("a member there is not", "POST", "/v1/rooms", ErrorCode.NOT_FOUND, "members",
         {**_NEW, "members": ["nobody"]}),
    Call("a direct room with oneself", "POST", "/v1/rooms", INVALID, "members",
         {"kind": "direct"}),
    Call("a direct room with a name", "POST", "/v1/rooms", INVALID, "name",
         {"kind": "direct", "name": "bad", "members": [OTHER]}),
    Call("a new member there is not", "POST", f"/v1/rooms/{ROOM}/members",
         ErrorCode.NOT_FOUND, "user", {"user": "nobody"}),
    Call("a role there is not", "POST", f"/v1/rooms/{ROOM}/members", INVALID, "role",
         {"user": OTHER, "role": "king"}),
    Call("a read mark without a place", "PUT", _READ, BAD, None, {}),
    Call("a read mark below 0", "PUT", _READ, INVALID, "seq", {"seq": -1}),
    Call("a read mark at a string", "PUT", _READ, BAD, "seq", {"seq": "1"}),
    Call("a read mark with a fraction", "PUT", _READ, BAD, "seq", {"seq": 1.5}),
    Call("a read mark of 400 digits", "PUT", _READ, INVALID, "seq", {"seq": 10**400}),
    Call("a read mark in a room not joined", "PUT", _PUBLIC_READ, ErrorCode.FORBIDDEN, None,
         {"seq": 1}),
    Call("a level of notification there is not", "PUT", _PREFERENCES, INVALID, "notify",
         {"notify": "loud"}),
    Call("muted in words", "PUT", _PREFERENCES, BAD, "muted", {"muted": "yes"}),
    Call("a favourite that is `null`", "PUT", _PREFERENCES, BAD, "favourite", {"favourite": None}),
    Call("preferences in a room not joined", "PUT", f"/v1/rooms/{PUBLIC}/preferences",
         ErrorCode.FORBIDDEN, None, {"muted": True}),
    Call("preferences in a private room of others", "PUT", f"/v1/rooms/{PRIVATE}/preferences",
         ErrorCode.NOT_FOUND, None, {"muted": True}),
    Call("a ban by a member", "PUT", f"/v1/rooms/{ROOM}/bans/{OTHER}", ErrorCode.FORBIDDEN,
         None, {}),
    Call("a mute by a member", "PUT", f"/v1/rooms/{ROOM}/mutes/{OTHER}", ErrorCode.FORBIDDEN,
         None, {}),
    Call("a ban of nobody", "PUT", f"/v1/rooms/{OWN}/bans/nobody", ErrorCode.NOT_FOUND, "user", {}),
    Call("a ban of oneself", "PUT", f"/v1/rooms/{OWN}/bans/{USER}", ErrorCode.FORBIDDEN, None, {}),
    Call("a ban until yesterday", "PUT", f"/v1/rooms/{OWN}/bans/{OTHER}", INVALID, "until_ms",
         {"until_ms": 1}),
    Call("a ban until a word", "PUT", f"/v1/rooms/{OWN}/bans/{OTHER}", BAD, "until_ms",
         {"until_ms": "noon"}),
    Call("a ban until 2^53 + 1", "PUT", f"/v1/rooms/{OWN}/bans/{OTHER}", INVALID, "until_ms",
         {"until_ms": limits.SEQ_MAX + 1}),
    Call("a reason of 251 letters", "PUT", f"/v1/rooms/{OWN}/mutes/{OTHER}", INVALID, "reason",
         {"reason": "x" * 251}),
    Call("a reason with an override", "PUT", f"/v1/rooms/{OWN}/bans/{OTHER}", INVALID, "reason",
         {"reason": "a\u202eb"}),
    Call("a mute of one who is not in the room", "PUT", f"/v1/rooms/{OWN}/mutes/{OTHER}",
         ErrorCode.NOT_FOUND, None, {}),
    Call("slow mode below 0", "PATCH", f"/v1/rooms/{OWN}", INVALID, "slow_mode_seconds",
         {"slow_mode_seconds": -1}),
    Call("slow mode of a day", "PATCH", f"/v1/rooms/{OWN}", INVALID, "slow_mode_seconds",
         {"slow_mode_seconds": 86_400}),
    Call("slow mode by a member", "PATCH", f"/v1/rooms/{ROOM}", ErrorCode.FORBIDDEN, None,
         {"slow_mode_seconds": 5}),
    Call("previews that are neither on nor off", "PATCH", f"/v1/rooms/{OWN}", ErrorCode.BAD_FRAME,
         "previews", {"previews": "off"}),
    Call("previews switched off by a member", "PATCH", f"/v1/rooms/{ROOM}", ErrorCode.FORBIDDEN,
         None, {"previews": False}),
    Call("an archive by a member", "PATCH", f"/v1/rooms/{ROOM}", ErrorCode.FORBIDDEN, None,
         {"archived": True}),
    Call("a picture there is not", "PATCH", f"/v1/rooms/{OWN}", ErrorCode.NOT_FOUND, "picture",
         {"picture": "m1"}),
    Call("a picture by a member", "PATCH", f"/v1/rooms/{ROOM}", ErrorCode.FORBIDDEN, None,
         {"picture": "m1"}),
    Call("an invite by a member", "POST", f"/v1/rooms/{ROOM}/invites", ErrorCode.FORBIDDEN, None,
         {}),
    Call("an invite of 59 seconds", "POST", f"/v1/rooms/{OWN}/invites", INVALID, "expires_in",
         {"expires_in": 59}),
    Call("an invite of two years", "POST", f"/v1/rooms/{OWN}/invites", INVALID, "expires_in",
         {"expires_in": 63_072_000}),
    Call("an invite for nobody", "POST", f"/v1/rooms/{OWN}/invites", INVALID, "uses", {"uses": 0}),
    Call("an invite for half a person", "POST", f"/v1/rooms/{OWN}/invites", BAD, "uses",
         {"uses": 0.5}),
    *(Call(*row) for row in WEBHOOKS),
    Call("a block of nobody", "PUT", "/v1/blocks/nobody", ErrorCode.NOT_FOUND, "user"),
    Call("a block of oneself", "PUT", f"/v1/blocks/{USER}", INVALID, "user"),
    *(
        Call(f"a push service {name}", "PUT", "/v1/notify/push", INVALID, "endpoint",
             {"endpoint": url, "keys": PUSH_KEYS})
        for name, url in (
            ("by plain HTTP", "http://push.example/x"),
            ("that is a file", "file:///etc/passwd"),
            ("with a password", "https://u:p@push.example/x"),
            ("of 2,049 letters", "https://push.example/" + "x" * 2_028),
        )
    ),
    Call("a push key that is none", "PUT", "/v1/notify/push", INVALID, "keys",
         {"endpoint": "https://push.example/x", "keys": {**PUSH_KEYS, "p256dh": "BAAA"}}),
    Call("a push secret of three bytes", "PUT", "/v1/notify/push", INVALID, "keys",
         {"endpoint": "https://push.example/x", "keys": {**PUSH_KEYS, "auth": "AAAA"}}),
    Call("a browser without keys", "PUT", "/v1/notify/push", BAD, None,
         {"endpoint": "https://push.example/x"}),
    Call("a browser's name with an override", "PUT", "/v1/notify/push", INVALID, "label",
         {"endpoint": "https://push.example/x", "keys": PUSH_KEYS, "label": "a\u202eb"}),
    Call("direct rooms with friends alone", "PATCH", "/v1/settings", INVALID, "direct",
         {"direct": "friends"}),
    Call("presence in words", "PATCH", "/v1/settings", BAD, "presence", {"presence": "no"}),
    Call("a custom status of blanks", "PATCH", "/v1/settings", INVALID, "custom_status",
         {"custom_status": {"text": "\u2800"}}),
    Call("a custom status of 101 characters", "PATCH", "/v1/settings", INVALID, "custom_status",
         {"custom_status": {"text": "a" * 101}}),
    Call("a custom status of two lines", "PATCH", "/v1/settings", INVALID, "custom_status",
         {"custom_status": {"text": "a\nb"}}),
    Call("a custom status with letters for an emoji", "PATCH", "/v1/settings", INVALID,
         "custom_status", {"custom_status": {"emoji": "tea"}}),
    Call("a custom status that is over", "PATCH", "/v1/settings", INVALID, "custom_status",
         {"custom_status": {"text": "Tea", "until_ms": 1}}),
    Call("how many are in a room not joined", "GET", f"/v1/presence/rooms/{PUBLIC}",
         ErrorCode.FORBIDDEN),
    Call("how many are in a private room of others", "GET", f"/v1/presence/rooms/{PRIVATE}",
         ErrorCode.NOT_FOUND),
    Call("receipts in words", "PATCH", "/v1/settings", BAD, "receipts", {"receipts": "no"}),
    Call("a display name that is `null`", "PATCH", _ME, BAD, "display_name",
         {"display_name": None}),
    Call("a username of two letters", "POST", "/v1/auth/register", INVALID, "username",
         {"username": "ab", "password": "correct horse battery"}),
    Call("a username with a space", "POST", "/v1/auth/register", INVALID, "username",
         {"username": "ab cd", "password": "correct horse battery"}),
    Call("a password of seven letters", "POST", "/v1/auth/register", INVALID, "password",
         {"username": "bad-name", "password": "1234567"}),
    Call("a password of 257 letters", "POST", "/v1/auth/register", INVALID, "password",
         {"username": "bad-name", "password": "x" * 257}),
    Call("a sign-in as nobody", "POST", "/v1/auth/login", ErrorCode.UNAUTHORIZED, None,
         {"username": "no body'; --", "password": "correct horse battery"}),
    Call("a sign-in with 10 KB", "POST", "/v1/auth/login", ErrorCode.UNAUTHORIZED, None,
         {"username": "x" * 5_000, "password": "x" * 5_000}),
    Call("a wrong password as the current one", "POST", "/v1/auth/password", INVALID, "current",
         {"current": "not the password", "new": "correct horse battery"}),
    Call("a new password of seven letters", "POST", "/v1/auth/password", INVALID, "new",
         {"current": "not the password", "new": "1234567"}),
    Call("one of the commonest passwords", "POST", "/v1/auth/register", INVALID, "password",
         {"username": "bad-name", "password": "Password1"}),
    Call("a farewell with a wrong password", "POST", "/v1/auth/deactivate", INVALID, "password",
         {"password": "not the password"}),
    Call("all sessions or not", "DELETE", "/v1/auth/sessions?all=maybe", BAD, "all"),
    Call("a refresh token that is none", "POST", "/v1/auth/refresh", ErrorCode.UNAUTHORIZED, None,
         {"refresh_token": "'; --"}),
    Call("an `Idempotency-Key` with a space", "POST", "/v1/rooms", INVALID, "Idempotency-Key",
         _NEW, None, {"idempotency-key": "a b"}),
    Call("an `Idempotency-Key` of 65 characters", "POST", "/v1/rooms", INVALID, "Idempotency-Key",
         _NEW, None, {"idempotency-key": "a" * 65}),
)  # fmt: skip
_LIKE = "%F0%9F%91%8D"
_OTHERS = f"{_MESSAGES}/{SAID}"
NONE, NO = ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN


def _new(**fields: Any) -> Json:  # noqa: ANN401 - any JSON
    return {"key": KEY, "text": "bad", **fields}


def _at(place: object, more: str = "") -> str:
    return f"{_MESSAGES}/{place}{more}"


CHANGES = (
    Call("a message without a key", "POST", _MESSAGES, BAD, None, {"text": "bad"}),
    Call("a key that is none, over HTTP", "POST", _MESSAGES, ErrorCode.BAD_KEY, "key",
         _new(key="7")),
    Call("a key 61 s ahead, over HTTP", "POST", _MESSAGES, ErrorCode.BAD_KEY, "key",
         _new(key=LATE_KEY)),
    Call("a message without a text", "POST", _MESSAGES, INVALID, "text", _new(text="")),
    Call("a message with a NUL", "POST", _MESSAGES, INVALID, "text", _new(text="a\0b")),
    Call("a message of 16,385 bytes", "POST", _MESSAGES, ErrorCode.TOO_LARGE, "text",
         _new(text="x" * (limits.TEXT_BYTES + 1))),
    Call("a message with an attachment there is not", "POST", _MESSAGES, NONE, "attachments",
         _new(attachments=["nothing"])),
    Call("a message with 11 attachments", "POST", _MESSAGES, INVALID, "attachments",
         _new(attachments=["a"] * 11)),
    Call("a message that answers -1", "POST", _MESSAGES, INVALID, "reply_to", _new(reply_to=-1)),
    Call("a message into a private room of others", "POST", f"/v1/rooms/{PRIVATE}/messages", NONE,
         None, _new()),
    Call("a message into a room there is not", "POST", "/v1/rooms/nowhere/messages", NONE, None,
         _new()),
    Call("a message into a public room not joined", "POST", f"/v1/rooms/{PUBLIC}/messages", NO,
         None, _new()),
    Call("a message at no number", "GET", _at("x"), BAD, "seq"),
    Call("a message at -1", "GET", _at(-1), INVALID, "seq"),
    Call("a message at 2^53 + 1", "GET", _at(limits.SEQ_MAX + 1), INVALID, "seq"),
    Call("a message at a place where there is none", "GET", _at(limits.SEQ_MAX), NONE),
    Call("a message of another room", "GET", f"/v1/rooms/{PUBLIC}/messages/{SAID}", NONE),
    Call("a message of a private room of others", "GET", f"/v1/rooms/{PRIVATE}/messages/1", NONE),
    Call("an edit of another's message", "PATCH", _OTHERS, NO, None, {"text": "bad"}),
    Call("an edit of nothing", "PATCH", _at(1), NONE, None, {"text": "bad"}),
    Call("an edit without a text", "PATCH", _OTHERS, BAD, None, {}),
    Call("an edit to nothing", "PATCH", _OTHERS, INVALID, "text", {"text": " "}),
    Call("an edit in a private room of others", "PATCH", f"/v1/rooms/{PRIVATE}/messages/1", NONE,
         None, {"text": "bad"}),
    Call("a deletion of another's message", "DELETE", _OTHERS, NO),
    Call("a deletion of nothing", "DELETE", _at(1), NONE),
    Call("former texts, of one who does not moderate", "GET", _at(SAID, "/edits"), NO),
    Call("a reaction that is a word", "PUT", _at(SAID, "/reactions/yes"), INVALID, "emoji"),
    Call("a reaction of two emoji", "PUT", _at(SAID, f"/reactions/{_LIKE}{_LIKE}"), INVALID,
         "emoji"),
    Call("a reaction with a custom emoji that there is not", "PUT",
         _at(SAID, "/reactions/:party:"), INVALID, "emoji"),
    Call("a reaction with a name that none has", "PUT", _at(SAID, "/reactions/:No.Name:"), INVALID,
         "emoji"),
    Call("a reaction of 10 KB", "PUT", _at(SAID, "/reactions/" + "x" * 10_000), INVALID, "emoji"),
    Call("a reaction that is not UTF-8", "PUT", _at(SAID, "/reactions/%ff"), INVALID, "emoji"),
    Call("a reaction to nothing", "PUT", _at(1, f"/reactions/{_LIKE}"), NONE),
    Call("a reaction in a public room not joined", "PUT",
         f"/v1/rooms/{PUBLIC}/messages/1/reactions/{_LIKE}", NO),
    Call("who reacted to nothing", "GET", _at(1, "/reactions"), NONE),
    Call("a pin by one who does not moderate", "PUT", _at(SAID, "/pin"), NO),
    Call("the pins of a private room of others", "GET", f"/v1/rooms/{PRIVATE}/pins", NONE),
)  # fmt: skip
TABLE: dict[str, tuple[Call, ...]] = {
    "Paths and queries": QUERIES,
    "Values": VALUES,
    "Messages": CHANGES,
}
"""Single requests, by what they are about."""
