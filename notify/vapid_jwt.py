"""Says to push services who we are (VAPID, RFC 8292); it sends nothing."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Final

import jwt

from notify import seal_cryptography

TOKEN_SECONDS: Final = 12 * 3_600
"""A push service takes none that lasts longer than a day."""


class Vapid:
    """The key of this installation, and whom a push service may write to."""

    def __init__(self, private: bytes, subject: str) -> None:
        """`subject` is a URL, `https:` or `mailto:`."""
        self._pem = seal_cryptography.pem(private)
        self._subject = subject
        self.public_key = encoded(seal_cryptography.public_key(private))
        """As a browser wants it for subscribing."""

    def authorization(self, origin: str, now_ms: int) -> str:
        """The header for a push service at `origin`."""
        claims = {"aud": origin, "exp": now_ms // 1000 + TOKEN_SECONDS, "sub": self._subject}
        token = jwt.encode(claims, self._pem, algorithm="ES256")
        return f"vapid t={token}, k={self.public_key}"


def encoded(raw: bytes) -> str:
    """Base64 for URLs, without the signs at its end."""
    return urlsafe_b64encode(raw).decode().rstrip("=")
