"""Ids, keys and clean names: what is taken and what is not."""

import re
import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto import ids

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


@given(st.text(alphabet=ALPHABET, min_size=1, max_size=64))
def test_ids(text: str) -> None:
    """Every text of 1 to 64 of the alphabet is an id, alone and as a Struct's field."""
    assert ids.is_id(text)
    assert msgspec.convert(text, ids.Id) == text


@given(st.text(max_size=70) | st.text(alphabet=ALPHABET + ".*>\n ", max_size=70))
def test_id_is_exactly_the_alphabet(text: str) -> None:
    """Anything else is none: the plain definition and the pattern agree on every text."""
    plain = 1 <= len(text) <= 64 and set(text) <= set(ALPHABET)
    assert ids.is_id(text) is plain
    if not plain:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text, ids.Id)


@pytest.mark.parametrize("text", ["", "x" * 65, "a\n", "\na", "a.b", "a b", "é", "١", "\0"])
def test_no_ids(text: str) -> None:
    """Nothing that could leave its place in a subject, a key or a query is an id."""
    assert not ids.is_id(text)


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_uuid7_round_trip(ms: int, random_bytes: bytes) -> None:
    """A key gives its time back, is a UUID of version 7 and the RFC's variant, and is an id."""
    key = ids.uuid7(ms, random_bytes)
    assert ids.key_ms(key) == ids.key_ms(key.upper()) == ms
    parsed = uuid.UUID(key)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert str(parsed) == key
    assert ids.is_id(key)


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_uuid7_keeps_74_random_bits(one: bytes, other: bytes) -> None:
    """Two draws make one key only when they agree in 74 bits."""
    same = ids.uuid7(5, one) == ids.uuid7(5, other)
    bits = [int.from_bytes(draw, "big") for draw in (one, other)]
    kept = [(of >> 68, of & (1 << 62) - 1) for of in bits]
    assert same is (kept[0] == kept[1])


@given(st.integers(0, 2**48 - 2))
def test_uuid7_sorts_by_time(ms: int) -> None:
    """A later key sorts after an earlier one, whatever their random parts."""
    assert ids.uuid7(ms, b"\xff" * 10) < ids.uuid7(ms + 1, b"\0" * 10)


@pytest.mark.parametrize(
    ("ms", "random_bytes"), [(-1, b"0123456789"), (1 << 48, b"0123456789"), (0, b"short")]
)
def test_uuid7_refuses(ms: int, random_bytes: bytes) -> None:
    """A time that does not fit, or not ten bytes, is an error and not a wrong key."""
    with pytest.raises(ValueError, match="48 bits"):
        ids.uuid7(ms, random_bytes)


@given(st.text(max_size=40) | st.uuids().map(str) | st.from_regex(ids.KEY_PATTERN))
def test_key_ms_agrees_with_the_uuid_module(key: str) -> None:
    """A key is what `uuid` calls version 7 in canonical form, and nothing else."""
    canonical = re.compile(r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
    plain = canonical.match(key) is not None
    plain = plain and uuid.UUID(key).version == 7 and uuid.UUID(key).variant == uuid.RFC_4122
    assert (ids.key_ms(key) is not None) is plain


@pytest.mark.parametrize(
    "text", ["", "Ada Lovelace", "naïve", "日本", "👩‍👩‍👧", "a\u00a0b", "שלום"]
)
def test_clean(text: str) -> None:
    """Names in any script are clean, emoji joined from several code points too."""
    assert ids.is_clean(text)


@pytest.mark.parametrize(
    "character",
    ["\0", "\n", "\x7f", "\x85", "\u2028", "\u2029", "\ud800", "\u202e", "\u2066", "\u200f"],
)
def test_unclean(character: str) -> None:
    """Control characters, line ends, lone surrogates and bidirectional overrides are not."""
    assert not ids.is_clean(f"a{character}b")


@pytest.mark.parametrize("text", ["a", "\u200bä", "\N{THUMBS UP SIGN}", "."])
def test_visible(text: str) -> None:
    """One character that is drawn is enough."""
    assert ids.is_visible(text)


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\ufeff\u00a0", "\u0301", "\u3164", "\u2800"])
def test_invisible(text: str) -> None:
    """Blanks, joiners, lone accents and the letters that are drawn as nothing."""
    assert not ids.is_visible(text)
