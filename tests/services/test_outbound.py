"""Which URLs and addresses strangers may have a service connect to."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import outbound
from services.outbound import Allowed, Refused, Target, closed, redirect, target
from services.settings import Env

HOUSE = (
    *("127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255"),  # noqa: S104
    *("192.168.1.1", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fdff::1", "fec0::1", "ff02::1"),
    *("2001:db8::1", "2001::1", "3fff::1", "64:ff9b:1::1", "100::1"),
)
METADATA = (
    *("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192"),
    *("168.63.129.16", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"),
)
EMBEDDED = ("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::7f00:1")
WORLD = (
    *("1.1.1.1", "172.15.255.255", "172.32.0.0", "11.0.0.0", "223.255.255.255", "100.128.0.0"),
    *("2606:4700::1111", "2a00:1450::5", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"),
)


@pytest.mark.parametrize("address", [*HOUSE, *METADATA, *EMBEDDED])
def test_addresses_of_the_house(address: str) -> None:
    """Loopback, private, link-local, a cloud's metadata, in whatever dress: none is asked."""
    assert closed(ipaddress.ip_address(address)) is not None
    with pytest.raises(Refused, match="not the world's"):
        Allowed().check("a.example", [address])


@pytest.mark.parametrize("address", WORLD)
def test_addresses_of_the_world(address: str) -> None:
    """Whatever the world routes may be asked."""
    assert closed(ipaddress.ip_address(address)) is None
    Allowed().check("a.example", [address])


@given(st.ip_addresses(v=4))
def test_what_is_private_stays_private_in_any_dress(address: ipaddress.IPv4Address) -> None:
    """An IPv4 address is judged the same mapped into IPv6, by NAT64 and by 6to4; and what Python
    calls private, this table does too.
    """
    number = int(address)
    dressed = (0xFFFF << 32 | number, 0x64_FF9B << 96 | number, 0x2002 << 112 | number << 80)
    judged = closed(address)
    assert {closed(ipaddress.IPv6Address(one)) for one in dressed} == {judged}
    if address.is_private or address.is_multicast or address.is_link_local:
        assert judged is not None


@given(st.ip_addresses(v=6))
def test_private_ipv6(address: ipaddress.IPv6Address) -> None:
    """What Python calls private, local or multicast is refused."""
    kinds = (address.is_private, address.is_multicast, address.is_link_local, address.is_site_local)
    if any(kinds) and address.ipv4_mapped is None:
        assert closed(address) is not None


def test_one_bad_address_spoils_the_name() -> None:
    """A name that leads to the world and to the house is refused, in whatever order."""
    for addresses in (["1.1.1.1", "127.0.0.1"], ["127.0.0.1", "1.1.1.1"]):
        with pytest.raises(Refused, match=r"b\.example .*loopback"):
            Allowed().check("b.example", addresses)


def test_what_the_operator_allows() -> None:
    """A named host wherever it leads; a network whoever leads there; nothing beside or below.

    One address is named by itself, and not by its network.
    """
    allowed = Allowed(["Hooks.Lan.", "10.1.0.0/16", "10.2.0.7", "::1"])
    allowed.check("hooks.lan", ["192.168.0.7"])
    for host in ("hooks.lan", "10.2.0.7", "::1"):
        assert allowed.names(host)
    for host in ("10.1.0.1", "10.1.0.0", "10.2.0.8"):
        assert not allowed.names(host)
    allowed.check("any.example", ["10.1.2.3", "::1", "1.1.1.1"])
    for host, address in (("x.hooks.lan", "192.168.0.7"), ("any.example", "10.2.0.1")):
        with pytest.raises(Refused):
            allowed.check(host, [address])
    for wrong in ("no name", "a/b", "-", "[::1]", "::g"):
        with pytest.raises(ValueError, match=r"host|Address|colon|Only|At least|must"):
            Allowed([wrong])


def test_the_setting() -> None:
    """A comma list; what is neither a name nor a network is told with the setting's name."""
    env = Env({outbound.SETTING: "localhost, 10.0.0.0/8"})
    Allowed.read(env).check("localhost", ["127.0.0.1", "::1"])
    assert env.problems == []
    env = Env({outbound.SETTING: "not a host"})
    with pytest.raises(Refused):
        Allowed.read(env).check("not", ["127.0.0.1"])
    assert len(env.problems) == 1
    assert outbound.SETTING in env.problems[0]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://A.Example", Target("https", "a.example", 443, "/")),
        ("HTTP://a.example.:8080/x?y=1#z", Target("http", "a.example", 8080, "/x?y=1")),
        ("https://a.example?q", Target("https", "a.example", 443, "/?q")),
        ("http://[::1]:81/", Target("http", "::1", 81, "/")),
        ("http://2130706433/", Target("http", "2130706433", 80, "/")),
        (
            "https://bücher.example/ä%20",
            Target("https", "xn--bcher-kva.example", 443, "/%C3%A4%20"),
        ),
        ('https://a.example/<">', Target("https", "a.example", 443, "/%3C%22%3E")),
    ],
)
def test_urls_that_are_taken(url: str, found: Target) -> None:
    """Host in small letters and as on the wire; the fragment is nobody's business."""
    assert target(url) == found
    assert target(found.url) == found


@pytest.mark.parametrize(
    "url",
    [
        *("", "a.example", "//a.example/", "ftp://a.example", "file:///etc/passwd", "http://"),
        *("http://u@a.example", "http://u:p@a.example", "http://@a.example", "http://a:0/"),
        *("http://a:99999/", "http://a:b/", "http://[::1", "http://::1/", "http://[fe80::1%251]/"),
        *("http://a b/", "http://a\tb/", "http://a\\@b/", "http://a\u00a0/", "http://a..b/ä "),
        *("http://" + "a" * 254 + "/", "http://a/" + "b" * 2048, "http://" + "ä" * 70 + "/"),
        *("gopher://a/", "http://a%00b/", "http://.a/", "http://a\r\nHost: b/", "http://[v1.x]/"),
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    """No scheme but http and https, no user, nothing that two readers may read differently."""
    with pytest.raises(Refused):
        target(url)


def test_how_a_target_is_written() -> None:
    """The port is said where it is not the scheme's, and an IPv6 address stands in brackets."""
    assert target("https://a.example:443/x").authority == "a.example"
    assert target("http://a.example:443/x").url == "http://a.example:443/x"
    assert target("http://[2606::1]:81/").authority == "[2606::1]:81"


def test_redirects() -> None:
    """A redirect is read against the URL that was asked and judged as any other one."""
    asked = target("https://a.example/b/c")
    for location, url in (("d", "https://a.example/b/d"), ("//b.example/", "https://b.example/")):
        found = redirect(asked, 302, {"location": location})
        assert found is not None
        assert found.url == url
    assert redirect(asked, 200, {"location": "d"}) is None
    assert redirect(asked, 304, {"location": "d"}) is None
    assert redirect(asked, 307, {}) is None
    for location in ("http://a.example/", "file:///etc/passwd", "https://u:p@b/", "//["):
        with pytest.raises(Refused):
            redirect(asked, 301, {"location": location})
    plain = redirect(target("http://a.example/"), 308, {"location": "http://[::1]/"})
    assert plain is not None
    assert plain.host == "::1"
