"""Which bytes a Range header asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.byte_range import Part, asked, content_range

SIZE = 100
WHOLE = Part(0, SIZE)


def some(start: int, length: int) -> Part:
    """A range that is honoured."""
    return Part(start, length, asked=True)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, WHOLE),
        ("bytes=0-9", some(0, 10)),
        (" bytes=90- ", some(90, 10)),
        ("bytes=90-1000", some(90, 10)),
        ("bytes=-10", some(90, 10)),
        ("bytes=-1000", some(0, SIZE)),
        ("bytes=0-", some(0, SIZE)),
        ("bytes=99-99", some(99, 1)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("bytes=9-0", WHOLE),
        ("bytes=0-9,20-29", WHOLE),
        ("bytes=" + ",".join(["0-99"] * 1000), WHOLE),
        ("bytes=" + "9" * 30 + "-", WHOLE),
        ("lines=0-9", WHOLE),
        ("bytes=٠-٩", WHOLE),
        ("bytes=-", WHOLE),
    ],
)
def test_a_range_is_one_part_or_the_whole(header: str | None, part: Part | None) -> None:
    """Several parts, however they overlap, and what is malformed get the whole file, once."""
    assert asked(header, SIZE) == part


@given(st.text(alphabet="bytes=-,0123456789 ", max_size=40), st.integers(0, 1000))
def test_a_part_lies_within_the_file(header: str, size: int) -> None:
    """Whatever is asked for, no byte is given that there is not."""
    part = asked(header, size)
    if part is not None:
        assert 0 <= part.start <= part.start + part.length <= size


def test_a_part_says_where_it_is() -> None:
    """Content-Range names the first and the last byte, and how many there are."""
    assert content_range(Part(90, 10), SIZE) == "bytes 90-99/100"
