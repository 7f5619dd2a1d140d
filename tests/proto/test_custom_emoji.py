"""What custom emoji are called, and what stands for one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto import custom_emoji


@pytest.mark.parametrize("name", ["ok", "party_parrot", "100", "a" * 32, "__"])
def test_a_name_and_its_shortcode_belong_together(name: str) -> None:
    """Small letters, digits and underscores; colons make it a shortcode."""
    assert custom_emoji.is_name(name)
    assert custom_emoji.shortcode(name) == f":{name}:"
    assert custom_emoji.name_in(f":{name}:") == name


@pytest.mark.parametrize(
    "name", ["", "a", "a" * 33, "Party", "a-b", "a b", "a.b", "ok\n", "na\u0131ve", ":ok:", "o\0k"]
)
def test_what_is_no_name_is_in_no_shortcode(name: str) -> None:
    """Nor is it one by itself."""
    assert not custom_emoji.is_name(name)
    assert custom_emoji.name_in(f":{name}:") is None


@pytest.mark.parametrize(
    "text", ["", ":", "ok", ":ok", "ok:", ":ok: ", " :ok:", ":a:b:", ":ok:ok:"]
)
def test_a_text_is_one_shortcode_or_none(text: str) -> None:
    """With both its colons, and with nothing beside them."""
    assert custom_emoji.name_in(text) is None


@given(st.from_regex(r"\A:[\w-]{0,34}:\n?\Z"))
def test_a_name_fits_a_path_a_subject_and_a_text(text: str) -> None:
    """Whatever is taken needs no escape anywhere."""
    name = custom_emoji.name_in(text)
    assert name is None or re.fullmatch("[a-z0-9_]{2,32}", name, re.ASCII)
