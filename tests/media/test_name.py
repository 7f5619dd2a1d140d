"""What a file is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import name
from proto import ids, limits


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("cat.png", "cat.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\cat.png", "cat.png"),
        ("cat\0.png", "cat.png"),
        ("cat\r\nSet-Cookie: a=b.png", "catSet-Cookie: a=b.png"),
        ("gpj\u202egnp.exe", "gpjgnp.exe"),
        ("naïve 猫.png", "naïve 猫.png"),
        ("..", "file"),
        ("", "file"),
        ("\u2800", "file"),
        ("x" * 10_000 + ".png", "x" * 124 + ".png"),
        ("x" * 10_000, "x" * 128),
        ("." + "x" * 10_000, "x" * 128),
        ("a" * 100 + "." + "x" * 100, "a" * 100 + "." + "x" * 27),
    ],
)
def test_a_name_is_what_every_screen_and_disk_takes(given_: str, shown: str) -> None:
    """No path, no control character, no other direction, not too long, and never nothing."""
    assert name.clean(given_) == shown


@given(st.text(max_size=400))
def test_whatever_is_given_is_a_name_then(given_: str) -> None:
    """It is clean and short, and stays as it is when cleaned again."""
    shown = name.clean(given_)
    assert 0 < len(shown) <= limits.FILE_NAME_CHARACTERS
    assert ids.is_clean(shown)
    assert "/" not in shown


def test_a_download_has_its_name_in_every_alphabet() -> None:
    """Quotes and line ends never get into the header; old clients get ASCII (RFC 6266)."""
    assert (
        name.disposition('a"b\\猫%.png', inline=False)
        == "attachment; filename=\"a_b___.png\"; filename*=UTF-8''a%22b%5C%E7%8C%AB%25.png"
    )
    assert name.disposition("a.png", inline=True).startswith('inline; filename="a.png"')
