"""Whom a text names."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto import limits
from proto.mentions import NOBODY, named

USERS = {"ada": "u1", "bob": "u2", "ada.b": "u3", "o_o": "u4", "x-y": "u5"}


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("no name at all", []),
        ("@ada", ["u1"]),
        ("@ADA and @Bob", ["u1", "u2"]),
        ("@ada @ada @ada", ["u1"]),
        ("@nobody", []),
        ("(@ada), @bob! \"@o_o\": *@x-y*?", ["u1", "u2", "u4", "u5"]),
        ("Thanks, @ada. And @bob...", ["u1", "u2"]),
        ("@ada.b is not @ada", ["u3", "u1"]),
        ("@ada.b. then", ["u3"]),
        ("@ada's", ["u1"]),
        ("@ada\n@bob", ["u1", "u2"]),
        ("你好@ada你好", ["u1"]),
        ("mail me@ada or ada@bob.example", []),
        ("https://example.org/@ada", []),
        ("@ada@example.org", []),
        ("\\@ada", []),
        ("@@ada", []),
        ("@adaé, é@ada, @ada\u0301, @ada２", []),
        ("`@ada` @bob", ["u2"]),
        ("``@ada ` @bob``", []),
        ("`@ada @bob", ["u1", "u2"]),
        ("`@ada`` @bob", ["u1", "u2"]),
        ("a `b` @ada `c`", ["u1"]),
        ("```\n@ada\n```\n@bob", ["u2"]),
        ("```python\n@ada\n@bob", []),
        ("  ```\n@ada\n  ```", []),
        ("```@ada``` @bob", ["u2"]),
        ("@ab @" + "a" * 33, []),
        ("@", []),
        ("@.", []),
    ],
)  # fmt: skip
def test_names(text: str, users: list[str]) -> None:
    """Next to punctuation, not within words, addresses or code; each user once."""
    assert named(text).resolve(USERS) == users
    assert not named(text).everyone


@pytest.mark.parametrize(
    ("text", "everyone"),
    [
        ("@room", True),
        ("look, @here!", True),
        ("@Room.", True),
        ("@rooms", False),
        ("`@room`", False),
        ("room", False),
        ("bath@room", False),
    ],
)
def test_the_whole_room(text: str, everyone: bool) -> None:  # noqa: FBT001 - the case
    """By two names, which are nobody's then."""
    assert named(text).everyone is everyone
    if everyone:
        assert named(text).resolve({"room": "u1", "here": "u2"}) == []


def test_a_text_without_the_sign_names_nobody() -> None:
    """And costs nothing."""
    assert named("x" * limits.TEXT_BYTES) is NOBODY
    assert NOBODY.usernames == []


def test_ten_thousand_names_are_bounded() -> None:
    """The first ones count, and the rest stays text; a room may still be named at the end."""
    text = " ".join(f"@n{n:04}" for n in range(10_000))[: limits.TEXT_BYTES - 6] + " @room"
    found = named(text)
    assert found.usernames == [f"n{n:04}" for n in range(limits.MENTIONS)]
    assert found.everyone


@pytest.mark.parametrize(
    "text",
    ["@" * 16_384, "`@" * 8_192, "".join("`" * n + " @a " for n in range(1, 175)), "@a." * 5_000,
     "```\n@ada\n" * 1_500, "@" + "-" * 16_383],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    """Linear, whatever somebody thinks up: a few milliseconds of a processor, best of three."""
    took = []
    for _ in range(3):
        began = time.thread_time()
        named(text)
        took.append(time.thread_time() - began)
    assert min(took) < 0.2


@given(st.text(alphabet="@ab`. \n~é_-", max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    """Every name that is looked up may be a username, and stands in the text."""
    for name in named(text).usernames:
        assert 3 <= len(name) <= 32
        assert "@" + name in text
