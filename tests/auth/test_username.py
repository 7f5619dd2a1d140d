"""Usernames: which are names, which are the same name, and which are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth import username
from proto import limits
from proto.codes import ErrorCode
from proto.wire import Fault


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("alice", "alice"),
        ("Alice", "alice"),
        ("a.b-c_9", "a.b-c_9"),
        ("x" * 32, "x" * 32),
        ("abc", "abc"),
        ("ａｌｉｃｅ", "alice"),  # full width
        ("\u212aarl", "karl"),  # the Kelvin sign folds to k
    ],
)
def test_a_name_is_folded_to_what_is_kept(raw: str, name: str) -> None:
    """Capitals and full-width letters are the same name, kept in small ASCII letters."""
    assert username.parse(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "ab",
        "x" * 33,
        "al ice",
        " alice",
        "alice\n",
        "al\x00ice",
        "alice@home",
        "älice",
        "аlice",  # begins with a Cyrillic letter
        "al\u202eice",
        "alice/..",
        "al%ice",
        "ali\u200bce",
        "\ud800lice",
        "١٢٣",
        "ﷺ" * 32,
    ],
)
def test_what_is_no_name_is_invalid_and_names_the_field(raw: str) -> None:
    """Any other character or length is a fault of the field `username`, not an exception."""
    fault = username.parse(raw)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.field) == (ErrorCode.INVALID, "username")


@given(st.text(max_size=40))
def test_a_name_is_ascii_of_the_right_length_and_its_own_name(raw: str) -> None:
    """Whatever is sent: what is kept obeys the rule, and is kept as it is when sent again."""
    name = username.parse(raw)
    if isinstance(name, str):
        low, high = limits.USERNAME_CHARACTERS
        assert name.isascii()
        assert low <= len(name) <= high
        assert username.parse(name) == name


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    """Folding is idempotent, so a folded text can be compared with any other."""
    assert username.fold(username.fold(text)) == username.fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [("bob0", "bobo"), ("al1ce", "allce"), ("tom", "torn"), ("a.b-c", "a_b_c")],
)
def test_names_that_look_alike_have_one_skeleton(one: str, other: str) -> None:
    """0 and o, 1 and l, m and rn, and the marks between words."""
    assert username.skeleton(one) == username.skeleton(other)


def test_names_that_look_different_have_two() -> None:
    """A letter is not another one, and a mark is not nothing."""
    names = ("alice", "alicia", "al-ice", "bob", "rob", "mail", "mall")
    assert len({username.skeleton(name) for name in names}) == len(names)
