"""Which outside issuers are trusted, and whom their tokens speak for."""

import json

import pytest

from proto import ids
from services import issuers
from services.guard import Unauthorized
from services.issuers import ClaimNames, TrustedIssuer

APP = {"issuer": "https://app.example", "audience": "chat", "jwks_url": "https://app.example/k"}
TRUSTED = TrustedIssuer("https://app.example", "chat", jwks={})


def test_nothing_is_nobody() -> None:
    """Without the setting no outside token is taken."""
    assert issuers.parse("") == ()


def test_a_list_of_issuers_is_read() -> None:
    """By the address of their keys, or the keys themselves; names of claims as told."""
    other = {"issuer": "b", "audience": "c", "jwks": {"keys": []}, "claims": {"user": "uid"}}
    first, second = issuers.parse(json.dumps([APP, other]))
    assert (first.jwks_url, first.claims) == ("https://app.example/k", ClaimNames())
    assert (second.jwks, second.claims.user, second.claims.name) == ({"keys": []}, "uid", "name")


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        "{}",
        '["https://app.example"]',
        json.dumps([{**APP, "jwks": {}}]),
        json.dumps([{"issuer": "a", "audience": "b"}]),
        json.dumps([{**APP, "jwks_url": "ftp://app.example/k"}]),
        json.dumps([{**APP, "issuer": ""}]),
        json.dumps([{**APP, "audience": ""}]),
        json.dumps([{**APP, "audiense": "x"}]),
        json.dumps([APP, APP]),
        json.dumps([{**APP, "issuer": str(n)} for n in range(17)]),
    ],
)
def test_anything_else_is_said_to_be_wrong(raw: str) -> None:
    """A misspelt word too: an audience that is not checked would be a hole."""
    with pytest.raises(ValueError, match=r"issuer|jwks"):
        issuers.parse(raw)


def test_a_person_has_one_id_wherever_their_token_is_read() -> None:
    """Made of issuer and subject: another issuer's same subject is somebody else."""
    payload = {"sub": "42", "exp": 2_000, "iat": 1_000, "preferred_username": "ann", "name": "Ann"}
    claims = issuers.claims_of(TRUSTED, payload)
    assert ids.is_id(claims.sub)
    assert ids.is_id(claims.sid)
    assert (claims.exp, claims.issued_ms) == (2_000, 1_000_000)
    assert (claims.username, claims.name, claims.issuer) == ("ann", "Ann", TRUSTED.issuer)
    assert claims == issuers.claims_of(TRUSTED, payload)
    assert issuers.claims_of(TRUSTED, {**payload, "sub": 42}).sub == claims.sub
    other = TrustedIssuer("https://app.example4", "chat", jwks={})
    assert issuers.claims_of(other, {**payload, "sub": "2"}).sub != claims.sub
    assert issuers.claims_of(TRUSTED, {**payload, "sid": "s"}).sid != claims.sid


@pytest.mark.parametrize("subject", [None, "", "x" * 257, ["a"], {}])
def test_a_token_of_nobody_is_not_good(subject: object) -> None:
    """It has to say who it is, in so many characters."""
    with pytest.raises(Unauthorized):
        issuers.claims_of(TRUSTED, {"sub": subject, "exp": 1})


def test_names_that_are_no_texts_are_none() -> None:
    """Auth finds others; a long one is cut."""
    claims = issuers.claims_of(TRUSTED, {"sub": "a", "exp": 1, "name": 7, "iat": "x"})
    assert (claims.name, claims.username, claims.issued_ms) == ("", "", 0)
    assert len(issuers.claims_of(TRUSTED, {"sub": "a", "exp": 1, "name": "x" * 999}).name) == 256
