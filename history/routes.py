"""The HTTP paths of history, declared once for the router and for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence

from history import own_routes, webhook_routes
from history.invites_http import InviteRequests
from history.members_http import MemberRequests
from history.messages_http import MessageRequests
from history.moderation_http import ModerationRequests
from history.own_http import OwnRequests
from history.queries import PAGING
from history.rooms_http import RoomRequests
from history.search_http import SearchRequests
from history.webhooks_http import WebhookRequests
from proto import limits, moderation, pages, shapes
from proto.codes import ErrorCode
from services.openapi import Endpoint, Query

_READING = (ErrorCode.NOT_FOUND, ErrorCode.UNAVAILABLE)
_CHANGING = (*_READING, ErrorCode.FORBIDDEN, ErrorCode.TIMEOUT)
_ROOM = "/v1/rooms/{room}"
_MEMBERS = _ROOM + "/members"
_MEMBER = _MEMBERS + "/{user}"
_BAN, _MUTE = _ROOM + "/bans/{user}", _ROOM + "/mutes/{user}"
_MESSAGES = _ROOM + "/messages"
_MESSAGE = _MESSAGES + "/{seq}"
_REACTION = _MESSAGE + "/reactions/{emoji}"


def endpoints(
    rooms: RoomRequests,
    members: MemberRequests,
    moderators: ModerationRequests,
    invites: InviteRequests,
    messages: MessageRequests,
    own: OwnRequests,
    search: SearchRequests,
    webhooks: WebhookRequests,
) -> list[Endpoint]:
    """Every operation of the service."""
    return [
        *_rooms(rooms),
        *_members(members),
        *_moderation(moderators),
        *_invites(invites),
        *_messages(messages),
        *_changes(messages),
        *_marks(messages),
        *own_routes.endpoints(own),
        *webhook_routes.endpoints(webhooks),
        _search(search),
    ]


def _search(search: SearchRequests) -> Endpoint:
    return Endpoint(
        "GET",
        "/v1/search",
        search.search,
        "Messages that have all the words, the newest first.",
        response=shapes.Hits,
        errors=(*_READING, ErrorCode.RATE_LIMITED),
        query=(
            Query(
                "q",
                'Words, in any language; each may be the beginning of one. "In quotation marks":'
                " whole, and in this order. Case and accents do not count.",
                required=True,
            ),
            Query("room", "In this room alone; else in all that one is in."),
            Query("sender", "Said by this user."),
            Query(
                "before", "Below this seq of `room`; without `room`, before this time in ms.", int
            ),
            Query("after", "Above this seq of `room`; without `room`, after this time in ms.", int),
            Query("limit", f"1 to {limits.SEARCH_HITS}, the default.", int),
            Query("cursor", "The `next` of the page before."),
        ),
    )


def _rooms(rooms: RoomRequests) -> list[Endpoint]:
    return [
        Endpoint(
            "POST",
            "/v1/rooms",
            rooms.create,
            "Make a room; 200 with the direct room of these people if there is one.",
            request=shapes.NewRoom,
            response=shapes.Room,
            status=201,
            also=(200,),
            errors=(*_CHANGING, ErrorCode.CONFLICT),
            idempotency_key=True,
            scope="moderate",
        ),
        Endpoint(
            "GET",
            "/v1/rooms",
            rooms.mine,
            "The caller's rooms.",
            response=shapes.Rooms,
            errors=(ErrorCode.INVALID,),
            query=PAGING,
        ),
        Endpoint(
            "GET",
            "/v1/rooms/public",
            rooms.public,
            "Public rooms, by name.",
            response=shapes.Rooms,
            errors=(ErrorCode.INVALID,),
            query=(Query("q", "How the name begins, in any case."), *PAGING),
        ),
        Endpoint("GET", _ROOM, rooms.get, "A room.", response=shapes.Room, errors=_READING),
        Endpoint(
            "PATCH",
            _ROOM,
            rooms.patch,
            "Change name, topic, picture, slow mode; archive the room, or undo it.",
            request=shapes.RoomPatch,
            response=shapes.Room,
            errors=_CHANGING,
            scope="moderate",
        ),
        Endpoint(
            "DELETE",
            _ROOM,
            rooms.delete,
            "End a room.",
            status=204,
            errors=_CHANGING,
            scope="moderate",
        ),
        *_coming_and_going(rooms),
    ]


def _coming_and_going(rooms: RoomRequests) -> list[Endpoint]:
    return [
        Endpoint(
            "POST",
            _ROOM + "/join",
            rooms.join,
            "Become a member of a public room.",
            response=shapes.Room,
            errors=_CHANGING,
        ),
        Endpoint("POST", _ROOM + "/leave", rooms.leave, "Leave.", status=204, errors=_CHANGING),
    ]


def _members(members: MemberRequests) -> list[Endpoint]:
    return [
        Endpoint(
            "GET",
            _MEMBERS,
            members.list,
            "Members in the order they came.",
            response=shapes.Members,
            errors=(*_READING, ErrorCode.INVALID),
            query=PAGING,
        ),
        Endpoint(
            "POST",
            _MEMBERS,
            members.add,
            "Add somebody; 200 with a member who was there already, unchanged.",
            request=shapes.NewMember,
            response=shapes.Member,
            status=201,
            also=(200,),
            errors=(*_CHANGING, ErrorCode.CONFLICT),
            scope="moderate",
        ),
        Endpoint(
            "PATCH",
            _MEMBER,
            members.patch,
            "Give a member another role.",
            request=shapes.MemberPatch,
            response=shapes.Member,
            errors=(*_CHANGING, ErrorCode.CONFLICT),
            scope="moderate",
        ),
        Endpoint(
            "DELETE",
            _MEMBER,
            members.remove,
            "Remove a member.",
            status=204,
            errors=_CHANGING,
            scope="moderate",
        ),
    ]


def _moderation(moderators: ModerationRequests) -> list[Endpoint]:
    listed = (*_READING, ErrorCode.FORBIDDEN, ErrorCode.INVALID)
    return [
        Endpoint(
            "GET",
            _ROOM + "/bans",
            moderators.bans,
            "The bans in force, the newest first.",
            response=moderation.Bans,
            errors=listed,
            query=PAGING,
            scope="moderate",
        ),
        Endpoint(
            "PUT",
            _BAN,
            moderators.ban,
            "Keep somebody out until a time, or for good; whoever is in it is removed.",
            request=moderation.NewSanction,
            status=204,
            errors=_CHANGING,
            scope="moderate",
        ),
        Endpoint(
            "DELETE",
            _BAN,
            moderators.unban,
            "Lift a ban.",
            status=204,
            errors=_CHANGING,
            scope="moderate",
        ),
        _own_ban(moderators),
        *_mutes(moderators, listed),
        Endpoint(
            "GET",
            _ROOM + "/audit",
            moderators.audit,
            "Who did what in the last 90 days, the newest first; for moderators and owners.",
            response=moderation.Audit,
            errors=listed,
            query=PAGING,
            scope="moderate",
        ),
    ]


def _own_ban(moderators: ModerationRequests) -> Endpoint:
    return Endpoint(
        "GET",
        _ROOM + "/bans/me",
        moderators.own_ban,
        "The ban that keeps oneself out, of a public room or of one that one was in: until when,"
        " and why. `not_found`: there is none in force, as far as one may know.",
        response=moderation.OwnBan,
        errors=_READING,
    )


def _mutes(moderators: ModerationRequests, listed: Sequence[ErrorCode]) -> list[Endpoint]:
    return [
        Endpoint(
            "GET",
            _ROOM + "/mutes",
            moderators.mutes,
            "The mutes in force, the newest first.",
            response=moderation.Mutes,
            errors=listed,
            query=PAGING,
            scope="moderate",
        ),
        Endpoint(
            "PUT",
            _MUTE,
            moderators.mute,
            "Have a member write nothing here until a time, or for good.",
            request=moderation.NewSanction,
            status=204,
            errors=_CHANGING,
            scope="moderate",
        ),
        Endpoint(
            "DELETE",
            _MUTE,
            moderators.unmute,
            "Lift a mute.",
            status=204,
            errors=_CHANGING,
            scope="moderate",
        ),
    ]


def _invites(invites: InviteRequests) -> list[Endpoint]:
    return [
        Endpoint(
            "POST",
            _ROOM + "/invites",
            invites.make,
            "Make a link into a room, for a time and so many people.",
            request=moderation.NewInvite,
            response=moderation.Invite,
            status=201,
            errors=(*_CHANGING, ErrorCode.CONFLICT),
            scope="moderate",
        ),
        Endpoint(
            "GET",
            _ROOM + "/invites",
            invites.list,
            "The invites of a room that are good, the newest first.",
            response=moderation.Invites,
            errors=(*_READING, ErrorCode.FORBIDDEN),
            scope="moderate",
        ),
        Endpoint(
            "DELETE",
            _ROOM + "/invites/{code}",
            invites.revoke,
            "Make an invite good no more.",
            status=204,
            errors=_CHANGING,
            scope="moderate",
        ),
        Endpoint(
            "GET",
            "/v1/invites/{code}",
            invites.look,
            "What an invite leads to, before one enters.",
            response=moderation.RoomInvitation,
            errors=_READING,
        ),
        Endpoint(
            "POST",
            "/v1/invites/{code}/join",
            invites.join,
            "Become a member by an invite; who is one already takes no use of it.",
            response=shapes.Room,
            errors=(*_CHANGING, ErrorCode.CONFLICT),
        ),
    ]


def _messages(messages: MessageRequests) -> list[Endpoint]:
    return [
        Endpoint(
            "GET",
            _MESSAGES,
            messages.list,
            "Messages, oldest first: the newest ones, or about a place.",
            response=pages.Page,
            errors=(*_READING, ErrorCode.INVALID),
            query=(
                Query("before", "Messages below this seq; `more` speaks of older ones.", int),
                Query("after", "Messages above this seq; `more` speaks of newer ones.", int),
                Query("around", "Messages about this seq; `more` speaks of both sides.", int),
                PAGING[1],
            ),
        ),
        Endpoint(
            "POST",
            _MESSAGES,
            messages.post,
            "Say something, as `send` does on a socket; 200 with what the key brought before.",
            request=shapes.NewMessage,
            response=shapes.Message,
            status=201,
            also=(200,),
            errors=(
                *_CHANGING,
                ErrorCode.INVALID,
                ErrorCode.BAD_KEY,
                ErrorCode.TOO_LARGE,
                ErrorCode.RATE_LIMITED,
            ),
        ),
        Endpoint(
            "PUT",
            _ROOM + "/read",
            messages.read,
            "Move the read mark; backward only with `back`.",
            request=shapes.SetRead,
            response=shapes.ReadMark,
            errors=(*_READING, ErrorCode.FORBIDDEN),
        ),
    ]


def _changes(messages: MessageRequests) -> list[Endpoint]:
    return [
        Endpoint(
            "GET",
            _MESSAGE,
            messages.get,
            "A message, as it is now.",
            response=shapes.Message,
            errors=(*_READING, ErrorCode.BAD_FRAME, ErrorCode.INVALID),
        ),
        Endpoint(
            "PATCH",
            _MESSAGE,
            messages.patch,
            "Give one's own message another text.",
            request=shapes.MessagePatch,
            response=shapes.Message,
            errors=(*_CHANGING, ErrorCode.CONFLICT, ErrorCode.INVALID, ErrorCode.TOO_LARGE),
        ),
        Endpoint(
            "DELETE",
            _MESSAGE,
            messages.delete,
            "Delete one's own message, or as a moderator another's; its text is nowhere then.",
            status=204,
            errors=(*_CHANGING, ErrorCode.BAD_FRAME, ErrorCode.INVALID),
        ),
        Endpoint(
            "GET",
            _MESSAGE + "/edits",
            messages.edits,
            "The former texts of a message, oldest first; for moderators and owners.",
            response=shapes.Versions,
            errors=(*_READING, ErrorCode.FORBIDDEN, ErrorCode.BAD_FRAME, ErrorCode.INVALID),
            scope="moderate",
        ),
    ]


def _marks(messages: MessageRequests) -> list[Endpoint]:
    """What people put on messages of others."""
    errors = (*_CHANGING, ErrorCode.BAD_FRAME, ErrorCode.INVALID)
    full = (*errors, ErrorCode.CONFLICT)
    return [
        Endpoint(
            "GET",
            _MESSAGE + "/reactions",
            messages.reactions,
            "Who reacted to a message, by emoji, in the order they came.",
            response=shapes.Reactions,
            errors=(*_READING, ErrorCode.BAD_FRAME, ErrorCode.INVALID),
        ),
        Endpoint(
            "PUT",
            _REACTION,
            messages.react,
            "React to a message. Repeating: the same.",
            status=204,
            errors=full,
        ),
        Endpoint(
            "DELETE",
            _REACTION,
            messages.unreact,
            "Take a reaction back. Repeating: the same.",
            status=204,
            errors=errors,
        ),
        Endpoint(
            "PUT",
            _MESSAGE + "/pin",
            messages.pin,
            "Pin a message. Repeating: the same.",
            status=204,
            errors=full,
            scope="moderate",
        ),
        Endpoint(
            "DELETE",
            _MESSAGE + "/pin",
            messages.unpin,
            "Pin a message no longer. Repeating: the same.",
            status=204,
            errors=errors,
            scope="moderate",
        ),
        Endpoint(
            "GET",
            _ROOM + "/pins",
            messages.pins,
            "The pinned messages of a room, the one that was pinned last first.",
            response=shapes.Messages,
            errors=_READING,
        ),
    ]
