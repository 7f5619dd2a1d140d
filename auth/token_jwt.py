"""Makes Ed25519 keys, signs access tokens, writes the JWKS; `tokens_jwt` is who checks them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Sequence
from typing import Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auth.keyring import Key
from proto import limits
from proto.shapes import User

ALGORITHM: Final = "EdDSA"
AUDIENCE: Final = "parley"


def new_key(now_ms: int) -> Key:
    """A fresh key pair. Its id is random: it says nothing and meets no other."""
    seed = Ed25519PrivateKey.generate().private_bytes_raw()
    return key(f"k_{secrets.token_urlsafe(12)}", seed, now_ms)


def key(kid: str, seed: bytes, created_ms: int) -> Key:
    """The key pair of a stored seed."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return Key(kid, seed, public, created_ms)


def sign(
    key: Key,
    issuer: str,
    user: User,
    sid: str,
    now_ms: int,
    scopes: Sequence[str] | None = None,
) -> str:
    """An access token (RFC 7519, RFC 8037) for a session, good for 15 minutes.

    The claims are OpenID Connect's where it has a name for them. `scopes` are a bot's (`scope` of
    RFC 8693 §4.2); a person's token has none and is good for everything.
    """
    issued = now_ms // 1000
    claims: dict[str, str | int] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": user.id,
        "sid": sid,
        "iat": issued,
        "exp": issued + limits.ACCESS_TOKEN_SECONDS,
        "preferred_username": user.username,
        "name": user.display_name,
    }
    if scopes is not None:
        claims["scope"] = " ".join(scopes)
    private = Ed25519PrivateKey.from_private_bytes(key.private)
    return jwt.encode(claims, private, algorithm=ALGORITHM, headers={"kid": key.kid})


def jwks(keys: Iterable[Key]) -> bytes:
    """The public halves as a JWK Set (RFC 7517, RFC 8037 §2)."""
    entries = [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": ALGORITHM,
            "use": "sig",
            "kid": key.kid,
            "x": base64.urlsafe_b64encode(key.public).rstrip(b"=").decode(),
        }
        for key in keys
    ]
    return msgspec.json.encode({"keys": entries})
