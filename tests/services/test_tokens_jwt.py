"""The guard: which tokens it takes, and what it does while the keys cannot be fetched."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services import clock
from services.guard import Claims, KeysUnavailable, Unauthorized
from services.tokens_jwt import Guard, read_keys

ISSUER = "https://chat.example"
KEY = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()


def public(key: Ed25519PrivateKey, key_id: str) -> dict[str, str]:
    """The JWK of a key (RFC 8037 §2)."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "kid": key_id, "use": "sig", "alg": "EdDSA", "x": x}


def jwks(*keys: dict[str, str]) -> bytes:
    """A JWKS document."""
    return json.dumps({"keys": keys}).encode()


def payload(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any claim
    """The claims of a good token, changed; a claim of None is left out."""
    now = clock.now_ms() // 1000
    good = {
        "iss": ISSUER,
        "aud": "parley",
        "sub": "u1",
        "sid": "s1",
        "iat": now,
        "exp": now + 900,
        "preferred_username": "ada",
        "name": "Ada",
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


def token(key: Any = KEY, key_id: str | None = "k1", header: Any = None, **changed: Any) -> str:  # noqa: ANN401 - any claim
    """A signed token."""
    headers = {**({} if key_id is None else {"kid": key_id}), **(header or {})}
    return jwt.encode(payload(**changed), key, algorithm="EdDSA", headers=headers)


def fixed() -> Guard:
    """A guard that knows one key."""
    return Guard(issuer=ISSUER, jwks=jwks(public(KEY, "k1")))


async def test_a_good_token_tells_who_asks() -> None:
    """The claims, as they were signed."""
    exp = clock.now_ms() // 1000 + 900
    claims = await fixed().check(token(exp=exp, iat=exp - 900))
    issued_ms = (exp - 900) * 1_000
    told = Claims("u1", "s1", exp, username="ada", name="Ada", issued_ms=issued_ms)
    assert claims == told


async def test_a_bots_token_tells_its_scopes() -> None:
    """It is good for these alone; a person's is good for everything."""
    claims = await fixed().check(token(scope="read send"))
    assert (claims.may("send"), claims.may("moderate")) == (True, False)
    assert (await fixed().check(token())).may("admin")


async def test_an_api_token_is_told_what_it_is_for() -> None:
    """It is no access token; the answer says where one is had for it, and does not quote it."""
    with pytest.raises(Unauthorized, match="POST /v1/auth/token trades it") as refused:
        await fixed().check("parley_bot_" + "A" * 43)
    assert "AAA" not in str(refused.value)


async def test_names_may_be_left_out() -> None:
    """They are for show; who asks is `sub`."""
    claims = await fixed().check(token(preferred_username=None, name=None))
    assert (claims.username, claims.name) == ("", "")


def hmac_with_public_key() -> str:
    """A token signed with the public key as an HMAC secret: the classic confusion attack."""
    secret = KEY.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    return jwt.encode(payload(), secret, algorithm="HS256", headers={"kid": "k1"})


NOW = clock.now_ms() // 1000
BAD = {
    "empty": "",
    "not a token": "abc",
    "two dots": "..",
    "binary": "\ud800.\x00.\xff",
    "too long": "a" * 8_193,
    "too long, though good": token(name="a" * 8_193),
    "no algorithm": jwt.encode(payload(), "", algorithm="none", headers={"kid": "k1"}),
    "hmac": hmac_with_public_key(),
    "ed448 under the same name": token(Ed448PrivateKey.generate()),
    "another key": token(OTHER),
    "an unknown key id": token(key_id="k2"),
    "no key id": token(key_id=None),
    "a key id that is no id": token(key_id="../k1"),
    "a key of its own": token(OTHER, header={"jwk": public(OTHER, "k1")}),
    "a critical header": token(header={"crit": ["exp"], "exp": 1}),
    "run out": token(exp=NOW - 6),
    "no end": token(exp=None),
    "an end that is no number": token(exp="soon"),
    "an end at infinity": token(exp=float("inf")),
    "not yet": token(nbf=NOW + 86_400),
    "issued in the future": token(iat=NOW + 86_400),
    "another issuer": token(iss="https://evil.example"),
    "no issuer": token(iss=None),
    "another audience": token(aud="mail"),
    "no audience": token(aud=None),
    "no subject": token(sub=None),
    "an empty subject": token(sub=""),
    "a subject that is no id": token(sub="a.b"),
    "a subject with a newline": token(sub="a\n"),
    "no session": token(sid=None),
    "a session that is no id": token(sid=">"),
    "a session of another type": token(sid=7),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_a_bad_token_is_refused(bad: str) -> None:
    """Whatever is wrong with it, and never with the token in the message."""
    guard = fixed()
    with pytest.raises(Unauthorized) as caught:
        await guard.check(bad)
    assert len(bad) < 10 or bad not in str(caught.value)
    assert guard.check_cached(bad) is None


async def test_clocks_may_differ_by_seconds() -> None:
    """A token that ran out, or begins, within 5 s of now is taken."""
    now = clock.now_ms() // 1000
    await fixed().check(token(exp=now - 2))
    await fixed().check(token(nbf=now + 3, iat=now + 3))


async def test_a_changed_token_is_refused() -> None:
    """One bit of the payload or of the signature is enough."""
    head, body, signature = token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["sub"] = "u2"
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    guard = fixed()
    for bad in (f"{head}.{forged}.{signature}", f"{head}.{body}.{signature[::-1]}"):
        with pytest.raises(Unauthorized):
            await guard.check(bad)


async def test_a_checked_token_is_known_at_once() -> None:
    """The second look costs no signature; a token never checked is not known."""
    guard = fixed()
    good = token()
    assert guard.check_cached(good) is None
    claims = await guard.check(good)
    assert guard.check_cached(good) is claims
    assert await guard.check(good) is claims


async def test_a_known_token_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache never makes a token live longer."""
    guard = fixed()
    good = token()
    claims = await guard.check(good)
    monkeypatch.setattr(clock, "now_ms", lambda: (claims.exp + 5) * 1000)
    assert guard.check_cached(good) is None


async def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token not seen for longest is forgotten first."""
    monkeypatch.setattr("services.tokens_jwt.CACHED_TOKENS", 2)
    guard = fixed()
    first, second, third = (token(sid=f"s{number}") for number in range(3))
    await guard.check(first)
    await guard.check(second)
    assert guard.check_cached(first) is not None
    await guard.check(third)
    assert guard.check_cached(second) is None
    assert guard.check_cached(first) is not None


PRIVATE = base64.urlsafe_b64encode(KEY.private_bytes_raw()).decode().rstrip("=")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b'{"keys":{}}',
        jwks(),
        jwks({"kty": "oct", "k": "c2VjcmV0", "kid": "k1"}),
        jwks({**public(KEY, "k1"), "x": "short"}),
        jwks({**public(KEY, "k1"), "d": PRIVATE}),
        jwks({name: value for name, value in public(KEY, "k1").items() if name != "kid"}),
        jwks(*(public(KEY, f"k{number}") for number in range(33))),
    ],
)
def test_a_wrong_key_set_is_refused(document: bytes) -> None:
    """No JSON, no keys, no usable key, a private one, or far too many."""
    with pytest.raises(ValueError, match="JWKS"):
        read_keys(document)


def test_keys_of_other_kinds_are_passed_over() -> None:
    """A set may hold what we do not use."""
    mixed = jwks({"kty": "RSA", "kid": "r1", "n": "AQAB", "e": "AQAB"}, public(KEY, "k1"))
    assert list(read_keys(mixed)) == ["k1"]


def test_a_guard_has_one_source_of_keys() -> None:
    """Either where to fetch them, or the keys themselves."""
    with pytest.raises(ValueError, match="either"):
        Guard(issuer=ISSUER)
    with pytest.raises(ValueError, match="either"):
        Guard("http://x/jwks", issuer=ISSUER, jwks=jwks(public(KEY, "k1")))


class Publisher:
    """An HTTP server that publishes keys, and counts who asks."""

    def __init__(self) -> None:
        self.body = jwks(public(KEY, "k1"))
        self.status = 200
        self.asked = 0
        publisher = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked += 1
                self.send_response(publisher.status)
                self.send_header("location", "/elsewhere")
                self.end_headers()
                self.wfile.write(publisher.body)

            def log_message(self, format: str, *_args: object) -> None:  # noqa: A002 - as above
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"

    def close(self) -> None:
        """Be away."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher of one key."""
    started = Publisher()
    yield started
    started.close()


async def test_keys_are_fetched_at_the_start(publisher: Publisher) -> None:
    """Then tokens are checked without asking again."""
    guard = Guard(publisher.url, issuer=ISSUER)
    await guard.start()
    await guard.health()
    for number in range(3):
        await guard.check(token(sid=f"s{number}"))
    assert publisher.asked == 1
    await guard.stop()


async def test_a_new_key_is_fetched_when_it_appears(publisher: Publisher) -> None:
    """Many tokens of a key not known yet cause one fetch, and all are taken after it."""
    guard = Guard(publisher.url, issuer=ISSUER, refetch_seconds=0)
    await guard.start()
    publisher.body = jwks(public(KEY, "k1"), public(OTHER, "k2"))
    checks = [guard.check(token(OTHER, "k2", sid=f"s{number}")) for number in range(10)]
    assert {claims.sub for claims in await asyncio.gather(*checks)} == {"u1"}
    assert publisher.asked == 2
    await guard.stop()


async def test_made_up_key_ids_do_not_flood_the_publisher(publisher: Publisher) -> None:
    """Within a few seconds of the last fetch there is no other one."""
    guard = Guard(publisher.url, issuer=ISSUER)
    await guard.start()
    for number in range(20):
        with pytest.raises(Unauthorized, match="key is unknown"):
            await guard.check(token(key_id=f"made-up-{number}"))
    assert publisher.asked == 1
    await guard.stop()


async def test_known_keys_stay_good_while_the_publisher_is_away(publisher: Publisher) -> None:
    """Auth may be down: who has a token of a known key gets in; an unknown one is not judged."""
    guard = Guard(publisher.url, issuer=ISSUER, refetch_seconds=0)
    await guard.start()
    for status, body in ((500, b""), (302, b""), (200, b"oops"), (200, b" " * 70_000)):
        publisher.status, publisher.body = status, body
        with pytest.raises(KeysUnavailable):
            await guard.check(token(OTHER, "k2"))
        await guard.check(token(name=f"{status}"))
        await guard.health()
    await guard.stop()


async def test_a_start_without_the_publisher_is_no_failure() -> None:
    """The guard is not healthy and judges nothing until the keys are there; then it does."""
    publisher = Publisher()
    publisher.status = 503
    guard = Guard(publisher.url, issuer=ISSUER, refetch_seconds=0.02)
    await guard.start()
    with pytest.raises(KeysUnavailable):
        await guard.health()
    with pytest.raises(KeysUnavailable):
        await guard.check(token())
    publisher.status = 200
    async with asyncio.timeout(20):
        while not guard._keys:  # noqa: ASYNC110 - the guard tells nobody when it has fetched
            await asyncio.sleep(0.01)
    await guard.check(token())
    await guard.stop()
    publisher.close()


async def test_a_host_that_is_not_there_is_no_failure_either() -> None:
    """Nobody listens: the same as a publisher that answers nonsense."""
    publisher = Publisher()
    publisher.close()
    guard = Guard(publisher.url, issuer=ISSUER)
    await guard.start()
    with pytest.raises(KeysUnavailable):
        await guard.check(token())
    await guard.stop()


async def test_a_withdrawn_key_is_good_no_more(publisher: Publisher) -> None:
    """What it signed is refused as soon as the set without it is known, cached or not."""
    guard = Guard(publisher.url, issuer=ISSUER, refetch_seconds=0)
    await guard.start()
    old = token()
    await guard.check(old)
    publisher.body = jwks(public(OTHER, "k2"))
    await guard.check(token(OTHER, "k2"))
    assert guard.check_cached(old) is None
    with pytest.raises(Unauthorized, match="key is unknown"):
        await guard.check(old)
    await guard.stop()


async def test_stop_before_start_is_nothing() -> None:
    """A part that was never started has nothing to stop."""
    await Guard("http://127.0.0.1:1/", issuer=ISSUER).stop()
