"""Which outside issuers' tokens are taken, and whom they speak for; it checks and fetches none."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from services.guard import Claims, Unauthorized

MOST: Final = 16
"""Issuers that are trusted at the same time."""
TEXT_CHARACTERS: Final = 256
_DIGEST: Final = 20


class ClaimNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Under which names an issuer's tokens say what we need; if not told, OpenID Connect's."""

    user: str = "sub"
    """Who it is, for ever: it never means another person later."""
    username: str = "preferred_username"
    name: str = "name"
    session: str = "sid"


class TrustedIssuer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An application of the operator's own that signs its people in.

    Its keys are at `jwks_url`, or stand here as `jwks`; one of the two.
    """

    issuer: str
    audience: str
    jwks_url: str | None = None
    jwks: dict[str, Any] | None = None
    claims: ClaimNames = ClaimNames()


def parse(raw: str) -> tuple[TrustedIssuer, ...]:
    """Read the setting: a JSON list, or nothing.

    Raises:
        ValueError: it is not; the text says what is wrong and quotes no key.
    """
    if not raw:
        return ()
    try:
        found = msgspec.json.decode(raw.encode(), type=tuple[TrustedIssuer, ...])
    except msgspec.MsgspecError as error:
        raise ValueError(f"a JSON list of issuers ({error})") from None
    if len(found) > MOST or len({one.issuer for one in found}) != len(found):
        raise ValueError(f"at most {MOST} issuers, each once")
    for one in found:
        if (one.jwks_url is None) == (one.jwks is None):
            raise ValueError("an issuer with either jwks_url or jwks")
        if one.jwks_url is not None and urlsplit(one.jwks_url).scheme not in ("http", "https"):
            raise ValueError("a jwks_url that begins with https:// or http://")
        if not one.issuer or not one.audience:
            raise ValueError("an issuer and an audience that are not empty")
    return found


def claims_of(trusted: TrustedIssuer, payload: dict[str, Any]) -> Claims:
    """Whom a token speaks for, whose signature, issuer, audience and times are good.

    The user's id is made of issuer and subject, so that every service knows it without asking.

    Raises:
        Unauthorized: it does not say who it is.
    """
    names = trusted.claims
    subject = payload.get(names.user)
    if not isinstance(subject, str | int) or not 1 <= len(str(subject)) <= TEXT_CHARACTERS:
        raise Unauthorized(f"the token is not valid: {names.user} does not say who it is")
    expires = int(payload["exp"])
    issued = payload.get("iat")
    session = str(payload.get(names.session, ""))
    return Claims(
        sub="x_" + _digest(trusted.issuer, str(subject)),
        sid="x_" + _digest(trusted.issuer, str(subject), session),
        exp=expires,
        username=_text(payload.get(names.username)),
        name=_text(payload.get(names.name)),
        issued_ms=1000 * int(issued) if isinstance(issued, int | float) else 0,
        issuer=trusted.issuer,
    )


def _text(value: object) -> str:
    return value[:TEXT_CHARACTERS] if isinstance(value, str) else ""


def _digest(*parts: str) -> str:
    """160 bits of SHA-256, each part with its length: no two lists of parts are told as one."""
    whole = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
    return base64.b32encode(hashlib.sha256(whole).digest()[:_DIGEST]).decode().lower()
