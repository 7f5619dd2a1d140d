"""The shapes of accounts over HTTP: sessions, passwords, admins, invitations, bots; no frames."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from proto.ids import Id
from proto.shapes import Milliseconds, User


class Session(Struct, frozen=True):
    """One sign-in on one device. `current` is the one whose token was used to ask.

    `client` is what the device called itself when it signed in, `address` where it was last;
    `last_used_ms` is when it last had a fresh access token, which it needs every 15 minutes.
    """

    id: Id
    client: str
    address: str
    created_ms: Milliseconds
    last_used_ms: Milliseconds
    current: bool


class Sessions(Struct, frozen=True):
    """Every living session of a person, the one used last first; at most 100."""

    sessions: list[Session]


class PasswordChange(Struct):
    """`POST /v1/auth/password`."""

    current: str
    new: str


class Deactivate(Struct):
    """`POST /v1/auth/deactivate`; the password says that it is meant."""

    password: str


Registration = Literal["open", "invite", "domain", "closed"]
AccountRole = Literal["member", "admin"]
Scope = Literal["read", "send", "moderate", "admin"]
"""What a bot's token is good for; a person's is good for everything."""
SCOPES: tuple[Scope, ...] = ("read", "send", "moderate", "admin")
API_TOKEN = "parley_bot_"  # noqa: S105 - what they begin with
"""Long and our own, so that programs that look for secrets in public places know it."""


class Door(Struct, frozen=True):
    """How one comes in here: who may make an account, and what to do about a lost password.

    `domains` are those of the mail addresses that are let in with `domain`. `reset` by `mail` is
    asked for at `POST /v1/auth/reset`; by `admin` one asks a person, whom `contact` names.
    """

    registration: Registration
    domains: list[str]
    reset: Literal["mail", "admin"]
    contact: str | None


class InvitationRequest(Struct):
    """`POST /v1/auth/invitations/request`, where people are let in by their mail's domain."""

    email: str


class ResetRequest(Struct):
    """`POST /v1/auth/reset`: a username, or the mail address of an account."""

    username: str


class ResetConfirm(Struct):
    """`POST /v1/auth/reset/confirm`: the secret of a link, and the new password."""

    token: str
    password: str


class EmailChange(Struct):
    """`POST /v1/auth/email`: where a link for a new password may be sent; null for nowhere."""

    email: str | None
    password: str


class Account(Struct, frozen=True):
    """An account with what only its owner and admins may know.

    `has_password` is false for bots, for people of another issuer, and for those who have yet to
    use the link that an admin gave them.
    """

    user: User
    role: AccountRole
    kind: Literal["person", "bot"]
    email: str | None
    created_ms: Milliseconds
    disabled_ms: Milliseconds | None
    has_password: bool


class Accounts(Struct, frozen=True):
    """A page of accounts, by username."""

    accounts: list[Account]
    next: str | UnsetType = UNSET


class NewAccount(Struct):
    """`POST /v1/auth/admin/users`; without a password the answer has a link to choose one by."""

    username: str
    password: str | None = None
    display_name: str | None = None
    role: AccountRole = "member"


class AccountPatch(Struct):
    """`PATCH /v1/auth/admin/users/{user}`."""

    role: AccountRole | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class Link(Struct, frozen=True):
    """A link that is shown this once. Its secret is behind the `#`: no server is sent it."""

    url: str
    expires_ms: Milliseconds


class MadeAccount(Struct, frozen=True):
    """An account that an admin made, and the link by which its owner chooses a password."""

    account: Account
    link: Link | None


class NewInvitation(Struct):
    """`POST /v1/auth/admin/invitations`; `note` says whom it is for."""

    note: str = ""
    uses: int = 1
    expires_days: int = 7


class Invitation(Struct, frozen=True):
    """An invitation that is still good; `created_by` is null if it was the command line."""

    id: Id
    note: str
    email: str | None
    created_by: Id | None
    created_ms: Milliseconds
    expires_ms: Milliseconds
    uses_left: int


class Invitations(Struct, frozen=True):
    """Those that are good, the newest first; at most 100."""

    invitations: list[Invitation]


class MadeInvitation(Struct, frozen=True):
    """An invitation and its link."""

    invitation: Invitation
    link: Link


class Deed(Struct, frozen=True):
    """A line of the audit log. `actor` is null for the command line, or nobody signed in."""

    number: int
    at_ms: Milliseconds
    actor: Id | None
    action: str
    target: str | None
    detail: str


class Deeds(Struct, frozen=True):
    """A page of the audit log, the newest line first; older ones are `before` the last number."""

    deeds: list[Deed]
    more: bool


class NewBot(Struct):
    """`POST /v1/auth/bots`: a bot, and its first token."""

    username: str
    scopes: list[Scope]
    display_name: str | None = None
    token_name: str = ""


class NewApiToken(Struct):
    """`POST /v1/auth/bots/{bot}/tokens`."""

    scopes: list[Scope]
    name: str = ""


class ApiToken(Struct, frozen=True):
    """What is known of an API token; the token itself is not kept."""

    id: Id
    name: str
    scopes: list[Scope]
    created_ms: Milliseconds
    last_used_ms: Milliseconds | None


class MadeApiToken(Struct, frozen=True):
    """A token that was just made, and its secret, shown this once."""

    bot: User
    token: ApiToken
    secret: str


class Bot(Struct, frozen=True):
    """A bot and its tokens that are good."""

    user: User
    disabled_ms: Milliseconds | None
    tokens: list[ApiToken]


class Bots(Struct, frozen=True):
    """A page of bots, by username."""

    bots: list[Bot]
    next: str | UnsetType = UNSET


class SigningKey(Struct, frozen=True):
    """A key that access tokens are checked with; from `signs_ms` on it may sign them."""

    kid: Id
    created_ms: Milliseconds
    signs_ms: Milliseconds
    signing: bool


class SigningKeys(Struct, frozen=True):
    """Those that are published, the newest first."""

    keys: list[SigningKey]


class AdminCall(Struct, frozen=True):
    """Whether somebody's session or API token may act as an admin now (`subjects.AUTH_ADMIN`)."""

    user: Id
    sid: Id


class AdminReply(Struct, frozen=True):
    """The answer to an `AdminCall`."""

    admin: bool


class AvatarCall(Struct, frozen=True):
    """Have somebody have this picture, or none (`subjects.AUTH_AVATAR`); who asks keeps it.

    They are the bearer of a token of that session, or API token, or of that trusted `issuer`. A
    picture's id is new each time: one that was replaced never comes back.
    """

    user: Id
    sid: Id
    avatar: Id | None
    issuer: str = ""


class AvatarTakenCall(Struct, frozen=True):
    """Have `user` have this picture no more (`subjects.AUTH_AVATAR_TAKEN`); another one stays.

    `by` is an admin, by that session or API token: the audit log names them.
    """

    user: Id
    avatar: Id
    by: Id
    sid: Id


EmojiDeed = Literal["emoji.added", "emoji.removed"]


class DeedElsewhere(Struct, frozen=True):
    """Something that another service did for somebody; `id` is made once, and kept on a retry."""

    id: Id
    at_ms: Milliseconds
    actor: Id
    action: EmojiDeed
    target: str
    detail: str


class DeedsCall(Struct, frozen=True):
    """Lines for the audit log, each taken once (`subjects.AUTH_DEEDS`).

    At most `limits.PAGE_ITEMS`.
    """

    deeds: list[DeedElsewhere]


class DeedsReply(Struct, frozen=True):
    """How many of them are in the audit log now: all."""

    kept: int


class AvatarsCall(Struct, frozen=True):
    """Which pictures these people have (`subjects.AUTH_AVATARS`); at most `limits.IDS_PER_QUERY`.

    Not asked as a `UsersCall`: an auth of a former version would answer that nobody has one.
    """

    users: list[Id]


class AvatarsReply(Struct, frozen=True):
    """The pictures themselves, in no order."""

    avatars: list[Id]


class AvatarReply(Struct, frozen=True):
    """Whoever it is, as they are now, and the picture they had before.

    `user` is null if nothing was changed: their session has ended, or they had not that picture.
    """

    user: User | None
    former: Id | None = None
