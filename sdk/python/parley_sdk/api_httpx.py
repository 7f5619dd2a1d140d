"""The HTTP interface (protocol.md §8), one method a call. Nothing live: that is `Client`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from parley_sdk import clock
from parley_sdk.sessions_httpx import SessionCalls
from parley_sdk.webhooks_httpx import WebhookCalls
from proto import custom_emoji, ids, moderation, notifications, pages, shapes


def new_key() -> str:
    """Make a message key, by this machine's clock: one for each message, the same on each retry."""
    return ids.uuid7(clock.now_ms(), os.urandom(10))


class Api(SessionCalls, WebhookCalls):
    """Calls to one Parley, as nobody until `register`, `login` or `login_bot`, then as that user.

    `url` is where Parley is, without a path. Every call raises `ApiError` and nothing else; with
    its code `timeout` or `unavailable` and status 0 it is not known whether it was carried out.
    A 401 is answered by one refresh of the token and one more try. Use it as an async context
    manager, or call `close`.
    """

    # --------------------------------------------------------------------------------- auth

    async def me(self) -> shapes.User:
        """Give oneself."""
        return await self._get("/v1/auth/me", shapes.User)

    async def set_display_name(self, display_name: str) -> shapes.User:
        """Change how others see one's name."""
        body = shapes.ProfilePatch(display_name=display_name)
        return await self._send("PATCH", "/v1/auth/me", body, shapes.User)

    async def set_avatar(self, image: bytes) -> shapes.User:
        """Have a picture, of which others see the middle; it is at `/v1/media/avatars/{avatar}`.

        `too_large`: it has more than `limits.AVATAR_BYTES`, so make it smaller.
        """
        file = ("picture", image)
        return await self._upload("/v1/media/avatars/me", {}, file, shapes.User, "PUT")

    async def remove_avatar(self) -> None:
        """Have no picture any more. Idempotent."""
        await self._call("DELETE", "/v1/media/avatars/me")

    async def users(self, ids: Sequence[str]) -> list[shapes.User]:
        """Give those of at most 100 ids that exist, in no order."""
        page = await self._get("/v1/users", shapes.Users, ids=",".join(ids))
        return page.users

    async def search_users(self, prefix: str, *, limit: int | None = None) -> list[shapes.User]:
        """Give people whose name begins so."""
        page = await self._get("/v1/users/search", shapes.Users, q=prefix, limit=limit)
        return page.users

    # -------------------------------------------------------------------------------- rooms

    async def create_room(
        self,
        kind: shapes.RoomKind,
        name: str | None = None,
        *,
        topic: str | None = None,
        members: Sequence[str] = (),
    ) -> shapes.Room:
        """Make a room with these members; a second direct room of the same people is the first."""
        body = shapes.NewRoom(kind=kind, name=name, topic=topic, members=list(members))
        return await self._send("POST", "/v1/rooms", body, shapes.Room)

    async def my_rooms(
        self, *, cursor: str | None = None, limit: int | None = None
    ) -> shapes.Rooms:
        """Give a page of the rooms one is in."""
        return await self._get("/v1/rooms", shapes.Rooms, cursor=cursor, limit=limit)

    async def public_rooms(
        self, prefix: str = "", *, cursor: str | None = None, limit: int | None = None
    ) -> shapes.Rooms:
        """Give a page of the public rooms whose name matches."""
        return await self._get(
            "/v1/rooms/public", shapes.Rooms, q=prefix or None, cursor=cursor, limit=limit
        )

    async def room(self, room: str) -> shapes.Room:
        """Give one room; `not_found` also for private ones that one is not in."""
        return await self._get(_path("/v1/rooms", room), shapes.Room)

    async def update_room(
        self,
        room: str,
        *,
        name: str | None = None,
        topic: str | None = None,
        slow_mode_seconds: int | None = None,
        archived: bool | None = None,
        previews: bool | None = None,
        picture: str | msgspec.UnsetType | None = msgspec.UNSET,
    ) -> shapes.Room:
        """Change what a room is; what is left out stays.

        `picture`: an image that one has uploaded into the room; None: it has none any more.
        """
        body = shapes.RoomPatch(
            name=msgspec.UNSET if name is None else name,
            topic=msgspec.UNSET if topic is None else topic,
            slow_mode_seconds=msgspec.UNSET if slow_mode_seconds is None else slow_mode_seconds,
            archived=msgspec.UNSET if archived is None else archived,
            previews=msgspec.UNSET if previews is None else previews,
            picture=picture,
        )
        return await self._send("PATCH", _path("/v1/rooms", room), body, shapes.Room)

    async def delete_room(self, room: str) -> None:
        """Delete a room. Idempotent."""
        await self._call("DELETE", _path("/v1/rooms", room))

    async def join(self, room: str) -> shapes.Room:
        """Join a public room. Idempotent."""
        return await self._send("POST", _path("/v1/rooms", room, "join"), None, shapes.Room)

    async def leave(self, room: str) -> None:
        """Leave a room. Idempotent."""
        await self._call("POST", _path("/v1/rooms", room, "leave"))

    async def members(
        self, room: str, *, cursor: str | None = None, limit: int | None = None
    ) -> shapes.Members:
        """Give a page of a room's members."""
        path = _path("/v1/rooms", room, "members")
        return await self._get(path, shapes.Members, cursor=cursor, limit=limit)

    async def add_member(self, room: str, user: str, role: shapes.Role = "member") -> None:
        """Add a user to a room. Idempotent."""
        await self._call("POST", _path("/v1/rooms", room, "members"), shapes.NewMember(user, role))

    async def set_role(self, room: str, user: str, role: shapes.Role) -> None:
        """Give a member a role."""
        path = _path("/v1/rooms", room, "members", user)
        await self._call("PATCH", path, shapes.MemberPatch(role))

    async def remove_member(self, room: str, user: str) -> None:
        """Remove a member from a room. Idempotent."""
        await self._call("DELETE", _path("/v1/rooms", room, "members", user))

    async def ban(
        self, room: str, user: str, *, until_ms: int | None = None, reason: str = ""
    ) -> None:
        """Keep somebody out until a time, or for good; in it or not. Idempotent."""
        path = _path("/v1/rooms", room, "bans", user)
        await self._call("PUT", path, moderation.NewSanction(reason, until_ms))

    async def unban(self, room: str, user: str) -> None:
        """Lift a ban. Idempotent."""
        await self._call("DELETE", _path("/v1/rooms", room, "bans", user))

    async def bans(
        self, room: str, *, cursor: str | None = None, limit: int | None = None
    ) -> moderation.Bans:
        """Give a page of the bans in force, the newest first."""
        path = _path("/v1/rooms", room, "bans")
        return await self._get(path, moderation.Bans, cursor=cursor, limit=limit)

    async def own_ban(self, room: str) -> moderation.OwnBan:
        """Give the ban that keeps oneself out of a room; `not_found` where there is none."""
        return await self._get(_path("/v1/rooms", room, "bans", "me"), moderation.OwnBan)

    async def mute(
        self, room: str, user: str, *, until_ms: int | None = None, reason: str = ""
    ) -> None:
        """Have a member write nothing in a room until a time, or for good. Idempotent."""
        path = _path("/v1/rooms", room, "mutes", user)
        await self._call("PUT", path, moderation.NewSanction(reason, until_ms))

    async def unmute(self, room: str, user: str) -> None:
        """Lift a mute. Idempotent."""
        await self._call("DELETE", _path("/v1/rooms", room, "mutes", user))

    async def mutes(
        self, room: str, *, cursor: str | None = None, limit: int | None = None
    ) -> moderation.Mutes:
        """Give a page of the mutes in force, the newest first."""
        path = _path("/v1/rooms", room, "mutes")
        return await self._get(path, moderation.Mutes, cursor=cursor, limit=limit)

    async def invite(
        self, room: str, *, expires_in: int | None = None, uses: int | None = None
    ) -> moderation.Invite:
        """Make a link into a room: for so many seconds (a week), and so many people."""
        body = moderation.NewInvite(uses=uses)
        if expires_in is not None:
            body.expires_in = expires_in
        return await self._send(
            "POST", _path("/v1/rooms", room, "invites"), body, moderation.Invite
        )

    async def invites(self, room: str) -> list[moderation.Invite]:
        """Give the invites of a room that are good, the newest first."""
        return (await self._get(_path("/v1/rooms", room, "invites"), moderation.Invites)).invites

    async def revoke_invite(self, room: str, code: str) -> None:
        """Make an invite good no more. Idempotent."""
        await self._call("DELETE", _path("/v1/rooms", room, "invites", code))

    async def invitation(self, code: str) -> moderation.RoomInvitation:
        """Give what an invite leads to; `not_found` if it is good no more."""
        return await self._get(_path("/v1/invites", code), moderation.RoomInvitation)

    async def join_by_invite(self, code: str) -> shapes.Room:
        """Become a member by an invite. Idempotent: a member takes no use of it."""
        return await self._send("POST", _path("/v1/invites", code, "join"), None, shapes.Room)

    async def audit(
        self, room: str, *, cursor: str | None = None, limit: int | None = None
    ) -> moderation.Audit:
        """Give a page of who did what in a room, the newest first."""
        path = _path("/v1/rooms", room, "audit")
        return await self._get(path, moderation.Audit, cursor=cursor, limit=limit)

    # ----------------------------------------------------------------------------- messages

    async def messages(
        self,
        room: str,
        *,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
        limit: int | None = None,
    ) -> pages.Page:
        """Give messages oldest first, everything up to `as_of_seq` applied; the newest by default.

        At most one of `before`, `after` and `around` (each a seq); `limit` is at most 100.
        """
        path = _path("/v1/rooms", room, "messages")
        return await self._get(
            path, pages.Page, before=before, after=after, around=around, limit=limit
        )

    async def post(
        self,
        room: str,
        text: str,
        *,
        key: str | None = None,
        reply_to: int | None = None,
        thread: int | None = None,
        attachments: Sequence[str] = (),
    ) -> shapes.Message:
        """Say something without a socket, with every guarantee of `Client.send`.

        After `timeout` or `unavailable` say it again with the same `key` (`new_key()`); without one
        a fresh one is made, which is good for one attempt.
        """
        body = shapes.NewMessage(
            key=key or new_key(),
            text=text,
            reply_to=reply_to,
            thread=thread,
            attachments=list(attachments) or None,
        )
        return await self._send("POST", _path("/v1/rooms", room, "messages"), body, shapes.Message)

    async def message(self, room: str, seq: int) -> shapes.Message:
        """Give one message, as it is now."""
        return await self._get(_message(room, seq), shapes.Message)

    async def edit_message(self, room: str, seq: int, text: str) -> shapes.Message:
        """Give one's own message another text. Idempotent."""
        body = shapes.MessagePatch(text)
        return await self._send("PATCH", _message(room, seq), body, shapes.Message)

    async def delete_message(self, room: str, seq: int) -> None:
        """Delete one's own message, or as a moderator another's; its text is nowhere then.

        Idempotent.
        """
        await self._call("DELETE", _message(room, seq))

    async def edits(self, room: str, seq: int) -> list[shapes.Version]:
        """Give the former texts of a message, oldest first; for moderators."""
        return (await self._get(_message(room, seq, "edits"), shapes.Versions)).versions

    async def react(self, room: str, seq: int, emoji: str) -> None:
        """React to a message with an emoji. Idempotent."""
        await self._call("PUT", _message(room, seq, "reactions", emoji))

    async def unreact(self, room: str, seq: int, emoji: str) -> None:
        """Take a reaction back. Idempotent."""
        await self._call("DELETE", _message(room, seq, "reactions", emoji))

    async def reactions(self, room: str, seq: int) -> list[shapes.ReactionUsers]:
        """Give who reacted to a message, by emoji."""
        return (await self._get(_message(room, seq, "reactions"), shapes.Reactions)).reactions

    async def pin(self, room: str, seq: int) -> None:
        """Pin a message; `conflict` when a hundred are. Idempotent."""
        await self._call("PUT", _message(room, seq, "pin"))

    async def unpin(self, room: str, seq: int) -> None:
        """Pin a message no longer. Idempotent."""
        await self._call("DELETE", _message(room, seq, "pin"))

    async def pins(self, room: str) -> list[shapes.Message]:
        """Give the pinned messages of a room, the one that was pinned last first."""
        return (await self._get(_path("/v1/rooms", room, "pins"), shapes.Messages)).messages

    async def search(
        self,
        q: str,
        *,
        room: str | None = None,
        sender: str | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> shapes.Hits:
        """Give messages that have all the words of `q`, the newest first; at most 50 at once.

        In all rooms one is in, or in `room`; by `sender`. `before` and `after` are seqs where
        `room` is given, else times in milliseconds. `cursor` is the `next` of the hits before,
        which may be few or none: only without a `next` they are the last.
        """
        return await self._get(
            "/v1/search",
            shapes.Hits,
            q=q,
            room=room,
            sender=sender,
            before=before,
            after=after,
            limit=limit,
            cursor=cursor,
        )

    async def read(self, room: str, seq: int, *, back: bool = False) -> shapes.ReadMark:
        """Move one's read mark forward to `seq`; back only with `back`."""
        path = _path("/v1/rooms", room, "read")
        return await self._send("PUT", path, shapes.SetRead(seq, back), shapes.ReadMark)

    async def prefer(
        self,
        room: str,
        *,
        muted: bool | None = None,
        notify: shapes.Notify | None = None,
        favourite: bool | None = None,
    ) -> shapes.Preferences:
        """Choose how to have a room; what is left out stays. Nobody else learns of it."""
        body = shapes.SetPreferences(
            muted=msgspec.UNSET if muted is None else muted,
            notify=msgspec.UNSET if notify is None else notify,
            favourite=msgspec.UNSET if favourite is None else favourite,
        )
        path = _path("/v1/rooms", room, "preferences")
        return await self._send("PUT", path, body, shapes.Preferences)

    async def receipts(self, room: str) -> list[shapes.Receipt]:
        """Give how far the others have read, those who show it; nobody in large rooms."""
        return (await self._get(_path("/v1/rooms", room, "receipts"), shapes.Receipts)).receipts

    async def settings(self) -> shapes.OwnSettings:
        """Give what one has settled for oneself."""
        return await self._get("/v1/settings", shapes.OwnSettings)

    async def settle(
        self,
        *,
        receipts: bool | None = None,
        direct: shapes.DirectFrom | None = None,
        presence: bool | None = None,
        custom_status: shapes.CustomStatus | msgspec.UnsetType | None = msgspec.UNSET,
    ) -> shapes.OwnSettings:
        """Settle what others see of one, who may open direct rooms, and what one says beside one's
        status (None takes it back).
        """
        body = shapes.SettingsPatch(
            receipts=msgspec.UNSET if receipts is None else receipts,
            direct=msgspec.UNSET if direct is None else direct,
            presence=msgspec.UNSET if presence is None else presence,
            custom_status=custom_status,
        )
        return await self._send("PATCH", "/v1/settings", body, shapes.OwnSettings)

    async def blocks(self) -> list[shapes.User]:
        """Give whom one blocks."""
        return (await self._get("/v1/blocks", shapes.Users)).users

    async def block(self, user: str) -> None:
        """Block somebody, who is not told. Idempotent."""
        await self._call("PUT", _path("/v1/blocks", user))

    async def unblock(self, user: str) -> None:
        """Block somebody no more. Idempotent."""
        await self._call("DELETE", _path("/v1/blocks", user))

    async def push_settings(self) -> notifications.PushSettings:
        """Give the key that browsers subscribe with, and those told while Parley is closed."""
        return await self._get("/v1/notify/push", notifications.PushSettings)

    async def subscribe_push(self, device: notifications.NewPushDevice) -> notifications.PushDevice:
        """Have a browser told while Parley is closed, or say that it is still there. Idempotent."""
        return await self._send("PUT", "/v1/notify/push", device, notifications.PushDevice)

    async def unsubscribe_push(self, device: str) -> None:
        """Have a browser told no more. Idempotent."""
        await self._call("DELETE", _path("/v1/notify/push", device))

    async def presence(self, users: Sequence[str]) -> list[shapes.Presence]:
        """Give the presence of those of at most 100 people whom one may see."""
        page = await self._get("/v1/presence", shapes.PresenceList, users=",".join(users))
        return page.presence

    async def upload(self, room: str, name: str, content: bytes) -> shapes.Attachment:
        """Upload a file into a room, for a message there: `attachments` takes its id.

        An image may become the room's picture (`update_room`). One that no message and no room has
        for a day is removed.
        """
        file = (name, content)
        return await self._upload("/v1/media", {"room": room}, file, shapes.Attachment)

    async def sign_media(self, ids: Sequence[str]) -> dict[str, shapes.SignedMedia]:
        """Give where at most 100 files are, for ten minutes at least; without those not there."""
        body = shapes.SignMedia(list(ids))
        return (await self._send("POST", "/v1/media/sign", body, shapes.SignedUrls)).urls

    async def emoji(self) -> custom_emoji.CustomEmojis:
        """Give all custom emoji by name, and who may add one."""
        return await self._get("/v1/emoji", custom_emoji.CustomEmojis)

    async def add_emoji(self, name: str, picture: bytes) -> custom_emoji.CustomEmoji:
        """Add a custom emoji, for those who may; a bot's token has to be good for `admin`.

        `conflict`, with the field `name`: it is taken, or one of Unicode's has it; without: there
        are too many.
        """
        file = (name, picture)
        return await self._upload("/v1/emoji", {"name": name}, file, custom_emoji.CustomEmoji)

    async def remove_emoji(self, name: str) -> None:
        """Remove a custom emoji; texts and reactions keep its name. Idempotent."""
        await self._call("DELETE", _path("/v1/emoji", name))

    async def room_presence(self, room: str) -> shapes.RoomPresence:
        """Give how many of a room one is in are here."""
        return await self._get(_path("/v1/presence/rooms", room), shapes.RoomPresence)


def _path(root: str, *parts: str) -> str:
    """A path whose parts are each one segment, whatever they are."""
    return "/".join((root, *(quote(part, safe="") for part in parts)))


def _message(room: str, seq: int, *more: str) -> str:
    return _path("/v1/rooms", room, "messages", str(seq), *more)
