"""Whom an address stands for where limits are counted an address."""

from __future__ import annotations

import pytest

from services.addresses import Addresses


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("", None),
        ("unix", None),
        ("203.0.113.7:80", None),
        ("10.1.2.3", None),
        ("::ffff:10.1.2.3", None),
        ("2001:db8:9::1", None),
    ],
)
def test_who_is_counted(address: str, owner: str | None) -> None:
    """An IPv4 address however it is written, of IPv6 the network; nobody who is exempt or none."""
    assert Addresses(("10.0.0.0/8", "2001:db8:9::/48")).owner(address) == owner
