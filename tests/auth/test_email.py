"""Mail addresses: which are taken, and nothing that could break out of a mail's head."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth import email
from proto.codes import ErrorCode
from proto.wire import Fault


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("ann@example.org", "ann@example.org"),
        (" Ann.B+c@Mail.Example.ORG ", "ann.b+c@mail.example.org"),
        ("x" * 64 + "@example.org", "x" * 64 + "@example.org"),
    ],
)
def test_an_address_is_taken_in_lower_case(raw: str, address: str) -> None:
    """With its domain told apart."""
    assert email.parse(raw) == address
    assert email.domain(address) == address.split("@")[1]


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "ann",
        "ann@example",
        "@example.org",
        "ann@@example.org",
        "ann@exa mple.org",
        "ann@example.org, eve@evil.example",
        "ann@example.org\r\nBcc: eve@evil.example",
        '"ann eve"@example.org',
        "änn@example.org",
        "ann@-example.org",
        "x" * 65 + "@example.org",
        "ann@" + "x" * 300 + ".org",
        "ann@" + ".".join(["x" * 62] * 4) + ".org",
    ],
)
def test_anything_else_is_invalid(raw: str) -> None:
    """Two addresses, a line break, a domain of one label, or too long."""
    fault = email.parse(raw)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.field) == (ErrorCode.INVALID, "email")


@given(st.text())
def test_no_address_has_a_break_or_a_space(raw: str) -> None:
    """Whatever is sent."""
    for text in (raw, raw + "@example.org"):
        address = email.parse(text)
        if isinstance(address, str):
            assert address.isprintable()
            assert not {" ", ",", "<", ">"} & set(address)
