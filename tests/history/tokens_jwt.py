"""Access tokens as auth would sign them, and the key set that goes with them."""

import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ISSUER = "http://parley.test"
_KEY = Ed25519PrivateKey.generate()
_PUBLIC = jwt.algorithms.OKPAlgorithm.to_jwk(_KEY.public_key(), as_dict=True)
JWKS = json.dumps({"keys": [{**_PUBLIC, "kid": "k1", "alg": "EdDSA", "use": "sig"}]}).encode()


def token(user: str, **more: str) -> str:
    """A token of `user`, whose names are made of the id, good for ten minutes; with more claims."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": "parley",
        "sub": user,
        "sid": f"session-of-{user}",
        "iat": now,
        "exp": now + 600,
        "preferred_username": user.lower(),
        "name": user.capitalize(),
        **more,
    }
    return jwt.encode(claims, _KEY, algorithm="EdDSA", headers={"kid": "k1"})
