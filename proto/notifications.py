"""The shapes of being told of messages while one looks elsewhere; the frame itself is elsewhere."""

from __future__ import annotations

from msgspec import Struct

from proto.shapes import Milliseconds


class PushDevice(Struct, frozen=True):
    """A browser that somebody is told in while Parley is closed.

    `used_ms`: when it last said that it is there. `current`: the session that asks subscribed it.
    """

    id: str
    label: str
    created_ms: Milliseconds
    used_ms: Milliseconds
    current: bool


class PushSettings(Struct, frozen=True):
    """`public_key` is what a browser subscribes with (`applicationServerKey`), in base64url."""

    public_key: str
    devices: list[PushDevice]


class PushKeys(Struct):
    """What to encrypt for a browser with (RFC 8291), in base64url."""

    p256dh: str
    """Its public key: a point of P-256, uncompressed."""
    auth: str
    """Its secret of 16 bytes."""


class NewPushDevice(Struct):
    """`PUT /v1/notify/push`: what `PushSubscription.toJSON()` of a browser gives, and a name."""

    endpoint: str
    keys: PushKeys
    label: str = ""
