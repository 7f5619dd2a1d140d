"""Access tokens that are not good, made by one who holds auth's private key: each has one fault.

Signed by the true key, so that nothing but the fault can be the reason for a refusal; `GOOD` is
made in the same way, and is taken.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class Signer(NamedTuple):
    """The key of the stack under test, and the claims of a good token of somebody."""

    kid: str
    seed: bytes
    claims: Mapping[str, Any]

    def token(self, **changed: object) -> str:
        """A token with some claims changed; None leaves one out."""
        return self._signed(Ed25519PrivateKey.from_private_bytes(self.seed), **changed)

    def forged(self, **changed: object) -> str:
        """The same, signed by a key of the forger's own under the true key's id."""
        return self._signed(Ed25519PrivateKey.generate(), **changed)

    def hashed(self) -> str:
        """HS256 with the public key as its secret: the classic confusion of algorithms."""
        return jwt.encode(dict(self.claims), self._public, "HS256", {"kid": self.kid})

    def unsigned(self) -> str:
        """`alg: none`."""
        return jwt.encode(dict(self.claims), "", "none", {"kid": self.kid})

    def under(self, kid: str | None) -> str:
        """Signed by the true key, which is named otherwise."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return jwt.encode(dict(self.claims), private, "EdDSA", {"kid": kid} if kid else {})

    def bearing(self, **head: object) -> str:
        """Signed by a key of the forger's own, whose whereabouts the head tells."""
        own = Ed25519PrivateKey.generate()
        return jwt.encode(dict(self.claims), own, "EdDSA", {"kid": self.kid, **head})

    def embedding(self) -> str:
        """The same, with that very key in the head (CVE-2018-0114)."""
        own = Ed25519PrivateKey.generate()
        key = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(own.public_key()))
        return jwt.encode(dict(self.claims), own, "EdDSA", {"kid": self.kid, "jwk": key})

    def altered(self) -> str:
        """A good token whose payload was changed after it was signed."""
        head, payload, signature = self.token().split(".")
        raw = base64.urlsafe_b64decode(payload + "==").replace(b'"name"', b'"Name"')
        return f"{head}.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.{signature}"

    @property
    def _public(self) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()

    def _signed(self, private: Ed25519PrivateKey, **changed: object) -> str:
        claims = {**self.claims, **changed}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, private, "EdDSA", {"kid": self.kid})


def _ago(signer: Signer) -> int:
    return int(signer.claims["iat"]) - 3_600


BAD: Mapping[str, Callable[[Signer], str]] = {
    "no JWT": lambda _: "a.b.c",
    "one long word": lambda _: "x" * 8_192,
    "forged": Signer.forged,
    "changed after it was signed": Signer.altered,
    "cut off": lambda signer: signer.token()[:-10],
    "without its signature": lambda signer: signer.token().rpartition(".")[0] + ".",
    "`alg: none`": Signer.unsigned,
    "HS256 with the public key": Signer.hashed,
    "of an unknown key": lambda signer: signer.under("k_unknown"),
    "of no key": lambda signer: signer.under(None),
    "of a key that is no id": lambda signer: signer.under("../" + signer.kid),
    "of a key that is SQL": lambda signer: signer.under("' OR '1'='1"),
    "with a key of its own in its head": Signer.embedding,
    "with the address of a key in its head": lambda signer: signer.bearing(
        jku="https://evil.example/jwks.json", x5u="https://evil.example/key.pem"
    ),
    "a refresh token": lambda _: "r_" + "A" * 86,
    "an API token": lambda _: "parley_bot_" + "A" * 43,
    "expired": lambda signer: signer.token(exp=_ago(signer)),
    "without an end": lambda signer: signer.token(exp=None),
    "not valid yet": lambda signer: signer.token(nbf=int(signer.claims["iat"]) + 3_600),
    "of another issuer": lambda signer: signer.token(iss="https://chat.example"),
    "for another audience": lambda signer: signer.token(aud="mail"),
    "of nobody": lambda signer: signer.token(sub=None),
    "of somebody who is no id": lambda signer: signer.token(sub="*"),
    "of no session": lambda signer: signer.token(sid=None),
}
GOOD: Callable[[Signer], str] = Signer.token
