"""Secrets of links and API tokens: written once, read back, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth import secret

KINDS = (secret.INVITATION, secret.RESET, secret.API_TOKEN)


@given(st.sampled_from(KINDS), st.binary(min_size=secret.BYTES, max_size=secret.BYTES))
def test_what_is_written_is_read(kind: str, raw: bytes) -> None:
    """And not as one of another kind."""
    shown = secret.write(kind, raw)
    assert secret.read(kind, shown) == raw
    assert all(secret.read(other, shown) is None for other in KINDS if other != kind)


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "i_",
        "i_" + "A" * 42,
        "i_" + "A" * 44,
        "i_" + "A" * 5_000,
        "i_" + "é" * 43,
        "i_" + "*" * 43,
        # Its last bits are not zero: another spelling of the same bytes.
        "i_" + "A" * 42 + "B",
    ],
)
def test_anything_else_is_none(shown: str) -> None:
    """Of another length, other letters, or spelled otherwise."""
    assert secret.read(secret.INVITATION, shown) is None


@given(st.text())
def test_any_text_is_read_without_a_fault(shown: str) -> None:
    """Whatever stands in a link."""
    assert secret.read(secret.RESET, "p_" + shown) is None or len(shown) == 43
