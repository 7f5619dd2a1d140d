"""Display names: anything a screen can show as one line, and nothing that plays tricks."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth import profile
from proto import ids, limits
from proto.codes import ErrorCode
from proto.wire import Fault


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Alice", "Alice"),
        ("  Alice  B. ", "Alice  B."),
        ("Zoe\u0308", "Zo\u00eb"),
        ("李小龍", "李小龍"),
        ("עמוס", "עמוס"),
        ("👩\u200d💻", "👩\u200d💻"),  # the joiner holds an emoji together
        ("x" * 64, "x" * 64),
        ("e\u0301" * 64, "\u00e9" * 64),
    ],
)
def test_a_display_name_is_trimmed_and_composed(raw: str, name: str) -> None:
    """Letters of any script are taken; spaces around go, and accents are composed (NFC)."""
    assert profile.parse(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        "x" * 65,
        "x" * 100_000,
        "Al\x00ice",
        "Al\nice",
        "Alice\u202egpj.exe",
        "\u2066Alice\u2069",
        "\u200b\u200b",
        "\u3164",
        "\u2800",
        "\u0301\u0301",
        "a\u2028b",
        "\ud800",
        "\u200f\u200e",
        "Al\U0010ffffice",
        "Al\ufdd0ice",
    ],
)
def test_what_is_no_display_name_is_invalid(raw: str) -> None:
    """Nothing to see, too long, control characters or bidirectional overrides: a fault."""
    fault = profile.parse(raw)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.field) == (ErrorCode.INVALID, "display_name")


@given(st.text(max_size=80))
def test_what_is_kept_obeys_the_rule_and_is_kept_again(raw: str) -> None:
    """Whatever is sent: the kept name is clean, composed, of the right length, and stable."""
    name = profile.parse(raw)
    if isinstance(name, str):
        low, high = limits.DISPLAY_NAME_CHARACTERS
        assert low <= len(name) <= high
        assert ids.is_clean(name)
        assert unicodedata.is_normalized("NFC", name)
        assert profile.parse(name) == name
