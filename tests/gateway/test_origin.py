"""Whose pages may open a socket."""

import pytest

from gateway import origin

ALLOWED = {"https://app.example", "http://localhost:5173"}


@pytest.mark.parametrize(
    ("said", "host"),
    [
        (None, "chat.example"),
        ("https://chat.example", "chat.example"),
        ("https://Chat.Example", "chat.example:443"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("https://app.example:443", "chat.example"),
        ("http://localhost:5173", "chat.example"),
        ("http://[::1]:8080", "[::1]:8080"),
    ],
)
def test_own_pages_allowed_ones_and_programs_may(said: str | None, host: str) -> None:
    """A page of the same host, of an origin on the list, or no page."""
    assert origin.may_open(said, host, ALLOWED)


@pytest.mark.parametrize(
    "said",
    [
        "https://evil.example",
        "https://chat.example.evil.example",
        "https://chat.example:8443",
        "https://evil.example#chat.example",
        "https://chat.example@evil.example",
        "https://app.example.evil.example",
        "http://app.example",
        "null",
        "",
        "chat.example",
        "https://",
        "file://chat.example",
        "https://chat.example, https://evil.example",
    ],
)
def test_every_other_page_may_not(said: str) -> None:
    """Another host, port or scheme, a sandbox, or something that is no origin."""
    assert not origin.may_open(said, "chat.example", ALLOWED)
