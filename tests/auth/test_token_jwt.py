"""What is signed, and that others can check it by the published set alone."""

import msgspec
import pytest

from auth import token_jwt
from proto import ids, limits
from proto.shapes import User
from services import clock
from services.guard import Unauthorized
from services.tokens_jwt import Guard
from tests.auth.running import ISSUER

ALICE = User("u_1", "alice", "Alice")


async def test_a_token_is_good_to_a_guard_that_has_the_set() -> None:
    """The claims come out as they went in, and the life is that of protocol.md."""
    key = token_jwt.new_key(0)
    now_ms = clock.now_ms()
    token = token_jwt.sign(key, ISSUER, ALICE, "s_1", now_ms)
    claims = await Guard(jwks=token_jwt.jwks([key]), issuer=ISSUER).check(token)
    assert (claims.sub, claims.sid) == ("u_1", "s_1")
    assert (claims.username, claims.name) == ("alice", "Alice")
    assert claims.exp == now_ms // 1000 + limits.ACCESS_TOKEN_SECONDS


async def test_a_token_of_another_key_is_refused() -> None:
    """The same key id does not help: the signature is another's."""
    key, other = token_jwt.new_key(0), token_jwt.new_key(0)
    forged = token_jwt.sign(other._replace(kid=key.kid), ISSUER, ALICE, "s_1", clock.now_ms())
    guard = Guard(jwks=token_jwt.jwks([key]), issuer=ISSUER)
    with pytest.raises(Unauthorized):
        await guard.check(forged)


async def test_an_old_token_has_run_out() -> None:
    """15 minutes and the leeway later it is good for nothing."""
    key = token_jwt.new_key(0)
    past = clock.now_ms() - (limits.ACCESS_TOKEN_SECONDS + 10) * 1000
    token = token_jwt.sign(key, ISSUER, ALICE, "s_1", past)
    with pytest.raises(Unauthorized):
        await Guard(jwks=token_jwt.jwks([key]), issuer=ISSUER).check(token)


def test_the_set_has_public_halves_only() -> None:
    """No `d`, and nothing of the seed."""
    key = token_jwt.new_key(0)
    entry = msgspec.json.decode(token_jwt.jwks([key]))["keys"][0]
    assert set(entry) == {"kty", "crv", "alg", "use", "kid", "x"}
    assert (entry["kty"], entry["crv"], entry["alg"]) == ("OKP", "Ed25519", "EdDSA")


def test_key_ids_are_ids_and_differ() -> None:
    """Random, and fit to stand wherever an id does."""
    kids = {token_jwt.new_key(0).kid for _ in range(50)}
    assert len(kids) == 50
    assert all(map(ids.is_id, kids))


def test_a_stored_seed_gives_the_same_key() -> None:
    """What Postgres keeps is enough."""
    key = token_jwt.new_key(7)
    assert token_jwt.key(key.kid, key.private, 7) == key
