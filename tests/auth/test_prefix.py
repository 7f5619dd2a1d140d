"""A prefix as a range of texts, by code point."""

from hypothesis import given
from hypothesis import strategies as st

from auth.prefix import Range, texts_from


def test_the_range_ends_at_the_next_text_of_the_same_length() -> None:
    """`al` covers everything up to `am`, and wildcards of LIKE are letters like others."""
    assert texts_from("al") == Range("al", "am")
    assert texts_from("100%") == Range("100%", "100&")
    assert texts_from("_") == Range("_", "`")


def test_what_begins_with_a_noncharacter_is_found_by_nobody() -> None:
    """U+10FFFF has no successor, and no name holds it: an empty range."""
    last = chr(0x10FFFF)
    assert texts_from(last) == Range(last, last)
    assert texts_from("a" + last) == Range("a" + last, "b")


def test_surrogates_are_jumped_over() -> None:
    """The end is always text that UTF-8 can hold."""
    assert texts_from("\ud7ff") == Range("\ud7ff", "\ue000")


NAMES = st.characters(exclude_characters=chr(0x10FFFF), codec="utf-8")


@given(st.text(NAMES, min_size=1, max_size=4), st.text(NAMES, max_size=6))
def test_a_text_is_in_the_range_exactly_if_it_begins_with_the_prefix(
    prefix: str, text: str
) -> None:
    """In order of UTF-8 bytes, which is how Postgres compares in "C"."""
    found = texts_from(prefix)
    for candidate in (text, prefix + text):
        raw = candidate.encode()
        inside = found.first.encode() <= raw and raw < found.end.encode()
        assert inside == candidate.startswith(prefix)
