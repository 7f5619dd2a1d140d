"""A browser's side of a push message: its keys, and the opening of what comes (RFC 8291, 8188).

Written apart from what seals: it derives everything from what the message and its own keys say.
"""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Receiver:
    """One subscription, as a browser holds it."""

    def __init__(self) -> None:
        """Make its keys."""
        self._private = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.p256dh = self._private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    @property
    def keys(self) -> dict[str, str]:
        """What `PushSubscription.toJSON()` says of them."""
        return {"p256dh": _text(self.p256dh), "auth": _text(self.auth)}

    def open(self, body: bytes) -> bytes:
        """The words of a message. Raises InvalidTag if it is not for this browser."""
        salt, length = body[:16], body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self._private.exchange(ec.ECDH(), point)
        # HKDF of RFC 5869 by hand: one block is as much as any of these needs.
        first = _hmac(self.auth, shared)
        key = _hmac(first, b"WebPush: info\x00" + self.p256dh + sender + b"\x01")
        second = _hmac(salt, key)
        content_key = _hmac(second, b"Content-Encoding: aes128gcm\x00\x01")[:16]
        nonce = _hmac(second, b"Content-Encoding: nonce\x00\x01")[:12]
        padded = AESGCM(content_key).decrypt(nonce, sealed, None)
        plain, mark = padded.rstrip(b"\x00")[:-1], padded.rstrip(b"\x00")[-1:]
        assert mark == b"\x02"
        return plain


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def raw(text: str) -> bytes:
    """Read base64 for URLs."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
