"""How large an image may be, and what is made of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import picture
from media.picture import Size
from proto.codes import ErrorCode


@pytest.mark.parametrize(
    ("width", "height", "frames", "code"),
    [
        (1, 1, 1, None),
        (8_000, 6_000, 1, None),
        (0, 1, 1, ErrorCode.INVALID),
        (100_000, 100_000, 1, ErrorCode.TOO_LARGE),
        (16_384, 1, 1, ErrorCode.TOO_LARGE),
        (10_000, 10_000, 1, ErrorCode.TOO_LARGE),
        (500, 500, 400, None),
        (500, 500, 401, ErrorCode.TOO_LARGE),
        (1, 1, 1_001, ErrorCode.TOO_LARGE),
    ],
)
def test_what_would_take_too_much_is_not_decoded(
    width: int, height: int, frames: int, code: ErrorCode | None
) -> None:
    """Edges, pixels, frames, and the pixels of all frames together are bounded."""
    fault = picture.refusal(width, height, frames)
    assert (fault and fault.code) == code


@pytest.mark.parametrize(
    ("width", "height", "frames", "code"),
    [
        (128, 128, 100, None),
        (2_000, 2_000, 1, None),
        (2_001, 2_000, 1, ErrorCode.TOO_LARGE),
        (128, 128, 101, ErrorCode.TOO_LARGE),
        (2_000, 2_000, 26, ErrorCode.TOO_LARGE),
        (0, 128, 1, ErrorCode.INVALID),
    ],
)
def test_an_emoji_is_made_of_less(
    width: int, height: int, frames: int, code: ErrorCode | None
) -> None:
    """Fewer pixels and frames than a picture of a message, and its bounds besides."""
    fault = picture.emoji_refusal(width, height, frames)
    assert (fault and fault.code) == code


def test_an_avatar_is_made_of_as_much_as_any_image() -> None:
    """And of as many frames as there are: only one of them is decoded."""
    assert picture.avatar_refusal(8_000, 6_000, 5_000) is None
    fault = picture.avatar_refusal(10_000, 10_000, 1)
    assert fault is not None
    assert fault.code == ErrorCode.TOO_LARGE


@pytest.mark.parametrize(
    ("width", "height", "code"),
    [
        (16, 16, None),
        (2_000, 2_000, None),
        (2_001, 2_000, ErrorCode.TOO_LARGE),
        (16_384, 1, ErrorCode.TOO_LARGE),
        (0, 16, ErrorCode.INVALID),
    ],
)
def test_an_icon_is_made_of_less(width: int, height: int, code: ErrorCode | None) -> None:
    """However many frames it has: only the first is looked at."""
    fault = picture.icon_refusal(width, height, 100_000)
    assert (fault and fault.code) == code


@pytest.mark.parametrize(
    ("width", "height", "code"),
    [
        (4_000, 4_000, None),
        (4_001, 4_000, ErrorCode.TOO_LARGE),
        (16_384, 1, ErrorCode.TOO_LARGE),
        (0, 16, ErrorCode.INVALID),
    ],
)
def test_a_thumbnail_of_a_link_is_made_of_less(
    width: int, height: int, code: ErrorCode | None
) -> None:
    """As with an icon, of more pixels."""
    fault = picture.link_refusal(width, height, 100_000)
    assert (fault and fault.code) == code


@given(st.integers(1, 16_383), st.integers(1, 16_383))
def test_thumbnails_are_smaller_and_of_the_same_shape(width: int, height: int) -> None:
    """Each fits its edge, none is empty, and none is made that is not smaller."""
    for variant, small in picture.thumbnails(Size(width, height)):
        assert max(small) == picture.THUMBNAILS[variant] < max(width, height)
        assert min(small) >= 1
        assert abs(small.width / width - small.height / height) * min(width, height) <= 1


def test_a_small_image_is_its_own_thumbnail() -> None:
    """Nothing is made larger than it is."""
    assert picture.thumbnails(Size(160, 20)) == []
    assert picture.fitted(Size(10, 5), 16) == Size(10, 5)
