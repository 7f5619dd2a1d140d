"""Every number both sides must agree on. Units are in the names; no setting is read here."""

from __future__ import annotations

FRAME_BYTES = 65_536
"""Largest frame from a client; a fragmented message is counted whole. Beyond: close 4513."""
TEXT_BYTES = 16_384
"""Largest `text` of a message in UTF-8. Beyond: `too_large`."""
FRAME_DEPTH = 32
"""Deepest nesting of arrays and objects in a frame. Beyond: `bad_frame`."""
ID_CHARACTERS = 64
"""Longest id of anything."""
REQUEST_ID_CHARACTERS = 64
"""Longest `id` a client gives a request."""

HELLO_TIMEOUT_SECONDS = 10.0
"""A `hello` comes that soon after the upgrade, or the socket is closed with 4511."""
HEARTBEAT_MS = 25_000
"""The server pings that often; a peer silent for two of them is closed with 4004."""
FRAMES_BEFORE_READY = 32
"""Frames kept between `hello` and `ready`; one more closes with 4510."""
BAD_FRAMES_PER_MINUTE = 10
"""Bad frames answered within a minute; the last of them closes with 4510."""
CLIENT_NAME_CHARACTERS = 128
"""Longest `client` of a `hello`, the name a person sees in their list of devices."""
TOKEN_CHARACTERS = 8_192
"""Longest access token taken."""

RESUME_EVENTS = 500
"""Longest gap a resume replays; beyond it the room is answered `complete:false`."""
RESUME_ROOMS = 1_000
"""Rooms taken in one `hello.resume`; more is `invalid`."""
SYNC_EVENTS = 200
"""Largest `limit` of a `sync`."""
WATCH_USERS = 500
"""Most people that one connection watches."""
ATTACHMENTS = 10
"""Most attachments of one message."""
FILE_NAME_CHARACTERS = 128
"""Longest name of a file; a longer one is cut before its ending."""
PREVIEWS = 3
"""Links of one message that are looked up, the first ones."""
PREVIEW_TITLE_CHARACTERS = 200
"""Longest title of a preview; a longer one is cut."""
PREVIEW_DESCRIPTION_CHARACTERS = 400
"""Longest description of a preview; a longer one is cut."""
PREVIEW_SITE_CHARACTERS = 80
"""Longest name of a site in a preview; a longer one is cut."""
PREVIEW_ICON_CHARACTERS = 2_048
"""Longest icon of a preview, as Base64; one that takes more is made smaller."""
PREVIEW_THUMBNAIL_CHARACTERS = 5_120
"""Longest thumbnail of a preview, as Base64; one that takes more is made smaller."""
EDITS = 100
"""How often one message may be edited."""
REACTION_KINDS = 20
"""Most different emoji on one message."""
REACTION_USERS = 100
"""Most people named for one emoji of a message, those who reacted first; `count` has them all."""
PINS = 100
"""Most messages pinned in one room."""
MENTIONS = 100
"""Names of a text that are looked up, the first ones; what comes after them stays text."""
QUOTE_CHARACTERS = 200
"""So much of the text of an answered message is quoted."""
PAGE_EVENTS = 100
"""Most events besides messages that a page brings along, the latest of its stretch."""
SENDS_WAITING = 32
"""Sends of one connection into one room that wait for the one before; more is `rate_limited`."""

KEY_AHEAD_MS = 60_000
"""How far a message key may lie ahead of the server's clock."""
DEDUPE_WINDOW_MS = 300_000
"""JetStream's duplicate window: a retry within it is caught by the log itself."""
DEDUPE_MARGIN_MS = 120_000
"""Taken off the window before the log is trusted with a retry: clocks of client and gateway err."""
RETRY_MS = 10_000
"""A key that is older may be a retry's, of a message that was deleted meanwhile."""
SEND_DEADLINE_SECONDS = 15.0
"""How long a gateway retries a publish before it answers `timeout`."""

LEASE_MS = 17_000
"""A connection is present that long after its gateway last said so: with the time to notice and to
tell it, whoever was on a gateway that died is gone within 20 s, and here for 10 s at least."""
LINGER_MS = 10_000
"""How long somebody is still here whose connection broke, or was ended by its gateway: time to come
back in, unseen."""
LEASE_RENEW_SECONDS = 5.0
"""How often a gateway says which connections live."""

NOTIFY_MEMBERS = 200
"""In rooms with more members one is told of what mentions or answers one, not of everything."""
NOTIFY_SECONDS = 3.0
"""So long after it was said a message may be read on any device, and nobody is told of it."""
PUSH_SUBSCRIPTIONS = 20
"""Browsers that one person is told in while Parley is closed; one more takes the place of the one
that was not heard of for longest."""
AUDIENCE_PEOPLE = 1_000
"""Most people in one answer of history about whom a message concerns."""

TYPING_SECONDS = 6.0
"""Somebody who types is shown so long unless they say it again."""
TYPING_CHANGE_SECONDS = 2.0
"""A person's typing in a room is taken so often at most; what comes sooner is let go by."""
TYPING_MEMBERS = 200
"""Rooms with more members pass no typing."""
PRESENCE_MEMBERS = 200
"""Of rooms with more members a client shows how many are here, and watches those on the screen."""

OUTBOX_BYTES = 1_048_576
"""Unsent bytes of one socket; beyond: close 4001."""
TAIL_BYTES = 65_536
"""Bytes of recent events a gateway keeps for one room."""

USERNAME_CHARACTERS = (3, 32)
"""Of a-z 0-9 _ . - once capitals are folded."""
PASSWORD_CHARACTERS = (8, 256)
"""Of any kind; nothing is asked of their mixture."""
DISPLAY_NAME_CHARACTERS = (1, 64)
"""Without control characters and bidirectional overrides, one of them visible."""
ROOM_NAME_CHARACTERS = (1, 80)
"""Without control characters and bidirectional overrides, one of them visible."""
TOPIC_CHARACTERS = 250
"""Most characters of a topic, without control characters and bidirectional overrides."""
REASON_CHARACTERS = 250
"""Longest reason of a ban or a mute, without control characters and bidirectional overrides."""
EMOJI_CHARACTERS = 64
"""More than any emoji has."""
CUSTOM_EMOJI = 1_000
"""Custom emoji of one installation; more is a `conflict`."""
CUSTOM_EMOJI_BYTES = 262_144
"""The longest picture that is taken for a custom emoji."""
CUSTOM_EMOJI_EDGE = 128
"""The longest edge of a custom emoji's picture as it is given out, in pixels."""
AVATAR_BYTES = 900_000
"""The longest image that is taken for the picture of a person: with its form it is below what
balancers let pass. Larger ones are made smaller before they are sent."""
AVATAR_EDGE = 256
"""The longest edge of a person's picture as it is given out, in pixels; it is square."""
CUSTOM_STATUS_CHARACTERS = 100
"""Most characters of what somebody says beside their status, without control characters and
bidirectional overrides."""
SLOW_MODE_SECONDS = 21_600
"""Longest pause that a room asks of its members between two messages."""
INVITE_SECONDS = (60, 366 * 86_400)
"""How long an invite may last."""
INVITE_USES = 10_000
"""How often an invite may be good at most, where it says how often."""
INVITES = 100
"""Invites of one room that are good at a time; more is a `conflict`."""
WEBHOOK_SECONDS = 86_400
"""So long a webhook is tried; what is not delivered by then is a dead letter, and one that failed
for so long is disabled."""
WEBHOOK_SKEW_SECONDS = 300
"""Receivers of webhooks refuse what was signed longer ago, or so far ahead."""
DEAD_LETTERS = 1_000
"""Dead letters of one webhook; the oldest are let go."""
WEBHOOKS = 20
"""Webhooks of one room; more is a `conflict`."""
BLOCKS = 1_000
"""People that one person blocks at most; more is a `conflict`."""
FOREVER_MS = 8_640_000_000_000_000
"""What has no end ends then: the last moment that a Date of JavaScript can hold."""
DIRECT_USERS = (2, 8)
"""How many people a direct room joins."""
ROOM_MEMBERS_AT_ONCE = 100
"""Most members named when a room is made."""
PAGE_ITEMS = 100
"""Largest `limit` of a page over HTTP."""
SEARCH_HITS = 50
"""Largest `limit` of a search."""
SEARCH_CHARACTERS = 256
"""Longest `q` of a search."""
IDS_PER_QUERY = 100
"""Most ids in a comma-separated query parameter."""
RECEIPTS_MEMBERS = 100
"""Rooms with more members do not pass read marks to others."""

ACCESS_TOKEN_SECONDS = 900
"""Life of an access token."""
SEQ_LEAP = 10**9
"""A log that was lost is made again at the next multiple: no sequence is ever used twice."""
SEQ_MAX = 2**53
"""Sequences stay below what a JSON number in a browser holds exactly (RFC 8259 §6)."""
