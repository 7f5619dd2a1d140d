"""Checks access tokens by the keys that auth publishes; it signs none and stores nothing."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import msgspec

from proto import identity, ids, limits
from services import clock, logs_structlog
from services.guard import Claims, KeysUnavailable, Unauthorized
from services.issuers import TrustedIssuer, claims_of

__all__ = ["Claims", "Guard", "KeysUnavailable", "Unauthorized"]

ALGORITHM: Final = "EdDSA"
LEEWAY_SECONDS: Final = 5
REFRESH_SECONDS: Final = 300.0
REFETCH_SECONDS: Final = 5.0
FIRST_SECONDS: Final = 0.5
"""Unknown key ids cause at most one fetch in that time: anyone can make one up."""
FETCH_SECONDS: Final = 5.0
CACHED_TOKENS: Final = 10_000
_KEYS_BYTES: Final = 65_536
_MOST_KEYS: Final = 32
_REQUIRED: Final = ("iss", "aud", "exp", "sub", "sid")
_REQUIRED_OF_OTHERS: Final = ("iss", "aud", "exp")
OTHERS_ALGORITHMS: Final = ("RS256", "ES256", ALGORITHM)
"""What trusted issuers may sign by. None of them lets who checks a token make one."""
_KINDS: Final[Mapping[tuple[Any, Any], str]] = {
    ("OKP", "Ed25519"): ALGORITHM,
    ("EC", "P-256"): "ES256",
    ("RSA", None): "RS256",
}
_log = logs_structlog.get_logger()


class Guard:
    """Checks tokens against a JWKS (RFC 7517) at `jwks_url`, or against a fixed one in `jwks`.

    Accepted is a JWT (RFC 7519) signed with Ed25519 (RFC 8037) by a key whose id the set knows,
    with `iss`, `aud`, `exp`, `sub` and `sid`; clocks may differ by 5 s. Headers that bring a key
    along are not looked at. While the set cannot be fetched, the keys known go on being good; the
    set is fetched again every 5 minutes and when an unknown key id appears, at most every 5 s. So
    who rotates keys publishes a new one before signing with it.
    """

    name = "guard"

    def __init__(
        self,
        jwks_url: str | None = None,
        *,
        issuer: str,
        audience: str = "parley",
        jwks: bytes | None = None,
        refetch_seconds: float = REFETCH_SECONDS,
        algorithms: Sequence[str] = (ALGORITHM,),
        claims: Callable[[dict[str, Any]], Claims] | None = None,
    ) -> None:
        """`algorithms` and `claims` are those of a trusted issuer, see `foreign_guard`."""
        if (jwks_url is None) == (jwks is None):
            raise ValueError("a guard takes either a JWKS URL or a fixed JWKS")
        self._url = jwks_url
        self._issuer = issuer
        self._audience = audience
        self._refetch_seconds = refetch_seconds
        self._algorithms = tuple(algorithms)
        self._claims = claims or _own_claims
        self._required = _REQUIRED if claims is None else _REQUIRED_OF_OTHERS
        self._keys: Mapping[str, jwt.PyJWK] = (
            {} if jwks is None else read_keys(jwks, self._algorithms)
        )
        self._checked: OrderedDict[bytes, Claims] = OrderedDict()
        self._fetching: asyncio.Task[bool] | None = None
        self._fetched_at = float("-inf")
        self._fresh = False
        self._refresher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Fetch the keys and keep them fresh. A host that is away does not fail the start."""
        if self._url is not None:
            await self._fetch_once()
            self._refresher = asyncio.create_task(self._refresh())

    async def stop(self) -> None:
        """End the refreshing; known keys stay usable. Idempotent."""
        tasks = [task for task in (self._refresher, self._fetching) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def health(self) -> None:
        """Answer if tokens can be checked.

        Raises:
            KeysUnavailable: no key has been fetched yet.
        """
        if not self._keys:
            raise KeysUnavailable("the keys that sign tokens could not be fetched yet")

    def check_cached(self, token: str) -> Claims | None:
        """Answer at once if this very token was found good before and has not run out."""
        digest = _digest(token)
        claims = self._checked.get(digest)
        if claims is None:
            return None
        if claims.exp + LEEWAY_SECONDS <= clock.now_ms() // 1000:
            del self._checked[digest]
            return None
        self._checked.move_to_end(digest)
        return claims

    async def check(self, token: str) -> Claims:
        """Answer what a good token says; a cached one costs microseconds, a new one about 100.

        Raises:
            Unauthorized: it is malformed, forged, expired or not meant for Parley.
            KeysUnavailable: its key is not known and the keys cannot be fetched now.
        """
        claims = self.check_cached(token)
        if claims is None:
            claims = self._verified(token, await self._key(_key_id(token, self._algorithms)))
            self._checked[_digest(token)] = claims
            if len(self._checked) > CACHED_TOKENS:
                self._checked.popitem(last=False)
        return claims

    def _verified(self, token: str, key: jwt.PyJWK) -> Claims:
        try:
            payload: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(self._algorithms),
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": list(self._required)},
            )
        except (jwt.InvalidTokenError, OverflowError) as error:
            raise Unauthorized(f"the token is not valid: {error}") from None
        return self._claims(payload)

    async def _key(self, key_id: str) -> jwt.PyJWK:
        key = self._keys.get(key_id)
        if key is not None:
            return key
        fresh = await self._fetch_once()
        key = self._keys.get(key_id)
        if key is not None:
            return key
        if fresh:
            raise Unauthorized("the token is not valid: its key is unknown")
        raise KeysUnavailable("the keys that sign tokens cannot be fetched now")

    @property
    def _apart_seconds(self) -> float:
        """How far apart fetches are: closer while there is no key, since nothing works without."""
        return self._refetch_seconds if self._keys else min(FIRST_SECONDS, self._refetch_seconds)

    async def _fetch_once(self) -> bool:
        """Fetch the keys, or share a running fetch, or do without one that comes too soon.

        Say whether the keys known now are those published within the last few seconds.
        """
        if self._url is None:
            return True
        if self._fetching is None:
            if clock.monotonic() - self._fetched_at < self._apart_seconds:
                return self._fresh
            self._fetching = asyncio.create_task(self._fetch(self._url))
        return await asyncio.shield(self._fetching)

    async def _fetch(self, url: str) -> bool:
        self._fresh = False
        try:
            raw = await asyncio.wait_for(asyncio.to_thread(_get, url), 2 * FETCH_SECONDS)
            keys = read_keys(raw, self._algorithms)
        except (OSError, ValueError, TimeoutError, http.client.HTTPException) as error:
            _log.warning("keys not fetched", url=url, error=f"{type(error).__name__}: {error}")
        else:
            if self._keys.keys() - keys.keys():
                # A key was withdrawn: what it signed is good no more.
                self._checked.clear()
            self._keys = keys
            self._fresh = True
        finally:
            self._fetched_at = clock.monotonic()
            self._fetching = None
        return self._fresh

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS if self._keys else self._apart_seconds)
            await self._fetch_once()


def read_keys(raw: bytes, algorithms: Sequence[str] = (ALGORITHM,)) -> Mapping[str, jwt.PyJWK]:
    """The keys of a JWKS document for `algorithms` by their id; other kinds are passed over.

    Raises:
        ValueError: it is no JWKS, or has no such key, or more than 32 keys.
    """
    try:
        entries = msgspec.json.decode(raw, type=_KeySet).keys
    except msgspec.DecodeError as error:
        raise ValueError(f"this is not a JWKS: {error}") from None
    if len(entries) > _MOST_KEYS:
        raise ValueError(f"a JWKS of more than {_MOST_KEYS} keys is not taken")
    kinds = ((entry, _algorithm(entry)) for entry in entries if "d" not in entry)
    usable = [(entry, kind) for entry, kind in kinds if kind in algorithms]
    try:
        keys = {str(entry["kid"]): jwt.PyJWK(entry, kind) for entry, kind in usable}
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise ValueError(f"a key of the JWKS is not usable: {error}") from None
    if not keys:
        raise ValueError(f"the JWKS has no key for {', '.join(algorithms)}")
    return keys


def foreign_guard(trusted: TrustedIssuer) -> Guard:
    """A guard of a trusted issuer's tokens: signed by RS256, ES256 or EdDSA, by its own keys."""
    return Guard(
        trusted.jwks_url,
        issuer=trusted.issuer,
        audience=trusted.audience,
        jwks=None if trusted.jwks is None else msgspec.json.encode(trusted.jwks),
        algorithms=OTHERS_ALGORITHMS,
        claims=lambda payload: claims_of(trusted, payload),
    )


def issuer_of(token: str) -> str:
    """Who a token says made it; believed by nobody, it only tells which keys to try."""
    try:
        payload = jwt.decode(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, UnicodeError, ValueError):
        return ""
    return str(payload.get("iss", ""))


def _own_claims(payload: dict[str, Any]) -> Claims:
    sub, sid = payload["sub"], payload["sid"]
    if not (isinstance(sub, str) and isinstance(sid, str) and ids.is_id(sub) and ids.is_id(sid)):
        raise Unauthorized("the token is not valid: sub and sid must be ids")
    expires = int(payload["exp"])
    scope = payload.get("scope")
    return Claims(
        sub=sub,
        sid=sid,
        exp=expires,
        username=str(payload.get("preferred_username", "")),
        name=str(payload.get("name", "")),
        issued_ms=1000 * int(payload.get("iat", expires - limits.ACCESS_TOKEN_SECONDS)),
        scopes=None if scope is None else frozenset(str(scope).split()),
    )


def _algorithm(entry: Mapping[str, Any]) -> str | None:
    """What a key of a JWKS signs by; None if by nothing that is taken here."""
    return _KINDS.get((entry.get("kty"), entry.get("crv")))


class _KeySet(msgspec.Struct):
    keys: list[dict[str, Any]]


def _key_id(token: str, algorithms: Sequence[str]) -> str:
    """The key id in the header of a token that may be looked at further.

    Raises:
        Unauthorized: it is too long, no JWT, or of another algorithm.
    """
    if len(token) > limits.TOKEN_CHARACTERS:
        raise Unauthorized("the token is too long")
    if token.startswith(identity.API_TOKEN):
        # The commonest slip of who writes a bot.
        raise Unauthorized(
            "this is an API token: POST /v1/auth/token trades it for an access token"
        )
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, UnicodeError) as error:
        raise Unauthorized(f"the token is not valid: {error}") from None
    if header.get("alg") not in algorithms:
        message = f"the token is not valid: it must be signed with {' or '.join(algorithms)}"
        raise Unauthorized(message)
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not (ids.is_id(key_id) or algorithms != (ALGORITHM,)):
        raise Unauthorized("the token is not valid: its header names no key")
    return key_id


def _digest(token: str) -> bytes:
    # A digest keeps the cache small and free of anything that could be used if it were dumped.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _get(url: str) -> bytes:
    """Fetch a small document: no redirects, no proxies, bounded in size and time. Blocks.

    Raises:
        OSError, http.client.HTTPException: the host is away or does not speak HTTP.
        ValueError: the answer is not a 200 or is too large.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=FETCH_SECONDS)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"Accept": "application/json"})
        # The response holds the socket too when the server closes after its answer.
        with connection.getresponse() as response:
            raw = response.read(_KEYS_BYTES + 1)
    finally:
        connection.close()
    if response.status != 200:
        raise ValueError(f"the answer was {response.status}")
    if len(raw) > _KEYS_BYTES:
        raise ValueError(f"the answer is larger than {_KEYS_BYTES} bytes")
    return raw
