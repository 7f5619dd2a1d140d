"""The words of the cookie, and whose pages may use it."""

import pytest

from auth.cookie import Jar, is_own_page

PLAIN = Jar(life_seconds=60, https=False)
HTTPS = Jar(life_seconds=60, https=True)
HELD = "parley_refresh=t; HttpOnly; SameSite=Strict; Path=/v1/auth; Max-Age=60"
GONE = "parley_refresh=; HttpOnly; SameSite=Strict; Path=/v1/auth; Max-Age=0"


@pytest.mark.parametrize(
    ("jar", "scheme", "secure"),
    [
        (PLAIN, "http", ""),
        (PLAIN, "https", "; Secure"),
        (HTTPS, "http", "; Secure"),
        (HTTPS, "https", "; Secure"),
    ],
)
def test_the_cookie_is_out_of_reach(jar: Jar, scheme: str, secure: str) -> None:
    """Of scripts, of other sites, of other paths; of plain http where people come by https."""
    assert jar.keep("t", scheme) == HELD + secure
    assert jar.clear(scheme) == GONE + secure


@pytest.mark.parametrize(
    ("site", "allowed"),
    [("same-origin", True), ("none", True), ("same-site", False), ("cross-site", False)],
)
def test_what_the_browser_says_of_the_page_decides(site: str, *, allowed: bool) -> None:
    """Whatever `Origin` looks like: a proxy may have changed `Host`, but nobody the page's site."""
    for origin in (None, "https://chat.example", "https://evil.example"):
        assert is_own_page(site, origin, "chat.example", "https") is allowed


@pytest.mark.parametrize("site", ["", "SAME-ORIGIN", "same-origin, cross-site", "x"])
def test_a_site_that_is_no_word_of_ours_is_foreign(site: str) -> None:
    """A word that a later browser may know is not taken for leave."""
    assert not is_own_page(site, "https://chat.example", "chat.example", "https")


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "allowed"),
    [
        ("https://chat.example", "chat.example", "https", True),
        ("https://Chat.Example", "chat.EXAMPLE", "https", True),
        ("https://chat.example", "chat.example:443", "https", True),
        ("https://chat.example:443", "chat.example", "https", True),
        ("http://localhost:8080", "localhost:8080", "http", True),
        ("http://[::1]:8080", "[::1]:8080", "http", True),
        ("http://127.0.0.1", "127.0.0.1:80", "http", True),
        # TLS may end at a proxy that does not say so, or is not believed.
        ("https://chat.example", "chat.example", "http", True),
        # But where it is known that people come by https, a page that came without is not ours.
        ("http://chat.example", "chat.example", "https", False),
        ("https://evil.example", "chat.example", "https", False),
        ("https://chat.example.evil", "chat.example", "https", False),
        ("https://chat.example", "chat.example:8443", "https", False),
        ("https://chat.example:8443", "chat.example", "https", False),
        ("http://localhost:8080", "127.0.0.1:8080", "http", False),
        ("http://localhost:3000", "localhost:8080", "http", False),
        ("https://chat.example", "chat.example:80", "https", False),
        ("null", "null", "http", False),
        ("", "", "http", False),
        ("chat.example", "chat.example", "http", False),
        ("ftp://chat.example", "chat.example", "http", False),
    ],
)
def test_without_that_the_origin_must_be_the_hosts(
    origin: str, host: str, scheme: str, *, allowed: bool
) -> None:
    """By whatever name the page was opened; a default port may be left out."""
    assert is_own_page(None, origin, host, scheme) is allowed


def test_a_request_of_no_page_is_no_forgery() -> None:
    """A browser sends at least one of the two with what a page makes it send."""
    assert is_own_page(None, None, "chat.example", "https")
