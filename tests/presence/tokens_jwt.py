"""Access tokens as auth would sign them, and the key set that goes with them."""

import time

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ISSUER = "http://parley.test"
KEY_ID = "k1"


class Issuer:
    """One signing key."""

    def __init__(self) -> None:
        """Make the key."""
        self._key = Ed25519PrivateKey.generate()
        public = jwt.algorithms.OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        self.jwks = {"keys": [{**public, "kid": KEY_ID, "alg": "EdDSA", "use": "sig"}]}

    def token(self, user: str) -> str:
        """Sign a token of `user` that is good for a minute."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": "parley",
            "sub": user,
            "sid": f"session-of-{user}",
            "iat": now,
            "exp": now + 60,
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": KEY_ID})
