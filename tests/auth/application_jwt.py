"""An application of the operator's own, which signs its people in by tokens of its own making."""

import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

URL = "https://app.example"
KEYS: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65_537, 2_048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": Ed25519PrivateKey.generate(),
}
_MAKERS: dict[str, Any] = {
    "RS256": jwt.algorithms.RSAAlgorithm,
    "ES256": jwt.algorithms.ECAlgorithm,
    "EdDSA": jwt.algorithms.OKPAlgorithm,
}


def jwks() -> dict[str, Any]:
    """Its public keys."""
    return {
        "keys": [
            {**json.loads(_MAKERS[name].to_jwk(key.public_key())), "kid": f"app.{name}"}
            for name, key in KEYS.items()
        ]
    }


def setting(**more: object) -> str:
    """What the operator says of it."""
    return json.dumps([{"issuer": URL, "audience": "chat", "jwks": jwks(), **more}])


def token(subject: str, algorithm: str = "RS256", **more: object) -> str:
    """A token of one of its people."""
    now = int(time.time())
    claims = {"iss": URL, "aud": "chat", "sub": subject, "iat": now, "exp": now + 3_600, **more}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, KEYS[algorithm], algorithm, {"kid": f"app.{algorithm}"})


def forged(subject: str) -> str:
    """HS256 with the public key as its secret."""
    secret = jwks()["keys"][0]["n"]
    claims = {"iss": URL, "aud": "chat", "sub": subject, "exp": int(time.time()) + 60}
    return jwt.encode(claims, secret, "HS256", {"kid": "app.RS256"})
