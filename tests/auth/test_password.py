"""Passwords: a length, no rules of composition, and one way to write an accent."""

import pytest

from auth import password
from proto.codes import ErrorCode
from proto.wire import Fault


@pytest.mark.parametrize(
    ("raw", "taken"),
    [
        ("12345678", b"12345678"),
        ("nul\x00inside", b"nul\x00inside"),
        (" spaces count ", b" spaces count "),
        ("ä" * 8, "ä".encode() * 8),
        ("a\u0308" * 8, "\u00e4".encode() * 8),
        ("🐎" * 256, "🐎".encode() * 256),
    ],
)
def test_any_characters_are_taken_and_accents_composed(raw: str, taken: bytes) -> None:
    """8 to 256 characters of any kind; the same letter typed in two ways is one password."""
    assert password.parse(raw) == taken


@pytest.mark.parametrize(
    "raw", ["", "1234567", "x" * 257, "x" * 1_000_000, "a\u0308" * 7, "\ud800" * 8]
)
def test_a_wrong_length_or_no_unicode_is_invalid(raw: str) -> None:
    """Counted in characters after composing; half a surrogate pair is no character."""
    fault = password.parse(raw)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.field) == (ErrorCode.INVALID, "password")


@pytest.mark.parametrize("raw", ["letmein1", "LetMeIn1", "alice-b-good", "Alice-B-Good"])
def test_a_common_password_or_the_username_is_not_chosen(raw: str) -> None:
    """In any case; it is still read, for those who had it before."""
    fault = password.choose(raw, "alice-b-good", {"letmein1"})
    assert isinstance(fault, Fault)
    assert (fault.code, fault.field) == (ErrorCode.INVALID, "password")
    assert password.parse(raw) == raw.encode()


def test_any_other_password_may_be_chosen() -> None:
    """What it holds does not matter; a wrong length does."""
    assert password.choose("letmein1 twice", "alice", {"letmein1"}) == b"letmein1 twice"
    assert isinstance(password.choose("short", "alice", set()), Fault)
