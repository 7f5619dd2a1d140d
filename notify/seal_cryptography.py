"""Encrypts a push message so that the browser alone reads it (RFC 8291), and makes key pairs.

The elliptic curves and ciphers are `cryptography`'s; what is here is the order of RFC 8291 §3.4 and
the one record of RFC 8188. It sends nothing.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

PLAIN_BYTES: Final = 3_993
"""What fits into the 4,096 bytes that a push service has to take (RFC 8030 §7.2, RFC 8291 §4)."""
AUTH_BYTES: Final = 16
_RECORD: Final = (4_096).to_bytes(4, "big")
_CURVE: Final = ec.SECP256R1()
_LAST: Final = b"\x02"


def make_key() -> bytes:
    """A new private key of P-256, as its 32 bytes."""
    number = ec.generate_private_key(_CURVE).private_numbers().private_value
    return number.to_bytes(32, "big")


def public_key(private: bytes) -> bytes:
    """The public key that belongs to it, as 65 bytes (uncompressed point)."""
    return _point(_private(private).public_key())


def pem(private: bytes) -> bytes:
    """The private key as PKCS #8, for who signs with it."""
    return _private(private).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def is_public_key(point: bytes) -> bool:
    """Say whether these bytes are a point of the curve."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    except ValueError:
        return False
    return len(point) == 65


def seal(
    plain: bytes, p256dh: bytes, auth: bytes, *, own: bytes | None = None, salt: bytes | None = None
) -> bytes:
    """The body of a push message: `plain`, at most `PLAIN_BYTES`, for one browser.

    `own` (a private key) and `salt` (16 bytes) are new for each message, but in tests of the RFC's
    example.

    Raises:
        ValueError: `p256dh` is no point of the curve, or `plain` is too long.
    """
    if len(plain) > PLAIN_BYTES:
        raise ValueError("too long for a push message")
    own, salt = own or make_key(), salt or os.urandom(16)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, p256dh)
    point = public_key(own)
    shared = _private(own).exchange(ec.ECDH(), theirs)
    key = _derived(auth, b"WebPush: info\x00" + p256dh + point, 32, shared)
    content_key = _derived(salt, b"Content-Encoding: aes128gcm\x00", 16, key)
    nonce = _derived(salt, b"Content-Encoding: nonce\x00", 12, key)
    sealed = AESGCM(content_key).encrypt(nonce, plain + _LAST, None)
    return salt + _RECORD + bytes((len(point),)) + point + sealed


def _derived(salt: bytes, info: bytes, length: int, secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _private(key: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(key, "big"), _CURVE)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
